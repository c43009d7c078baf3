#include "services/notifier/rules/rule_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "services/notifier/rules/rule_records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
bool is_api_destination_arn(std::string_view arn) {
    return arn.starts_with("arn:aws:events:") && arn.contains(":api-destination/");
}

bool is_schedule_arn(std::string_view arn) {
    return arn.starts_with("arn:aws:scheduler:");
}

Result<std::optional<pattern::EventPattern>> read_pattern(const std::string& json) {
    if (json.empty()) return std::optional<pattern::EventPattern>();
    ONPUT_TRY(auto pattern, pattern::EventPattern::parse(json));
    return std::optional<pattern::EventPattern>(std::move(pattern));
}

std::string RuleBook::State::bus_arn(const std::string& account, std::string_view name) const {
    return fmt::format("arn:aws:events:{}:{}:event-bus/{}", options.region, account,
                       name.empty() ? schema::default_bus_name : name);
}

std::string RuleBook::State::rule_arn(const Bus& bus, std::string_view name) const {
    const bool is_default = bus.info.name == schema::default_bus_name;
    return fmt::format("arn:aws:events:{}:{}:rule/{}{}{}", options.region, bus.info.account,
                       is_default ? "" : bus.info.name, is_default ? "" : "/", name);
}

Bus* RuleBook::State::find_bus(std::string_view name, const std::string& account) {
    const auto found =
        buses.find(name.starts_with("arn:") ? std::string(name) : bus_arn(account, name));
    if (found == buses.end() || found->second.info.account != account) return nullptr;
    return &found->second;
}

Bus& RuleBook::State::make_default(const std::string& account) {
    const std::string arn = bus_arn(account, schema::default_bus_name);
    Bus& bus = buses[arn];
    bus.info.arn = arn;
    bus.info.name = schema::default_bus_name;
    bus.info.account = account;
    return bus;
}

Result<Bus*> RuleBook::State::known_bus(std::string_view name, const std::string& account) {
    if (Bus* bus = find_bus(name, account)) return bus;
    const bool is_default = name.empty() || name == schema::default_bus_name ||
                            name == bus_arn(account, schema::default_bus_name);
    if (!is_default || account.empty()) return no_such_bus(name);
    return &make_default(account);
}

Result<Rule*> RuleBook::State::known_rule(std::string_view bus, const std::string& name,
                                          const std::string& account) {
    ONPUT_TRY(Bus * found, known_bus(bus, account));
    const auto rule = found->rules.find(name);
    if (rule == found->rules.end()) return no_such_rule(name, found->info.name);
    return &rule->second;
}

Result<RuleBook::State::Tagged> RuleBook::State::known_resource(const std::string& arn,
                                                                const std::string& account) {
    const std::string rules = fmt::format("arn:aws:events:{}:{}:rule/", options.region, account);
    if (!arn.starts_with(rules)) {
        ONPUT_TRY(Bus * bus, known_bus(arn, account));
        return Tagged{.bus = bus, .rule = nullptr};
    }
    const std::string_view path = std::string_view(arn).substr(rules.size());
    const std::size_t slash = path.find('/');
    const std::string_view bus =
        slash == path.npos ? schema::default_bus_name : path.substr(0, slash);
    ONPUT_TRY(Bus * found, known_bus(bus, account));
    const std::string name(slash == path.npos ? path : path.substr(slash + 1));
    ONPUT_TRY(Rule * rule, known_rule(bus, name, account));
    return Tagged{.bus = found, .rule = rule};
}

void RuleBook::State::write(const Bus& bus, store::Batch& batch) {
    batch.put(bus_key(bus.info.arn), schema::encode(bus.info));
}

void RuleBook::State::write(const Rule& rule, store::Batch& batch) {
    batch.put(rule_key(rule.info.arn), schema::encode(rule.info));
}

void RuleBook::State::remove_target(Rule& rule, const std::string& id, store::Batch& batch) {
    const auto found = rule.targets.find(id);
    if (found == rule.targets.end()) return;
    batch.remove(target_key(found->second));
    targets.erase(found->second);
    rule.targets.erase(found);
}

BusTarget& RuleBook::State::add_own_target(TargetRecord record) {
    BusTarget& target = targets[record.number];
    target.number = record.number;
    target.rule_name = record.rule_arn.substr(record.rule_arn.rfind('/') + 1);
    target.account = auth::account_in_arn(record.rule_arn);
    target.rule_arn = std::move(record.rule_arn);
    target.target = std::move(record.target);
    return target;
}

void RuleBook::State::compile(Bus& bus) {
    std::vector<pattern::EventPattern> patterns;
    bus.compiled.clear();
    for (const auto& [name, rule] : bus.rules) {
        if (!rule.info.is_enabled || !rule.pattern) continue;
        patterns.push_back(*rule.pattern);
        bus.compiled.push_back(&rule);
    }
    bus.matcher = std::make_unique<pattern::EventMatcher>(std::move(patterns));
}

}  // namespace onput::notifier
