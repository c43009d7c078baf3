// Event source mappings: a queue whose messages a function gets in batches, as on Lambda. The queue
// service owns both ends.
//
//     queue --batch leased, and a job with it, in one commit--> function's queue --> worker
//       ^                                                              |
//       `-- messages of the batch: removed, or hidden until their visibility ends, in one commit
#pragma once

#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::uint32_t batch_messages_max = 10'000;
// Without a window.
inline constexpr std::uint32_t batch_messages_without_window_max = 10;
inline constexpr std::uint32_t batch_window_s_max = 300;
inline constexpr std::size_t mapping_filters_max = 10;
inline constexpr std::size_t mapping_filter_bytes_max = 4096;
inline constexpr std::uint32_t mapping_concurrency_min = 2;
inline constexpr std::uint32_t mapping_concurrency_max = 1000;
inline constexpr std::size_t mappings_per_account_max = 1000;

struct EventSourceMapping {
    static constexpr MessageInfo info{.kind = Kind::event_source_mapping};

    std::string id = {};  // A UUID; filled in by the queue service, as the account and the time.
    std::string account = {};
    std::string queue_arn = {};
    std::string function_arn = {};  // May be qualified.
    bool is_enabled = true;
    std::uint32_t batch_messages = 10;
    std::uint32_t batch_window_s = 0;
    std::vector<std::string> filters = {};  // Patterns; a message that none fits is removed.
    bool reports_failures = false;          // ReportBatchItemFailures.
    std::uint32_t concurrency = 0;          // Batches at a time; 0: not limited by the mapping.
    Timestamp modified_at = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(id, account, queue_arn, function_arn, is_enabled, batch_messages, batch_window_s,
                 filters, reports_failures, concurrency, modified_at, tags)
    friend bool operator==(const EventSourceMapping&, const EventSourceMapping&) = default;
};

// Without an id: creates. Errors: not_found: the queue, the function or the mapping; conflict,
// reason ResourceConflict: the two have a mapping; invalid_argument.
struct PutEventSourceMapping {
    static constexpr MessageInfo info{.kind = Kind::put_event_source_mapping};
    static constexpr std::string_view method = "queue.put_event_source_mapping";
    using Reply = EventSourceMapping;

    EventSourceMapping mapping = {};

    ONPUT_FIELDS(mapping)
    friend bool operator==(const PutEventSourceMapping&, const PutEventSourceMapping&) = default;
};

struct GetEventSourceMapping {
    static constexpr MessageInfo info{.kind = Kind::get_event_source_mapping};
    static constexpr std::string_view method = "queue.get_event_source_mapping";
    using Reply = EventSourceMapping;

    std::string id = {};

    ONPUT_FIELDS(id)
    friend bool operator==(const GetEventSourceMapping&, const GetEventSourceMapping&) = default;
};

struct EventSourceMappingList {
    static constexpr MessageInfo info{.kind = Kind::event_source_mapping_list};

    std::vector<EventSourceMapping> mappings = {};  // By id.

    ONPUT_FIELDS(mappings)
    friend bool operator==(const EventSourceMappingList&, const EventSourceMappingList&) = default;
};

// Of the account.
struct ListEventSourceMappings {
    static constexpr MessageInfo info{.kind = Kind::list_event_source_mappings};
    static constexpr std::string_view method = "queue.list_event_source_mappings";
    using Reply = EventSourceMappingList;
    ONPUT_FIELDS()
    friend bool operator==(const ListEventSourceMappings&,
                           const ListEventSourceMappings&) = default;
};

// What it has taken goes on.
struct DeleteEventSourceMapping {
    static constexpr MessageInfo info{.kind = Kind::delete_event_source_mapping};
    static constexpr std::string_view method = "queue.delete_event_source_mapping";
    using Reply = EventSourceMapping;

    std::string id = {};

    ONPUT_FIELDS(id)
    friend bool operator==(const DeleteEventSourceMapping&,
                           const DeleteEventSourceMapping&) = default;
};

}  // namespace onput::schema
