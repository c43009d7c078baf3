// Requests to the notifier about schedules and their groups: EventBridge Scheduler's operations.
// The gateway turns REST into these. Tags of groups: ChangeEventTags and GetEventTags.
//
// Reasons, as Scheduler names its errors: ResourceNotFoundException, ConflictException,
// ValidationException, ServiceQuotaExceededException. The error's message is Scheduler's own text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::string_view default_group_name = "default";
inline constexpr std::size_t schedules_per_account_max = 100'000;
inline constexpr std::size_t schedule_groups_per_account_max = 500;
inline constexpr std::uint32_t window_minutes_max = 1'440;

struct ScheduleTarget {
    std::string arn = {};  // Of a queue, a function, a topic or a bus.
    std::string role_arn = {};
    std::string input = {};            // Empty: Scheduler's own event.
    std::string dead_letter_arn = {};  // Of a queue; empty: none.
    std::optional<std::uint32_t> retries_max = {};
    std::optional<std::uint32_t> age_seconds_max = {};
    std::string source = {};  // Of the event on a bus, as the next one.
    std::string detail_type = {};

    ONPUT_FIELDS(arn, role_arn, input, dead_letter_arn, retries_max, age_seconds_max, source,
                 detail_type)
    friend bool operator==(const ScheduleTarget&, const ScheduleTarget&) = default;
};

struct ScheduleInfo {
    static constexpr MessageInfo info{.kind = Kind::schedule_info};

    std::string arn = {};  // arn:aws:scheduler:<region>:<account>:schedule/<group>/<name>
    std::string name = {};
    std::string group = {};
    std::string account = {};
    std::string expression = {};
    std::string time_zone = {};  // Of the IANA database; empty: UTC.
    std::optional<Timestamp> start = {};
    std::optional<Timestamp> end = {};
    std::uint32_t window_minutes = 0;  // 0: no flexible time window.
    bool is_enabled = true;
    bool is_deleted_after = false;  // When it is completed.
    std::string description = {};
    ScheduleTarget target = {};
    Timestamp created_at = {};
    Timestamp modified_at = {};
    std::string client_token = {};    // Of the request that made it, which may come twice.
    std::uint64_t target_number = 0;  // Inside the notifier.

    ONPUT_FIELDS(arn, name, group, account, expression, time_zone, start, end, window_minutes,
                 is_enabled, is_deleted_after, description, target, created_at, modified_at,
                 client_token, target_number)
    friend bool operator==(const ScheduleInfo&, const ScheduleInfo&) = default;
};

// Makes a schedule, or sets all that it says anew. What the notifier knows better (ARN, account,
// times, number) is ignored.
struct PutSchedule {
    static constexpr MessageInfo info{.kind = Kind::put_schedule};
    static constexpr std::string_view method = "notifier.put_schedule";
    using Reply = ScheduleInfo;

    ScheduleInfo schedule = {};
    bool is_new = true;  // ConflictException if there is one; otherwise it must be there.

    ONPUT_FIELDS(schedule, is_new)
    friend bool operator==(const PutSchedule&, const PutSchedule&) = default;
};

struct GetSchedule {
    static constexpr MessageInfo info{.kind = Kind::get_schedule};
    static constexpr std::string_view method = "notifier.get_schedule";
    using Reply = ScheduleInfo;

    std::string group = {};  // Empty, here and below: the default one.
    std::string name = {};

    ONPUT_FIELDS(group, name)
    friend bool operator==(const GetSchedule&, const GetSchedule&) = default;
};

// What is owed to its target is no longer.
struct DeleteSchedule {
    static constexpr MessageInfo info{.kind = Kind::delete_schedule};
    static constexpr std::string_view method = "notifier.delete_schedule";
    using Reply = Empty;

    std::string group = {};
    std::string name = {};

    ONPUT_FIELDS(group, name)
    friend bool operator==(const DeleteSchedule&, const DeleteSchedule&) = default;
};

struct ScheduleList {
    static constexpr MessageInfo info{.kind = Kind::schedule_list};

    std::vector<ScheduleInfo> schedules = {};  // By group and name.
    std::string next = {};                     // `after` of the next page; empty: the last.

    ONPUT_FIELDS(schedules, next)
    friend bool operator==(const ScheduleList&, const ScheduleList&) = default;
};

struct ListSchedules {
    static constexpr MessageInfo info{.kind = Kind::list_schedules};
    static constexpr std::string_view method = "notifier.list_schedules";
    using Reply = ScheduleList;

    std::string group = {};  // Empty: all.
    std::string prefix = {};
    std::optional<bool> is_enabled = {};
    std::string after = {};
    std::uint32_t schedules_max = 100;

    ONPUT_FIELDS(group, prefix, is_enabled, after, schedules_max)
    friend bool operator==(const ListSchedules&, const ListSchedules&) = default;
};

struct ScheduleGroup {
    static constexpr MessageInfo info{.kind = Kind::schedule_group};

    std::string arn = {};  // arn:aws:scheduler:<region>:<account>:schedule-group/<name>
    std::string name = {};
    std::string account = {};
    bool is_deleting = false;  // Its schedules go first.
    Timestamp created_at = {};
    Timestamp modified_at = {};
    std::map<std::string, std::string> tags = {};
    std::string client_token = {};

    ONPUT_FIELDS(arn, name, account, is_deleting, created_at, modified_at, tags, client_token)
    friend bool operator==(const ScheduleGroup&, const ScheduleGroup&) = default;
};

struct CreateScheduleGroup {
    static constexpr MessageInfo info{.kind = Kind::create_schedule_group};
    static constexpr std::string_view method = "notifier.create_schedule_group";
    using Reply = ScheduleGroup;

    std::string name = {};
    std::map<std::string, std::string> tags = {};
    std::string client_token = {};

    ONPUT_FIELDS(name, tags, client_token)
    friend bool operator==(const CreateScheduleGroup&, const CreateScheduleGroup&) = default;
};

struct GetScheduleGroup {
    static constexpr MessageInfo info{.kind = Kind::get_schedule_group};
    static constexpr std::string_view method = "notifier.get_schedule_group";
    using Reply = ScheduleGroup;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const GetScheduleGroup&, const GetScheduleGroup&) = default;
};

// With its schedules, which are removed in steps.
struct DeleteScheduleGroup {
    static constexpr MessageInfo info{.kind = Kind::delete_schedule_group};
    static constexpr std::string_view method = "notifier.delete_schedule_group";
    using Reply = Empty;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteScheduleGroup&, const DeleteScheduleGroup&) = default;
};

struct ScheduleGroupList {
    static constexpr MessageInfo info{.kind = Kind::schedule_group_list};

    std::vector<ScheduleGroup> groups = {};  // By name.
    std::string next = {};

    ONPUT_FIELDS(groups, next)
    friend bool operator==(const ScheduleGroupList&, const ScheduleGroupList&) = default;
};

struct ListScheduleGroups {
    static constexpr MessageInfo info{.kind = Kind::list_schedule_groups};
    static constexpr std::string_view method = "notifier.list_schedule_groups";
    using Reply = ScheduleGroupList;

    std::string prefix = {};
    std::string after = {};
    std::uint32_t groups_max = 100;

    ONPUT_FIELDS(prefix, after, groups_max)
    friend bool operator==(const ListScheduleGroups&, const ListScheduleGroups&) = default;
};

}  // namespace onput::schema
