#include "services/notifier/rules/rule_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/rules/rule_records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"
#include "services/notifier/rules/rule_state.hpp"

namespace onput::notifier {
namespace {

inline constexpr std::size_t event_tags_max = 50;

std::unexpected<Error> damaged(std::string what) {
    return fail(ErrorCode::corruption, "restore rules: " + std::move(what));
}

template <schema::Message M, typename Take>
Result<void> read_rows(const store::View& view, store::Range range, Take take) {
    return service::for_each_row(view, partition, std::move(range),
                                 [&take](const store::Row& row) -> Result<void> {
                                     ONPUT_TRY(auto record, read_row<M>(row.key, row.value));
                                     return take(row.key, std::move(record));
                                 });
}

Result<void> check_tags(const std::map<std::string, std::string>& tags) {
    if (tags.size() > event_tags_max) return too_many();
    return {};
}

}  // namespace

RuleBook::RuleBook(RuleBookOptions options, const store::View& view)
    : state_(std::make_unique<State>(std::move(options), view)) {}

RuleBook::~RuleBook() = default;

Result<void> RuleBook::restore() {
    State& state = *state_;
    ONPUT_CHECK(state.buses.empty() && state.targets.empty());
    ONPUT_TRY(const auto newest, state.view.get(partition, rules_key()));
    if (newest) {
        ONPUT_TRY(const auto record, read_row<RulesRecord>(rules_key(), *newest));
        state.last_target = record.last_target;
    }
    std::map<std::string, Rule*> rules;  // By ARN.
    const auto take_bus = [&](const std::string& key, schema::BusInfo info) -> Result<void> {
        if (key != bus_key(info.arn)) return damaged("a bus is not what its key says");
        Bus& bus = state.buses[info.arn];
        if (!info.policy.empty()) {
            ONPUT_TRY(bus.policy, auth::Policy::parse(info.policy, auth::PolicySource::store));
        }
        bus.info = std::move(info);
        return {};
    };
    const auto take_rule = [&](const std::string& key, schema::RuleInfo info) -> Result<void> {
        if (key != rule_key(info.arn)) return damaged("a rule is not what its key says");
        const auto bus = state.known_bus(info.bus, info.account);
        if (!bus) return {};
        ONPUT_TRY(auto pattern, read_pattern(info.pattern));
        Rule& rule = (*bus)->rules[info.name];
        rule.info = std::move(info);
        rule.pattern = std::move(pattern);
        rules[rule.info.arn] = &rule;
        return {};
    };
    const auto take_target = [&](const std::string& key, TargetRecord record) -> Result<void> {
        if (key != target_key(record.number)) return damaged("a target is not what its key says");
        state.last_target = std::max(state.last_target, record.number);
        if (is_schedule_arn(record.rule_arn)) {
            state.add_own_target(std::move(record));
            return {};
        }
        const auto rule = rules.find(record.rule_arn);
        if (rule == rules.end()) return {};
        rule->second->targets[record.target.id] = record.number;
        state.targets[record.number] = {.number = record.number,
                                        .rule_arn = record.rule_arn,
                                        .rule_name = rule->second->info.name,
                                        .account = rule->second->info.account,
                                        .target = std::move(record.target)};
        return {};
    };
    ONPUT_TRY_VOID(read_rows<schema::BusInfo>(state.view, bus_rows(), take_bus));
    ONPUT_TRY_VOID(read_rows<schema::RuleInfo>(state.view, rule_rows(), take_rule));
    return read_rows<TargetRecord>(state.view, target_rows(), take_target);
}

// --- Buses ------------------------------------------------------------------------------------

Result<schema::BusInfo> RuleBook::create(const schema::CreateBus& request, const Caller& caller,
                                         store::Batch& batch) {
    const std::string& account = caller.principal.account;
    if (request.name.contains('/')) {
        return invalid_request("Event bus name must not contain '/'.");
    }
    ONPUT_TRY_VOID(check_tags(request.tags));
    if (request.name == schema::default_bus_name ||
        state_->find_bus(request.name, account) != nullptr) {
        return fail(ErrorCode::conflict, fmt::format("Event bus {} already exists.", request.name),
                    "ResourceAlreadyExistsException");
    }
    const auto count = std::ranges::count_if(
        state_->buses, [&account](const auto& row) { return row.second.info.account == account; });
    if (static_cast<std::size_t>(count) >= state_->options.buses_per_account_max) return too_many();
    const std::string arn = state_->bus_arn(account, request.name);
    Bus& bus = state_->buses[arn];
    bus.info = {.arn = arn,
                .name = request.name,
                .account = account,
                .description = request.description,
                .created_at = caller.now,
                .modified_at = caller.now,
                .tags = request.tags};
    State::write(bus, batch);
    return bus.info;
}

Result<schema::Empty> RuleBook::remove(const schema::DeleteBus& request, const Caller& caller,
                                       store::Batch& batch) {
    const std::string& account = caller.principal.account;
    if (request.name == schema::default_bus_name ||
        request.name == state_->bus_arn(account, schema::default_bus_name)) {
        return invalid_request("Cannot delete event bus default.");
    }
    Bus* bus = state_->find_bus(request.name, account);
    if (bus == nullptr) return schema::Empty{};
    if (!bus->rules.empty()) {
        return invalid_request(
            fmt::format("Event bus {} can't be deleted since it has rules.", bus->info.name));
    }
    batch.remove(bus_key(bus->info.arn));
    state_->buses.erase(state_->buses.find(bus->info.arn));
    return schema::Empty{};
}

Result<schema::BusInfo> RuleBook::describe_bus(const schema::DescribeBus& request,
                                               const Caller& caller) const {
    ONPUT_TRY(const Bus* bus, state_->known_bus(request.name, caller.principal.account));
    return bus->info;
}

Result<schema::BusList> RuleBook::list_buses(const schema::ListBuses& request,
                                             const Caller& caller) const {
    ONPUT_TRY_VOID(state_->known_bus("", caller.principal.account));
    schema::BusList page;
    for (const auto& [arn, bus] : state_->buses) {
        if (bus.info.account != caller.principal.account || bus.info.name <= request.after)
            continue;
        if (!bus.info.name.starts_with(request.prefix)) continue;
        if (page.buses.size() ==
            std::clamp<std::size_t>(request.buses_max, 1, schema::event_page_max)) {
            page.next = page.buses.back().name;
            break;
        }
        page.buses.push_back(bus.info);
    }
    return page;
}

Result<std::string> RuleBook::find_bus(std::string_view name, const std::string& account) const {
    ONPUT_TRY(const Bus* bus, state_->known_bus(name, account));
    return bus->info.arn;
}

const std::string& RuleBook::region() const {
    return state_->options.region;
}

// --- Tags -------------------------------------------------------------------------------------

Result<schema::EventTags> RuleBook::change_tags(const schema::ChangeEventTags& request,
                                                const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(const auto tagged, state_->known_resource(request.arn, caller.principal.account));
    auto tags = tagged.tags();
    for (const auto& key : request.removed) tags.erase(key);
    for (const auto& [key, value] : request.set) tags[key] = value;
    ONPUT_TRY_VOID(check_tags(tags));
    tagged.tags() = tags;
    if (tagged.rule != nullptr) {
        State::write(*tagged.rule, batch);
    } else {
        State::write(*tagged.bus, batch);
    }
    return schema::EventTags{.tags = std::move(tags)};
}

Result<schema::EventTags> RuleBook::tags(const schema::GetEventTags& request,
                                         const Caller& caller) const {
    ONPUT_TRY(const auto tagged, state_->known_resource(request.arn, caller.principal.account));
    return schema::EventTags{.tags = tagged.tags()};
}

// --- Matching ---------------------------------------------------------------------------------

std::vector<const BusTarget*> RuleBook::match(const schema::BusEvent& event,
                                              std::string_view document) {
    std::vector<const BusTarget*> matched;
    const auto found = state_->buses.find(event.bus_arn);
    if (found == state_->buses.end()) return matched;
    Bus& bus = found->second;
    if (bus.matcher == nullptr) State::compile(bus);
    for (const std::uint32_t index : bus.matcher->match(document, state_->scratch)) {
        for (const auto& [id, number] : bus.compiled[index]->targets) {
            matched.push_back(&state_->targets.at(number));
        }
    }
    std::ranges::sort(matched, {}, &BusTarget::number);
    return matched;
}

const BusTarget* RuleBook::find_target(std::uint64_t number) const {
    const auto found = state_->targets.find(number);
    return found == state_->targets.end() ? nullptr : &found->second;
}

const BusTarget* RuleBook::find_target(std::string_view rule_arn, std::string_view id) const {
    for (const auto& [number, target] : state_->targets) {
        if (target.rule_arn == rule_arn && target.target.id == id) return &target;
    }
    return nullptr;
}

bool RuleBook::has_targets() const {
    return !state_->targets.empty();
}

void RuleBook::check_invariants() const {
    std::size_t targets = 0;
    for (const auto& [arn, bus] : state_->buses) {
        ONPUT_CHECK(arn == bus.info.arn);
        for (const auto& [name, rule] : bus.rules) {
            ONPUT_CHECK(name == rule.info.name && rule.info.bus == bus.info.name);
            ONPUT_CHECK(rule.pattern.has_value() == !rule.info.pattern.empty());
            for (const auto& [id, number] : rule.targets) {
                const BusTarget* target = find_target(number);
                ONPUT_CHECK(target != nullptr && target->rule_arn == rule.info.arn);
                ONPUT_CHECK(target->target.id == id && number <= state_->last_target);
            }
            targets += rule.targets.size();
        }
    }
    ONPUT_CHECK(targets + own_targets().size() == state_->targets.size());
}

}  // namespace onput::notifier
