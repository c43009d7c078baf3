// Logs: lines of functions, and of whoever else puts some. The queue service owns them; the words
// are those of CloudWatch Logs.
//
//     group "/aws/lambda/resize"
//       stream "2026/11/28/[$LATEST]0123..."     of one writer
//         event: time and message
//
// A group belongs to an account and is of the queue service's own region, whatever region the
// caller means. Errors of all requests: not_found, reason ResourceNotFound, without the group or
// the stream; invalid_argument, reason InvalidParameter, for what Logs would not take.
//
// An event that was acknowledged stays until its group's retention is over or its group, stream or
// place is needed: the limits are services/queue/logs/logs.hpp's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// Of one PutLogEvents: each event counts its message and so many bytes more.
inline constexpr std::size_t log_put_events_max = 10'000;
inline constexpr std::size_t log_put_bytes_max = 1'048'576;
inline constexpr std::size_t log_event_bytes_more = 26;
// Of one answer.
inline constexpr std::uint32_t log_page_events_max = 10'000;
inline constexpr std::size_t log_page_bytes_max = 1'048'576;
inline constexpr std::size_t log_pattern_bytes_max = 1'024;

struct LogGroup {
    static constexpr MessageInfo info{.kind = Kind::log_group};

    std::string name;
    std::string account;
    std::string arn;  // Without ":*".
    Timestamp created_at;
    std::uint32_t retention_days = 0;  // 0: for ever.
    std::map<std::string, std::string> tags;
    std::uint64_t bytes = 0;   // Of all events that are kept.
    std::uint64_t number = 0;  // Of its rows.

    ONPUT_FIELDS(name, account, arn, created_at, retention_days, tags, bytes, number)
    friend bool operator==(const LogGroup&, const LogGroup&) = default;
};

struct LogStream {
    static constexpr MessageInfo info{.kind = Kind::log_stream};

    std::string name;
    Timestamp created_at;
    // 0 without events: the earliest, the latest, and when the newest came.
    Timestamp first_event_at;
    Timestamp last_event_at;
    Timestamp last_ingested_at;
    std::uint64_t number = 0;  // Of its rows.
    std::string last_row;      // The place of its last row: 16 bytes.

    ONPUT_FIELDS(name, created_at, first_event_at, last_event_at, last_ingested_at, number,
                 last_row)
    friend bool operator==(const LogStream&, const LogStream&) = default;
};

// `conflict`, reason ResourceAlreadyExists, when it is there. resource_exhausted, reason
// LimitExceeded: there are too many.
struct CreateLogStream {
    static constexpr MessageInfo info{.kind = Kind::create_log_stream};
    static constexpr std::string_view method = "queue.create_log_stream";
    using Reply = Empty;

    std::string group;
    std::string stream;                       // Empty: the group is meant.
    std::map<std::string, std::string> tags;  // Of a group.

    ONPUT_FIELDS(group, stream, tags)
    friend bool operator==(const CreateLogStream&, const CreateLogStream&) = default;
};

struct DeleteLogStream {
    static constexpr MessageInfo info{.kind = Kind::delete_log_stream};
    static constexpr std::string_view method = "queue.delete_log_stream";
    using Reply = Empty;

    std::string group;
    std::string stream;  // Empty: the group is meant, with all its streams.

    ONPUT_FIELDS(group, stream)
    friend bool operator==(const DeleteLogStream&, const DeleteLogStream&) = default;
};

struct LogGroupList {
    static constexpr MessageInfo info{.kind = Kind::log_group_list};

    std::vector<LogGroup> groups;
    std::string next;  // For `after`; empty: that is all.

    ONPUT_FIELDS(groups, next)
    friend bool operator==(const LogGroupList&, const LogGroupList&) = default;
};

// In the order of their names.
struct ListLogGroups {
    static constexpr MessageInfo info{.kind = Kind::list_log_groups};
    static constexpr std::string_view method = "queue.list_log_groups";
    using Reply = LogGroupList;

    std::string prefix;
    std::string part;   // That the name has somewhere.
    std::string after;  // The name of the group before; empty: from the start.
    std::uint32_t groups_max = 50;

    ONPUT_FIELDS(prefix, part, after, groups_max)
    friend bool operator==(const ListLogGroups&, const ListLogGroups&) = default;
};

struct LogStreamList {
    static constexpr MessageInfo info{.kind = Kind::log_stream_list};

    std::string group_arn;
    std::vector<LogStream> streams;
    std::string next;

    ONPUT_FIELDS(group_arn, streams, next)
    friend bool operator==(const LogStreamList&, const LogStreamList&) = default;
};

struct ListLogStreams {
    static constexpr MessageInfo info{.kind = Kind::list_log_streams};
    static constexpr std::string_view method = "queue.list_log_streams";
    using Reply = LogStreamList;

    std::string group;
    std::string prefix;
    bool by_last_event = false;  // Else by name.
    bool descending = false;
    std::string after;  // `next` of the page before.
    std::uint32_t streams_max = 50;

    ONPUT_FIELDS(group, prefix, by_last_event, descending, after, streams_max)
    friend bool operator==(const ListLogStreams&, const ListLogStreams&) = default;
};

struct LogEvent {
    Timestamp time;       // Whole milliseconds since 1970, not before.
    std::string message;  // UTF-8.

    ONPUT_FIELDS(time, message)
    friend bool operator==(const LogEvent&, const LogEvent&) = default;
};

// What was not taken: indices of the request's events.
struct LogEventsPut {
    static constexpr MessageInfo info{.kind = Kind::log_events_put};

    std::optional<std::uint32_t> too_new_from;  // This one and all behind it.
    std::optional<std::uint32_t> too_old_to;    // All before this one.
    std::optional<std::uint32_t> expired_to;    // Likewise.

    ONPUT_FIELDS(too_new_from, too_old_to, expired_to)
    friend bool operator==(const LogEventsPut&, const LogEventsPut&) = default;
};

// Events in the order of their times, within 24 hours. What is too new, too old or expired is left
// out and said; all others are durable with the answer. Sent again after an answer that was lost,
// they are there twice.
struct PutLogEvents {
    static constexpr MessageInfo info{.kind = Kind::put_log_events};
    static constexpr std::string_view method = "queue.put_log_events";
    using Reply = LogEventsPut;

    std::string group;
    std::string stream;
    std::vector<LogEvent> events;
    bool creates = false;  // Group and stream are made when they are not there.

    ONPUT_FIELDS(group, stream, events, creates)
    friend bool operator==(const PutLogEvents&, const PutLogEvents&) = default;
};

struct FoundLogEvent {
    std::string stream;
    Timestamp time;
    Timestamp ingested_at;
    std::string message;
    std::string id;  // 56 digits, of no other event.

    ONPUT_FIELDS(stream, time, ingested_at, message, id)
    friend bool operator==(const FoundLogEvent&, const FoundLogEvent&) = default;
};

struct LogEventsPage {
    static constexpr MessageInfo info{.kind = Kind::log_events_page};

    std::vector<FoundLogEvent> events;
    // Of GetLogEvents: both always. Of FilterLogEvents: `forward`, empty at the end.
    std::string forward;
    std::string backward;

    ONPUT_FIELDS(events, forward, backward)
    friend bool operator==(const LogEventsPage&, const LogEventsPage&) = default;
};

// One stream's events, oldest first within the page. A token that comes back as it was says that
// nothing is beyond it.
struct GetLogEvents {
    static constexpr MessageInfo info{.kind = Kind::get_log_events};
    static constexpr std::string_view method = "queue.get_log_events";
    using Reply = LogEventsPage;

    std::string group;
    std::string stream;
    std::optional<Timestamp> from;  // Included.
    std::optional<Timestamp> to;    // Not included.
    std::string token;              // "f/<56 digits>/s", "b/<56 digits>/s"; empty: none.
    bool from_head = false;         // Without a token: the oldest page, and not the newest.
    std::uint32_t events_max = log_page_events_max;

    ONPUT_FIELDS(group, stream, from, to, token, from_head, events_max)
    friend bool operator==(const GetLogEvents&, const GetLogEvents&) = default;
};

// A group's events that fit, by time; those of one second may be on two pages out of order. A page
// ends early, even empty, after so much was looked at.
struct FilterLogEvents {
    static constexpr MessageInfo info{.kind = Kind::filter_log_events};
    static constexpr std::string_view method = "queue.filter_log_events";
    using Reply = LogEventsPage;

    std::string group;
    std::vector<std::string> streams;  // Of these; empty: of all.
    std::string stream_prefix;
    std::optional<Timestamp> from;  // Both included.
    std::optional<Timestamp> to;
    std::string pattern;  // services/queue/logs/filter_pattern.hpp; empty: all.
    std::string after;    // `forward` of the page before.
    std::uint32_t events_max = log_page_events_max;

    ONPUT_FIELDS(group, streams, stream_prefix, from, to, pattern, after, events_max)
    friend bool operator==(const FilterLogEvents&, const FilterLogEvents&) = default;
};

// Changes what is given.
struct SetLogGroup {
    static constexpr MessageInfo info{.kind = Kind::set_log_group};
    static constexpr std::string_view method = "queue.set_log_group";
    using Reply = LogGroup;

    std::string name;
    std::optional<std::uint32_t> retention_days;  // 0: for ever.
    std::map<std::string, std::string> tags;      // To be added.
    std::vector<std::string> removed_tags;

    ONPUT_FIELDS(name, retention_days, tags, removed_tags)
    friend bool operator==(const SetLogGroup&, const SetLogGroup&) = default;
};

}  // namespace onput::schema
