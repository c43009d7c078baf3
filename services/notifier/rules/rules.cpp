// Rules and their targets: what RuleBook does with them.
#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/rules/rule_records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"
#include "services/notifier/rules/rule_state.hpp"
#include "services/notifier/rules/target_input.hpp"
#include "services/notifier/schedules/schedule_expression.hpp"

namespace onput::notifier {
namespace {

inline constexpr std::size_t target_entries_max = 100;  // Of one PutTargets.
inline constexpr std::size_t group_id_bytes_max = 128;

Result<void> check_retries(const schema::EventTarget& target) {
    if (target.retries_max.value_or(0) > schema::target_retries_max) {
        return invalid_request(
            fmt::format("Parameter MaximumRetryAttempts is not valid for target {}.", target.id));
    }
    const std::uint32_t age = target.age_seconds_max.value_or(schema::target_age_seconds_max);
    if (age < 60 || age > schema::target_age_seconds_max) {
        return invalid_request(fmt::format(
            "Parameter MaximumEventAgeInSeconds is not valid for target {}.", target.id));
    }
    if (!target.dead_letter_arn.empty() && !target.dead_letter_arn.starts_with("arn:aws:sqs:")) {
        return invalid_request(fmt::format(
            "Parameter DeadLetterConfig is not valid. Reason: only a queue takes dead letters."));
    }
    return {};
}

// There are no FIFO queues here. A standard queue keeps a message's group, and orders by none.
Result<void> check_group(const schema::EventTarget& target) {
    const bool is_queue = target.arn.starts_with("arn:aws:sqs:");
    if (is_queue && target.arn.ends_with(".fifo")) {
        if (target.group_id.empty()) {
            return invalid_request(fmt::format(
                "Parameter(s) SqsParameters must be specified for target: {}.", target.id));
        }
        return invalid_request(fmt::format(
            "Parameter {} is not valid. Reason: there are no FIFO queues here.", target.arn));
    }
    if (target.group_id.empty()) return {};
    if (!is_queue) {
        return invalid_request(
            fmt::format("Parameter(s) SqsParameters not valid for target: {}.", target.id));
    }
    const bool is_printable =
        std::ranges::all_of(target.group_id, [](char c) { return c > ' ' && c <= '~'; });
    if (is_printable && target.group_id.size() <= group_id_bytes_max) return {};
    return invalid_request(
        fmt::format("Parameter MessageGroupId is not valid for target {}.", target.id));
}

Result<void> check_target(const schema::EventTarget& target, std::string_view account) {
    const bool is_served =
        target.arn.starts_with("arn:aws:sqs:") || target.arn.starts_with("arn:aws:lambda:") ||
        target.arn.starts_with("arn:aws:sns:") ||
        (target.arn.starts_with("arn:aws:events:") && target.arn.contains(":event-bus/")) ||
        is_api_destination_arn(target.arn);
    if (!target.arn.starts_with("arn:aws:")) {
        return invalid_request(
            fmt::format("Parameter {} is not valid. Reason: Provided Arn is not in correct format.",
                        target.arn));
    }
    if (!is_served) {
        return invalid_request(
            fmt::format("Parameter {} is not valid. Reason: targets are queues, functions, topics, "
                        "buses and API destinations.",
                        target.arn));
    }
    // A call carries the secrets of the destination's connection.
    if (is_api_destination_arn(target.arn) && auth::account_in_arn(target.arn) != account) {
        return invalid_request(fmt::format(
            "Parameter {} is not valid. Reason: API destinations are of the rule's account.",
            target.arn));
    }
    ONPUT_TRY_VOID(check_group(target));
    if (is_api_destination_arn(target.arn) && target.role_arn.empty()) {
        return invalid_request(fmt::format("RoleArn is required for target {}.", target.arn));
    }
    ONPUT_TRY_VOID(check_retries(target));
    return check_input(target);
}

// A rule is due again and again: at() is a schedule's.
Result<void> check_expression(const std::string& text) {
    if (text.empty()) return {};
    ONPUT_TRY(const auto expression, ScheduleExpression::parse(text));
    if (expression.is_once()) return invalid_request("Parameter ScheduleExpression is not valid.");
    return {};
}

}  // namespace

Result<schema::RuleInfo> RuleBook::put(const schema::PutRule& request, const Caller& caller,
                                       store::Batch& batch) {
    const std::string& account = caller.principal.account;
    if (request.pattern.empty() && request.expression.empty()) {
        return invalid_request(
            "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    }
    ONPUT_TRY_VOID(check_expression(request.expression));
    ONPUT_TRY(auto pattern, read_pattern(request.pattern));
    ONPUT_TRY(Bus * bus, state_->known_bus(request.bus, account));
    if (!request.expression.empty() && bus->info.name != schema::default_bus_name) {
        return invalid_request("ScheduleExpression is supported only on the default event bus.");
    }
    const auto found = bus->rules.find(request.name);
    if (found == bus->rules.end() && bus->rules.size() >= state_->options.rules_per_bus_max) {
        return too_many();
    }
    Rule& rule = bus->rules[request.name];
    const bool is_new = rule.info.arn.empty();
    rule.info = {.arn = state_->rule_arn(*bus, request.name),
                 .name = request.name,
                 .bus = bus->info.name,
                 .account = account,
                 .pattern = request.pattern,
                 .expression = request.expression,
                 .is_enabled = request.is_enabled,
                 .description = request.description,
                 .role_arn = request.role_arn,
                 .tags = is_new ? request.tags : rule.info.tags};
    rule.pattern = std::move(pattern);
    bus->matcher.reset();
    State::write(rule, batch);
    return rule.info;
}

Result<schema::Empty> RuleBook::remove(const schema::DeleteRule& request, const Caller& caller,
                                       store::Batch& batch) {
    ONPUT_TRY(Bus * bus, state_->known_bus(request.bus, caller.principal.account));
    const auto found = bus->rules.find(request.name);
    if (found == bus->rules.end()) return schema::Empty{};
    if (!found->second.targets.empty()) {
        return invalid_request("Rule can't be deleted since it has targets.");
    }
    batch.remove(rule_key(found->second.info.arn));
    bus->matcher.reset();
    bus->rules.erase(found);
    return schema::Empty{};
}

Result<schema::Empty> RuleBook::set_state(const schema::SetRuleState& request, const Caller& caller,
                                          store::Batch& batch) {
    const std::string& account = caller.principal.account;
    ONPUT_TRY(Rule * rule, state_->known_rule(request.bus, request.name, account));
    ONPUT_TRY(Bus * bus, state_->known_bus(request.bus, account));
    rule->info.is_enabled = request.is_enabled;
    bus->matcher.reset();
    State::write(*rule, batch);
    return schema::Empty{};
}

Result<schema::TargetsChanged> RuleBook::put_targets(const schema::PutTargets& request,
                                                     const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Rule * rule, state_->known_rule(request.bus, request.rule, caller.principal.account));
    if (request.targets.size() > target_entries_max) return too_many();
    auto ids = rule->targets;
    for (const auto& target : request.targets) {
        ONPUT_TRY_VOID(check_target(target, rule->info.account));
        ids[target.id] = 0;
    }
    if (ids.size() > schema::targets_per_rule_max) return too_many();
    for (const auto& target : request.targets) {
        // What is owed to a target is not sent in another way: that of another kind is a new one.
        const auto known = rule->targets.find(target.id);
        const bool is_other_kind =
            known != rule->targets.end() &&
            is_api_destination_arn(state_->targets.at(known->second).target.arn) !=
                is_api_destination_arn(target.arn);
        if (is_other_kind) state_->remove_target(*rule, target.id, batch);
        std::uint64_t& number = rule->targets[target.id];
        if (number == 0) number = ++state_->last_target;
        state_->targets[number] = {.number = number,
                                   .rule_arn = rule->info.arn,
                                   .rule_name = rule->info.name,
                                   .account = rule->info.account,
                                   .target = target};
        batch.put(target_key(number),
                  schema::encode(TargetRecord{
                      .number = number, .rule_arn = rule->info.arn, .target = target}));
    }
    batch.put(rules_key(), schema::encode(RulesRecord{.last_target = state_->last_target}));
    return schema::TargetsChanged{};
}

Result<schema::TargetsChanged> RuleBook::remove_targets(const schema::RemoveTargets& request,
                                                        const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Rule * rule, state_->known_rule(request.bus, request.rule, caller.principal.account));
    for (const auto& id : request.ids) state_->remove_target(*rule, id, batch);
    return schema::TargetsChanged{};
}

Result<schema::RuleInfo> RuleBook::describe_rule(const schema::DescribeRule& request,
                                                 const Caller& caller) const {
    ONPUT_TRY(const Rule* rule,
              state_->known_rule(request.bus, request.name, caller.principal.account));
    return rule->info;
}

Result<schema::RuleList> RuleBook::list_rules(const schema::ListRules& request,
                                              const Caller& caller) const {
    ONPUT_TRY(const Bus* bus, state_->known_bus(request.bus, caller.principal.account));
    const auto has_target = [&](const Rule& rule) {
        return std::ranges::any_of(rule.targets, [&](const auto& target) {
            return state_->targets.at(target.second).target.arn == request.target_arn;
        });
    };
    schema::RuleList page;
    const std::size_t rules_max =
        std::clamp<std::size_t>(request.rules_max, 1, schema::event_page_max);
    for (auto at = bus->rules.upper_bound(request.after); at != bus->rules.end(); ++at) {
        const auto& [name, rule] = *at;
        if (!name.starts_with(request.prefix)) continue;
        if (!request.target_arn.empty() && !has_target(rule)) continue;
        if (page.rules.size() == rules_max) {
            page.next = page.rules.back().name;
            break;
        }
        page.rules.push_back(rule.info);
    }
    return page;
}

Result<schema::TargetList> RuleBook::list_targets(const schema::ListTargets& request,
                                                  const Caller& caller) const {
    ONPUT_TRY(const Rule* rule,
              state_->known_rule(request.bus, request.rule, caller.principal.account));
    schema::TargetList list;
    for (const auto& [id, number] : rule->targets) {
        list.targets.push_back(state_->targets.at(number).target);
    }
    return list;
}

// --- What schedules ask -----------------------------------------------------------------------

std::vector<schema::RuleInfo> RuleBook::scheduled_rules() const {
    std::vector<schema::RuleInfo> rules;
    for (const auto& [arn, bus] : state_->buses) {
        for (const auto& [name, rule] : bus.rules) {
            if (rule.info.is_enabled && !rule.info.expression.empty()) rules.push_back(rule.info);
        }
    }
    return rules;
}

std::optional<schema::RuleInfo> RuleBook::find_rule(const std::string& arn) const {
    const auto found = state_->known_resource(arn, std::string(auth::account_in_arn(arn)));
    if (!found || found->rule == nullptr) return std::nullopt;
    return found->rule->info;
}

std::vector<const BusTarget*> RuleBook::targets_of(const schema::RuleInfo& info) const {
    std::vector<const BusTarget*> targets;
    const auto rule = state_->known_rule(info.bus, info.name, info.account);
    if (!rule) return targets;
    for (const auto& [id, number] : (*rule)->targets) {
        targets.push_back(&state_->targets.at(number));
    }
    std::ranges::sort(targets, {}, &BusTarget::number);
    return targets;
}

std::uint64_t RuleBook::put_own_target(BusTarget target, store::Batch& batch) {
    if (target.number == 0) {
        target.number = ++state_->last_target;
        batch.put(rules_key(), schema::encode(RulesRecord{.last_target = state_->last_target}));
    }
    TargetRecord record{.number = target.number,
                        .rule_arn = std::move(target.rule_arn),
                        .target = std::move(target.target)};
    batch.put(target_key(record.number), schema::encode(record));
    return state_->add_own_target(std::move(record)).number;
}

void RuleBook::remove_own_target(std::uint64_t number, store::Batch& batch) {
    if (state_->targets.erase(number) > 0) batch.remove(target_key(number));
}

std::vector<std::uint64_t> RuleBook::own_targets() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, target] : state_->targets) {
        if (target.is_of_schedule()) numbers.push_back(number);
    }
    return numbers;
}

}  // namespace onput::notifier
