// RuleBook: event buses, their rules and targets, and which event is for which target. Pure.
//
//     create .. delete a bus       every account has a bus "default", which is never deleted
//     put .. delete a rule         enabled or disabled; put and remove targets of it
//     match: the enabled rules of the event's bus whose pattern accepts it -> their targets
//
// Rows, beside those of records.hpp, in the notifier's partition:
//
//     w                   RulesRecord    number of the newest target ever
//     v/<bus arn>         BusInfo        of a default bus only when it has something to say
//     o/<rule arn>        RuleInfo
//     p/<target number>   TargetRecord   numbers are never used again
//
// Everything is in memory as well. A command checks everything before its first change, and writes
// its rows into the batch it is given; the caller answers when that is durable.
//
// Owned by NotifierCore. What belongs to another account does not exist for a caller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/event_bus.hpp"
#include "common/service/request_values.hpp"
#include "common/store/store.hpp"
#include "services/notifier/effects.hpp"

namespace onput::notifier {

// arn:aws:scheduler:<region>:<account>:schedule/<group>/<name>
bool is_schedule_arn(std::string_view arn);
// arn:aws:events:<region>:<account>:api-destination/<name>/<uuid>
bool is_api_destination_arn(std::string_view arn);

struct RuleBookOptions {
    std::string region = "us-east-1";
    std::size_t buses_per_account_max = schema::buses_per_account_max;
    std::size_t rules_per_bus_max = schema::rules_per_bus_max;
};

// A target, as deliveries see it.
struct BusTarget {
    std::uint64_t number = 0;
    std::string rule_arn;  // Or of the schedule whose own target it is.
    std::string rule_name;
    std::string account;
    schema::EventTarget target;

    // Of its destination: "<rule arn>#<id>#<number>", so that no other one ever has it.
    [[nodiscard]] std::string name() const {
        return rule_arn + '#' + target.id + '#' + std::to_string(number);
    }
    [[nodiscard]] bool is_of_schedule() const { return is_schedule_arn(rule_arn); }
};

class RuleBook {
public:
    // `view` outlives it.
    RuleBook(RuleBookOptions options, const store::View& view);
    ~RuleBook();

    // Continues from the store. Called once, before anything else. Rules and targets whose bus or
    // rule is lost with damaged rows are left out.
    Result<void> restore();

    // Commands. One that fails has changed nothing, neither here nor in the batch.
    Result<schema::BusInfo> create(const schema::CreateBus& request, const Caller& caller,
                                   store::Batch& batch);
    Result<schema::Empty> remove(const schema::DeleteBus& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::BusInfo> update(const schema::UpdateBus& request, const Caller& caller,
                                   store::Batch& batch);
    Result<schema::Empty> put_permission(const schema::PutBusPermission& request,
                                         const Caller& caller, store::Batch& batch);
    Result<schema::Empty> remove_permission(const schema::RemoveBusPermission& request,
                                            const Caller& caller, store::Batch& batch);
    Result<schema::RuleInfo> put(const schema::PutRule& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::Empty> remove(const schema::DeleteRule& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::Empty> set_state(const schema::SetRuleState& request, const Caller& caller,
                                    store::Batch& batch);
    // Entries fail one by one.
    Result<schema::TargetsChanged> put_targets(const schema::PutTargets& request,
                                               const Caller& caller, store::Batch& batch);
    Result<schema::TargetsChanged> remove_targets(const schema::RemoveTargets& request,
                                                  const Caller& caller, store::Batch& batch);
    Result<schema::EventTags> change_tags(const schema::ChangeEventTags& request,
                                          const Caller& caller, store::Batch& batch);

    // Queries.
    [[nodiscard]] Result<schema::BusInfo> describe_bus(const schema::DescribeBus& request,
                                                       const Caller& caller) const;
    [[nodiscard]] Result<schema::BusList> list_buses(const schema::ListBuses& request,
                                                     const Caller& caller) const;
    [[nodiscard]] Result<schema::RuleInfo> describe_rule(const schema::DescribeRule& request,
                                                         const Caller& caller) const;
    [[nodiscard]] Result<schema::RuleList> list_rules(const schema::ListRules& request,
                                                      const Caller& caller) const;
    [[nodiscard]] Result<schema::TargetList> list_targets(const schema::ListTargets& request,
                                                          const Caller& caller) const;
    [[nodiscard]] Result<schema::EventTags> tags(const schema::GetEventTags& request,
                                                 const Caller& caller) const;

    // The ARN of an account's bus, by its name or ARN; empty: the default one. Fails with
    // ResourceNotFoundException.
    [[nodiscard]] Result<std::string> find_bus(std::string_view name,
                                               const std::string& account) const;
    // The same of a bus on which the caller may put events: one of his own account unless its
    // policy denies it, and another account's if its policy allows it. AccessDeniedException.
    [[nodiscard]] Result<std::string> find_bus_for_put(std::string_view name,
                                                       const Caller& caller) const;
    // Likewise of a bus of the account on which a rule, a schedule or a function puts events:
    // unless its policy denies it. ResourceNotFoundException, AccessDeniedException.
    [[nodiscard]] Result<std::string> find_bus_for_service(
        std::string_view arn, const service::ServiceOrigin& origin) const;
    [[nodiscard]] const std::string& region() const;

    // The targets of all rules of the event's bus that match it, by number. `document` is the
    // event's JSON. Not const: rules that have changed are compiled first.
    std::vector<const BusTarget*> match(const schema::BusEvent& event, std::string_view document);

    // By ARN, of any account.
    [[nodiscard]] std::optional<schema::RuleInfo> find_rule(const std::string& arn) const;
    // The targets of one rule, whatever its pattern, by number.
    [[nodiscard]] std::vector<const BusTarget*> targets_of(const schema::RuleInfo& rule) const;
    // The rules that are enabled and have a schedule.
    [[nodiscard]] std::vector<schema::RuleInfo> scheduled_rules() const;

    // The target of a schedule, which is kept here beside those of rules. Number 0: a new one.
    std::uint64_t put_own_target(BusTarget target, store::Batch& batch);
    void remove_own_target(std::uint64_t number, store::Batch& batch);
    [[nodiscard]] std::vector<std::uint64_t> own_targets() const;

    // Null once it was removed: what was owed to it is no longer. Stays until then.
    [[nodiscard]] const BusTarget* find_target(std::uint64_t number) const;
    // By the ARN of its rule and its id; null when there is none. Looks at all of them.
    [[nodiscard]] const BusTarget* find_target(std::string_view rule_arn,
                                               std::string_view id) const;
    [[nodiscard]] bool has_targets() const;

    void check_invariants() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::notifier
