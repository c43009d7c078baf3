// What a RuleBook holds: buses, rules and targets, and the compiled patterns over them, kept in
// step.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/policy.hpp"
#include "common/pattern/event_matcher.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/rules/rule_records.hpp"

namespace onput::notifier {

struct Rule {
    schema::RuleInfo info;
    std::optional<pattern::EventPattern> pattern;
    std::map<std::string, std::uint64_t> targets;  // Numbers by id.
};

struct Bus {
    schema::BusInfo info;
    std::optional<auth::Policy> policy;  // Of info.policy.
    std::map<std::string, Rule> rules;
    // Of the enabled rules that have a pattern; null: they have changed.
    std::unique_ptr<pattern::EventMatcher> matcher;
    std::vector<const Rule*> compiled;  // In the matcher's order.
};

struct RuleBook::State {
    State(RuleBookOptions chosen, const store::View& rows)
        : options(std::move(chosen)), view(rows) {}

    [[nodiscard]] std::string bus_arn(const std::string& account, std::string_view name) const;
    [[nodiscard]] std::string rule_arn(const Bus& bus, std::string_view name) const;

    // By name or ARN. Null: there is none, or nothing was ever kept of a default bus.
    Bus* find_bus(std::string_view name, const std::string& account);
    // The same, making a default bus that is not kept yet.
    Result<Bus*> known_bus(std::string_view name, const std::string& account);
    Result<Rule*> known_rule(std::string_view bus, const std::string& name,
                             const std::string& account);
    // The tags of a bus or a rule of the account.
    struct Tagged {
        Bus* bus = nullptr;
        Rule* rule = nullptr;  // Null: the bus itself.
        [[nodiscard]] std::map<std::string, std::string>& tags() const {
            return rule == nullptr ? bus->info.tags : rule->info.tags;
        }
    };
    Result<Tagged> known_resource(const std::string& arn, const std::string& account);

    Bus& make_default(const std::string& account);
    static void write(const Bus& bus, store::Batch& batch);
    static void write(const Rule& rule, store::Batch& batch);
    void remove_target(Rule& rule, const std::string& id, store::Batch& batch);
    static void compile(Bus& bus);
    BusTarget& add_own_target(TargetRecord record);

    RuleBookOptions options;
    const store::View& view;
    std::uint64_t last_target = 0;                  // Ever.
    std::map<std::string, Bus, std::less<>> buses;  // By ARN.
    std::map<std::uint64_t, BusTarget> targets;
    pattern::EventScratch scratch;
};

// A rule's pattern, if it has one. Fails as EventPattern::parse does.
Result<std::optional<pattern::EventPattern>> read_pattern(const std::string& json);

}  // namespace onput::notifier
