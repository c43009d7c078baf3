// Requests to the notifier about archives of event buses, and replays of them. The gateway turns
// JSON 1.1 into these. Reasons are EventBridge's, as in event_bus.hpp; IllegalStatusException: a
// replay that is over is cancelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/schema/event_bus.hpp"

namespace onput::schema {

inline constexpr std::size_t archives_per_account_max = 100;
inline constexpr std::size_t replays_open_per_account_max = 10;
inline constexpr std::size_t replay_filters_max = 100;

struct ArchiveInfo {
    static constexpr MessageInfo info{.kind = Kind::archive_info};

    std::string arn = {};  // arn:aws:events:<region>:<account>:archive/<name>
    std::string name = {};
    std::string account = {};
    std::string bus_arn = {};
    std::string description = {};
    std::string pattern = {};          // JSON; empty: all events.
    std::uint32_t retention_days = 0;  // 0: for ever.
    Timestamp created_at = {};
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::uint64_t number = 0;  // Inside the notifier; never used again.

    ONPUT_FIELDS(arn, name, account, bus_arn, description, pattern, retention_days, created_at,
                 events, bytes, number)
    friend bool operator==(const ArchiveInfo&, const ArchiveInfo&) = default;
};

// Makes an archive of a bus; from then on events are kept.
struct CreateArchive {
    static constexpr MessageInfo info{.kind = Kind::create_archive};
    static constexpr std::string_view method = "notifier.create_archive";
    using Reply = ArchiveInfo;

    std::string name = {};
    std::string bus_arn = {};
    std::string description = {};
    std::string pattern = {};
    std::uint32_t retention_days = 0;

    ONPUT_FIELDS(name, bus_arn, description, pattern, retention_days)
    friend bool operator==(const CreateArchive&, const CreateArchive&) = default;
};

// What is missing stays as it is.
struct UpdateArchive {
    static constexpr MessageInfo info{.kind = Kind::update_archive};
    static constexpr std::string_view method = "notifier.update_archive";
    using Reply = ArchiveInfo;

    std::string name = {};
    std::optional<std::string> description = {};
    std::optional<std::string> pattern = {};
    std::optional<std::uint32_t> retention_days = {};

    ONPUT_FIELDS(name, description, pattern, retention_days)
    friend bool operator==(const UpdateArchive&, const UpdateArchive&) = default;
};

// Its events are removed in steps; a replay of it that is not over fails.
struct DeleteArchive {
    static constexpr MessageInfo info{.kind = Kind::delete_archive};
    static constexpr std::string_view method = "notifier.delete_archive";
    using Reply = Empty;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteArchive&, const DeleteArchive&) = default;
};

struct GetArchive {
    static constexpr MessageInfo info{.kind = Kind::get_archive};
    static constexpr std::string_view method = "notifier.get_archive";
    using Reply = ArchiveInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const GetArchive&, const GetArchive&) = default;
};

struct ArchiveList {
    static constexpr MessageInfo info{.kind = Kind::archive_list};

    std::vector<ArchiveInfo> archives = {};  // By name.
    std::string next = {};                   // `after` of the next page; empty: the last.

    ONPUT_FIELDS(archives, next)
    friend bool operator==(const ArchiveList&, const ArchiveList&) = default;
};

struct ListArchives {
    static constexpr MessageInfo info{.kind = Kind::list_archives};
    static constexpr std::string_view method = "notifier.list_archives";
    using Reply = ArchiveList;

    std::string prefix = {};
    std::string bus_arn = {};  // Empty: of all buses.
    std::string after = {};
    std::uint32_t archives_max = event_page_max;

    ONPUT_FIELDS(prefix, bus_arn, after, archives_max)
    friend bool operator==(const ListArchives&, const ListArchives&) = default;
};

enum class ReplayState : std::uint8_t {
    starting = 0,
    running = 1,
    cancelling = 2,
    completed = 3,
    cancelled = 4,
    failed = 5,
};

struct ReplayInfo {
    static constexpr MessageInfo info{.kind = Kind::replay_info};

    std::string arn = {};  // arn:aws:events:<region>:<account>:replay/<name>
    std::string name = {};
    std::string account = {};
    std::string description = {};
    std::uint8_t state = 0;  // ReplayState.
    std::string state_reason = {};
    std::string archive_arn = {};
    std::uint64_t archive_number = 0;
    std::string bus_arn = {};
    std::vector<std::string> filter_arns = {};  // Of rules; empty: all.
    Timestamp events_from = {};
    Timestamp events_to = {};  // Not included.
    Timestamp started_at = {};
    Timestamp ended_at = {};
    Timestamp last_replayed = {};  // The time of the newest event that was put on the bus again.
    std::string position = {};     // The row of that event; empty: none yet.
    std::uint64_t events = 0;      // Put on the bus again.

    ONPUT_FIELDS(arn, name, account, description, state, state_reason, archive_arn, archive_number,
                 bus_arn, filter_arns, events_from, events_to, started_at, ended_at, last_replayed,
                 position, events)
    friend bool operator==(const ReplayInfo&, const ReplayInfo&) = default;
};

struct StartReplay {
    static constexpr MessageInfo info{.kind = Kind::start_replay};
    static constexpr std::string_view method = "notifier.start_replay";
    using Reply = ReplayInfo;

    std::string name = {};
    std::string description = {};
    std::string archive_arn = {};
    std::string bus_arn = {};  // Must be the archive's.
    std::vector<std::string> filter_arns = {};
    Timestamp events_from = {};
    Timestamp events_to = {};

    ONPUT_FIELDS(name, description, archive_arn, bus_arn, filter_arns, events_from, events_to)
    friend bool operator==(const StartReplay&, const StartReplay&) = default;
};

struct GetReplay {
    static constexpr MessageInfo info{.kind = Kind::get_replay};
    static constexpr std::string_view method = "notifier.get_replay";
    using Reply = ReplayInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const GetReplay&, const GetReplay&) = default;
};

// What is on the bus already stays there.
struct CancelReplay {
    static constexpr MessageInfo info{.kind = Kind::cancel_replay};
    static constexpr std::string_view method = "notifier.cancel_replay";
    using Reply = ReplayInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const CancelReplay&, const CancelReplay&) = default;
};

struct ReplayList {
    static constexpr MessageInfo info{.kind = Kind::replay_list};

    std::vector<ReplayInfo> replays = {};  // By name.
    std::string next = {};

    ONPUT_FIELDS(replays, next)
    friend bool operator==(const ReplayList&, const ReplayList&) = default;
};

struct ListReplays {
    static constexpr MessageInfo info{.kind = Kind::list_replays};
    static constexpr std::string_view method = "notifier.list_replays";
    using Reply = ReplayList;

    std::string prefix = {};
    std::optional<std::uint8_t> state = {};
    std::string archive_arn = {};  // Empty: of all.
    std::string after = {};
    std::uint32_t replays_max = event_page_max;

    ONPUT_FIELDS(prefix, state, archive_arn, after, replays_max)
    friend bool operator==(const ListReplays&, const ListReplays&) = default;
};

}  // namespace onput::schema
