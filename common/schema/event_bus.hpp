// Requests to the notifier about event buses, rules and targets: EventBridge's operations. The
// gateway turns JSON 1.1 into these.
//
// Reasons, as EventBridge names its errors: ResourceNotFoundException,
// ResourceAlreadyExistsException, ValidationException, InvalidEventPatternException,
// LimitExceededException, ManagedRuleException. The error's message is EventBridge's own text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::string_view default_bus_name = "default";
inline constexpr std::size_t buses_per_account_max = 100;
inline constexpr std::size_t rules_per_bus_max = 100'000;
inline constexpr std::size_t targets_per_rule_max = 5;
inline constexpr std::size_t event_entries_max = 10;  // Of one PutEvents.
inline constexpr std::size_t event_entry_bytes_max = 256 * 1024;
inline constexpr std::size_t event_page_max = 100;  // Of a list.
inline constexpr std::uint32_t target_retries_max = 185;
inline constexpr std::uint32_t target_age_seconds_max = 86'400;

// An event on a bus. In a request `owed` is empty; the notifier fills it in with the targets whose
// rules match, in the commit that journals it.
struct BusEvent {
    // Version 2 added replay_name.
    static constexpr MessageInfo info{.kind = Kind::bus_event, .version = 2};

    std::string event_id = {};  // 32 hex digits; the event's `id` is these as a UUID.
    std::string bus_arn = {};
    std::string account = {};
    std::string region = {};
    std::string source = {};
    std::string detail_type = {};
    Timestamp time = {};
    std::vector<std::string> resources = {};
    std::string detail = {};  // JSON, an object.
    TraceContext trace = {};
    std::string trace_header = {};
    std::vector<std::uint64_t> owed = {};  // Numbers of targets, rising.
    bool is_forwarded = false;             // By a rule of another bus: not forwarded again.
    std::string replay_name = {};          // Of the replay that put it on the bus again.

    ONPUT_FIELDS(event_id, bus_arn, account, region, source, detail_type, time, resources, detail,
                 trace, trace_header, owed, is_forwarded, replay_name)
    friend bool operator==(const BusEvent&, const BusEvent&) = default;
};

struct RuleInfo {
    static constexpr MessageInfo info{.kind = Kind::rule_info};

    std::string arn = {};  // arn:aws:events:<region>:<account>:rule/[<bus>/]<name>
    std::string name = {};
    std::string bus = {};  // Its name.
    std::string account = {};
    std::string pattern = {};     // JSON; empty: none.
    std::string expression = {};  // Of a schedule; empty: none.
    bool is_enabled = true;
    std::string description = {};
    std::string role_arn = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(arn, name, bus, account, pattern, expression, is_enabled, description, role_arn,
                 tags)
    friend bool operator==(const RuleInfo&, const RuleInfo&) = default;
};

// Makes a rule, or sets what it says anew; tags are those of a new one alone.
struct PutRule {
    static constexpr MessageInfo info{.kind = Kind::put_rule};
    static constexpr std::string_view method = "notifier.put_rule";
    using Reply = RuleInfo;

    std::string bus = {};  // A name or an ARN, here and below; empty: the default bus.
    std::string name = {};
    std::string pattern = {};
    std::string expression = {};
    bool is_enabled = true;
    std::string description = {};
    std::string role_arn = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(bus, name, pattern, expression, is_enabled, description, role_arn, tags)
    friend bool operator==(const PutRule&, const PutRule&) = default;
};

// One that does not exist is done; one that has targets is ValidationException.
struct DeleteRule {
    static constexpr MessageInfo info{.kind = Kind::delete_rule};
    static constexpr std::string_view method = "notifier.delete_rule";
    using Reply = Empty;

    std::string bus = {};
    std::string name = {};

    ONPUT_FIELDS(bus, name)
    friend bool operator==(const DeleteRule&, const DeleteRule&) = default;
};

struct SetRuleState {
    static constexpr MessageInfo info{.kind = Kind::set_rule_state};
    static constexpr std::string_view method = "notifier.set_rule_state";
    using Reply = Empty;

    std::string bus = {};
    std::string name = {};
    bool is_enabled = true;

    ONPUT_FIELDS(bus, name, is_enabled)
    friend bool operator==(const SetRuleState&, const SetRuleState&) = default;
};

struct DescribeRule {
    static constexpr MessageInfo info{.kind = Kind::describe_rule};
    static constexpr std::string_view method = "notifier.describe_rule";
    using Reply = RuleInfo;

    std::string bus = {};
    std::string name = {};

    ONPUT_FIELDS(bus, name)
    friend bool operator==(const DescribeRule&, const DescribeRule&) = default;
};

struct RuleList {
    static constexpr MessageInfo info{.kind = Kind::rule_list};

    std::vector<RuleInfo> rules = {};
    std::string next = {};  // `after` of the next page; empty: this was the last.

    ONPUT_FIELDS(rules, next)
    friend bool operator==(const RuleList&, const RuleList&) = default;
};

// By name.
struct ListRules {
    static constexpr MessageInfo info{.kind = Kind::list_rules};
    static constexpr std::string_view method = "notifier.list_rules";
    using Reply = RuleList;

    std::string bus = {};
    std::string prefix = {};      // Of names.
    std::string target_arn = {};  // Only those that have this target; empty: all.
    std::string after = {};
    std::uint32_t rules_max = event_page_max;

    ONPUT_FIELDS(bus, prefix, target_arn, after, rules_max)
    friend bool operator==(const ListRules&, const ListRules&) = default;
};

struct InputTransformer {
    std::map<std::string, std::string> paths = {};  // Name to JSON path.
    std::string input_template = {};

    ONPUT_FIELDS(paths, input_template)
    friend bool operator==(const InputTransformer&, const InputTransformer&) = default;
};

// Of a call of an API destination. A value "$.detail.id" is what the event has there.
struct TargetHttpParameters {
    std::vector<std::string> path = {};  // One for each '*' of the endpoint, in order.
    std::map<std::string, std::string> headers = {};
    std::map<std::string, std::string> query = {};

    ONPUT_FIELDS(path, headers, query)
    friend bool operator==(const TargetHttpParameters&, const TargetHttpParameters&) = default;
};

// Of a rule. Exactly one of `input`, `input_path` and `transformer`, or none: the event itself.
struct EventTarget {
    std::string id = {};
    std::string arn = {};  // Of a queue, a function, a topic, a bus or an API destination.
    std::string role_arn = {};
    std::string input = {};  // JSON.
    std::string input_path = {};
    std::optional<InputTransformer> transformer = {};
    std::string dead_letter_arn = {};  // Of a queue; empty: none.
    std::optional<std::uint32_t> retries_max = {};
    std::optional<std::uint32_t> age_seconds_max = {};
    std::optional<TargetHttpParameters> http = {};
    std::string group_id = {};  // MessageGroupId of a queue's messages; empty: none.

    ONPUT_FIELDS(id, arn, role_arn, input, input_path, transformer, dead_letter_arn, retries_max,
                 age_seconds_max, http, group_id)
    friend bool operator==(const EventTarget&, const EventTarget&) = default;
};

// An entry that failed.
struct TargetFailure {
    std::string id = {};
    std::string code = {};
    std::string message = {};

    ONPUT_FIELDS(id, code, message)
    friend bool operator==(const TargetFailure&, const TargetFailure&) = default;
};

struct TargetsChanged {
    static constexpr MessageInfo info{.kind = Kind::targets_changed};

    std::vector<TargetFailure> failures = {};

    ONPUT_FIELDS(failures)
    friend bool operator==(const TargetsChanged&, const TargetsChanged&) = default;
};

// Adds targets, or sets anew those whose ids are there.
struct PutTargets {
    // Version 2 added http and group_id of the targets.
    static constexpr MessageInfo info{.kind = Kind::put_targets, .version = 2};
    static constexpr std::string_view method = "notifier.put_targets";
    using Reply = TargetsChanged;

    std::string bus = {};
    std::string rule = {};
    std::vector<EventTarget> targets = {};

    ONPUT_FIELDS(bus, rule, targets)
    friend bool operator==(const PutTargets&, const PutTargets&) = default;
};

// What is owed to them is no longer.
struct RemoveTargets {
    static constexpr MessageInfo info{.kind = Kind::remove_targets};
    static constexpr std::string_view method = "notifier.remove_targets";
    using Reply = TargetsChanged;

    std::string bus = {};
    std::string rule = {};
    std::vector<std::string> ids = {};

    ONPUT_FIELDS(bus, rule, ids)
    friend bool operator==(const RemoveTargets&, const RemoveTargets&) = default;
};

struct TargetList {
    // Version 2 added http and group_id of the targets.
    static constexpr MessageInfo info{.kind = Kind::target_list, .version = 2};

    std::vector<EventTarget> targets = {};  // By id.

    ONPUT_FIELDS(targets)
    friend bool operator==(const TargetList&, const TargetList&) = default;
};

struct ListTargets {
    static constexpr MessageInfo info{.kind = Kind::list_targets};
    static constexpr std::string_view method = "notifier.list_targets";
    using Reply = TargetList;

    std::string bus = {};
    std::string rule = {};

    ONPUT_FIELDS(bus, rule)
    friend bool operator==(const ListTargets&, const ListTargets&) = default;
};

// One event of a PutEvents. What is missing is empty.
struct EventEntry {
    std::string bus = {};
    std::string source = {};
    std::string detail_type = {};
    std::string detail = {};
    std::vector<std::string> resources = {};
    std::optional<Timestamp> time = {};  // Nothing: when the notifier takes it.
    std::string trace_header = {};

    ONPUT_FIELDS(bus, source, detail_type, detail, resources, time, trace_header)
    friend bool operator==(const EventEntry&, const EventEntry&) = default;
};

struct EventEntryResult {
    std::string event_id = {};  // A UUID; empty: it failed.
    std::string code = {};
    std::string message = {};

    ONPUT_FIELDS(event_id, code, message)
    friend bool operator==(const EventEntryResult&, const EventEntryResult&) = default;
};

struct EventsPut {
    static constexpr MessageInfo info{.kind = Kind::events_put};

    std::vector<EventEntryResult> results = {};  // One per entry, in order.

    ONPUT_FIELDS(results)
    friend bool operator==(const EventsPut&, const EventsPut&) = default;
};

// Entries fail one by one; those that did not are durable, and owed, when this is answered.
struct PutEvents {
    static constexpr MessageInfo info{.kind = Kind::put_events};
    static constexpr std::string_view method = "notifier.put_events";
    using Reply = EventsPut;

    std::vector<EventEntry> entries = {};

    ONPUT_FIELDS(entries)
    friend bool operator==(const PutEvents&, const PutEvents&) = default;
};

struct BusInfo {
    // Version 2 added policy.
    static constexpr MessageInfo info{.kind = Kind::bus_info, .version = 2};

    std::string arn = {};  // arn:aws:events:<region>:<account>:event-bus/<name>
    std::string name = {};
    std::string account = {};
    std::string description = {};
    Timestamp created_at = {};
    Timestamp modified_at = {};
    std::map<std::string, std::string> tags = {};
    std::string policy = {};  // JSON; empty: none, and only its account puts events on it.

    ONPUT_FIELDS(arn, name, account, description, created_at, modified_at, tags, policy)
    friend bool operator==(const BusInfo&, const BusInfo&) = default;
};

struct CreateBus {
    static constexpr MessageInfo info{.kind = Kind::create_bus};
    static constexpr std::string_view method = "notifier.create_bus";
    using Reply = BusInfo;

    std::string name = {};
    std::string description = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(name, description, tags)
    friend bool operator==(const CreateBus&, const CreateBus&) = default;
};

// One that does not exist is done. Its rules must be gone.
struct DeleteBus {
    static constexpr MessageInfo info{.kind = Kind::delete_bus};
    static constexpr std::string_view method = "notifier.delete_bus";
    using Reply = Empty;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteBus&, const DeleteBus&) = default;
};

struct UpdateBus {
    static constexpr MessageInfo info{.kind = Kind::update_bus};
    static constexpr std::string_view method = "notifier.update_bus";
    using Reply = BusInfo;

    std::string name = {};
    std::string description = {};

    ONPUT_FIELDS(name, description)
    friend bool operator==(const UpdateBus&, const UpdateBus&) = default;
};

// Sets the whole policy, or adds one statement to it, in place of one of the same id.
struct PutBusPermission {
    static constexpr MessageInfo info{.kind = Kind::put_bus_permission};
    static constexpr std::string_view method = "notifier.put_bus_permission";
    using Reply = Empty;

    std::string bus = {};
    std::string policy = {};  // JSON; the rest is empty then.
    std::string statement_id = {};
    std::string principal = {};  // An account, or "*".
    std::string action = {};
    std::string condition = {};  // JSON of a statement's Condition; empty: none.

    ONPUT_FIELDS(bus, policy, statement_id, principal, action, condition)
    friend bool operator==(const PutBusPermission&, const PutBusPermission&) = default;
};

struct RemoveBusPermission {
    static constexpr MessageInfo info{.kind = Kind::remove_bus_permission};
    static constexpr std::string_view method = "notifier.remove_bus_permission";
    using Reply = Empty;

    std::string bus = {};
    std::string statement_id = {};
    bool is_all = false;  // The whole policy.

    ONPUT_FIELDS(bus, statement_id, is_all)
    friend bool operator==(const RemoveBusPermission&, const RemoveBusPermission&) = default;
};

struct DescribeBus {
    static constexpr MessageInfo info{.kind = Kind::describe_bus};
    static constexpr std::string_view method = "notifier.describe_bus";
    using Reply = BusInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DescribeBus&, const DescribeBus&) = default;
};

struct BusList {
    // Version 2 added policy of the buses.
    static constexpr MessageInfo info{.kind = Kind::bus_list, .version = 2};

    std::vector<BusInfo> buses = {};
    std::string next = {};

    ONPUT_FIELDS(buses, next)
    friend bool operator==(const BusList&, const BusList&) = default;
};

struct ListBuses {
    static constexpr MessageInfo info{.kind = Kind::list_buses};
    static constexpr std::string_view method = "notifier.list_buses";
    using Reply = BusList;

    std::string prefix = {};
    std::string after = {};
    std::uint32_t buses_max = event_page_max;

    ONPUT_FIELDS(prefix, after, buses_max)
    friend bool operator==(const ListBuses&, const ListBuses&) = default;
};

// Of a bus or a rule, with what is there when it is done.
struct EventTags {
    static constexpr MessageInfo info{.kind = Kind::event_tags};

    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(tags)
    friend bool operator==(const EventTags&, const EventTags&) = default;
};

struct ChangeEventTags {
    static constexpr MessageInfo info{.kind = Kind::change_event_tags};
    static constexpr std::string_view method = "notifier.change_event_tags";
    using Reply = EventTags;

    std::string arn = {};
    std::map<std::string, std::string> set = {};
    std::vector<std::string> removed = {};

    ONPUT_FIELDS(arn, set, removed)
    friend bool operator==(const ChangeEventTags&, const ChangeEventTags&) = default;
};

struct GetEventTags {
    static constexpr MessageInfo info{.kind = Kind::get_event_tags};
    static constexpr std::string_view method = "notifier.get_event_tags";
    using Reply = EventTags;

    std::string arn = {};

    ONPUT_FIELDS(arn)
    friend bool operator==(const GetEventTags&, const GetEventTags&) = default;
};

}  // namespace onput::schema
