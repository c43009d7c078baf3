// Rows of logs, in the queue service's partition, table "w":
//
//     w g <account> / <name>                    LogGroup
//     w s <group> <stream's name>               LogStream
//     w d <group> <stream> <second> <batch>     LogRowRecord   events of one second of one put
//     w n <group> <stream> <~second> <~batch>   empty          the same rows, newest first
//     w t <group> <second> <batch> <stream>     LogRowSize     the same rows of all streams by time
//     w x <group> <stream>                      empty          rows that are to be removed;
//                                                              stream 0: the whole group's
//
// Groups and streams are numbers in keys, 8 bytes, big-endian, never given twice. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/logs.hpp"
#include "common/store/store.hpp"

namespace onput::queue {

struct LogRowRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::log_row_record};

    std::string stream;
    Timestamp ingested_at;
    std::vector<schema::LogEvent> events;

    ONPUT_FIELDS(stream, ingested_at, events)
    friend bool operator==(const LogRowRecord&, const LogRowRecord&) = default;
};

// Where a row is among those of its group or stream.
struct LogPlace {
    std::uint64_t second = 0;  // Of its events, since 1970.
    std::uint64_t batch = 0;
    friend auto operator<=>(const LogPlace&, const LogPlace&) = default;
};

// Where an event is: the row, and its index in it.
struct LogPosition {
    LogPlace row;
    std::uint64_t index = 0;
    friend auto operator<=>(const LogPosition&, const LogPosition&) = default;
};

// 56 digits, which sort as the positions do. Nothing: the text is no position.
std::string to_text(const LogPosition& position);
std::optional<LogPosition> parse_log_position(std::string_view text);

struct LogRowKey {
    std::uint64_t group = 0;
    std::uint64_t stream = 0;
    LogPlace place = {};
    friend bool operator==(const LogRowKey&, const LogRowKey&) = default;
};

struct LogRowSize {
    std::uint64_t bytes = 0;
    Timestamp age;  // The second by the clock that retention goes by.
    friend bool operator==(const LogRowSize&, const LogRowSize&) = default;
};
std::string encode(const LogRowSize& size);
Result<LogRowSize> decode_log_row_size(std::string_view bytes);

std::string log_group_key(std::string_view account, std::string_view name);
std::string log_stream_key(std::uint64_t group, std::string_view name);
std::string log_row_key(const LogRowKey& key);
std::string log_newest_key(const LogRowKey& key);
std::string log_time_key(const LogRowKey& key);
std::string log_removal_key(std::uint64_t group, std::uint64_t stream);

Result<LogRowKey> parse_log_row_key(std::string_view key);
Result<LogRowKey> parse_log_newest_key(std::string_view key);
Result<LogRowKey> parse_log_time_key(std::string_view key);
struct LogRemoval {
    std::uint64_t group = 0;
    std::uint64_t stream = 0;
};
Result<LogRemoval> parse_log_removal_key(std::string_view key);

store::Range log_group_rows();
store::Range log_stream_rows(std::uint64_t group, std::string_view prefix = {});
// Of one stream from a place on; of a whole group with stream 0.
store::Range log_rows(std::uint64_t group, std::uint64_t stream, const LogPlace& from = {});
// From a place backwards.
store::Range log_newest_rows(std::uint64_t group, std::uint64_t stream, const LogPlace& from);
store::Range log_time_rows(std::uint64_t group, const LogPlace& from = {});
store::Range log_removal_rows();

}  // namespace onput::queue
