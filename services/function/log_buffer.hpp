// LogBuffer: log lines of environments on their way to the queue service, as events in batches.
// Pure: log_shipper.hpp sends them.
//
//     write, end_line ──> events of each stream ──> take: one batch ──> done, or back: sent again
//
// One batch is under way at a time, so that a stream's events arrive in order. The buffer is
// bounded: what comes while it is full is dropped, and the stream's next event says how much.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/schema/logs.hpp"

namespace onput::function {

// Of all streams together, events as PutLogEvents counts them.
inline constexpr std::size_t log_buffer_bytes_max = 16 * 1024 * 1024;
// One event; a longer line becomes several.
inline constexpr std::size_t log_event_bytes_max = 256 * 1024;

// Where the lines of one environment go.
struct LogTarget {
    std::string account;
    std::string group;
    std::string stream;
    friend auto operator<=>(const LogTarget&, const LogTarget&) = default;
};

class LogBuffer {
public:
    explicit LogBuffer(std::size_t bytes_max = log_buffer_bytes_max) : bytes_max_(bytes_max) {}

    // What a handler wrote: a line is an event once its end has come. "\r" within it becomes "\n".
    // What is no UTF-8 is replaced.
    void write(const LogTarget& target, std::string_view bytes, Timestamp now);
    // A line without an end becomes an event.
    void end_line(const LogTarget& target, Timestamp now);

    struct Batch {
        std::string account;
        schema::PutLogEvents put;
    };
    // The oldest events, of one stream; nothing while a batch is under way.
    std::optional<Batch> take();
    // The batch is where it should be, or will never be.
    void done();
    // It is not, and is taken again.
    void back();

    // Events that wait, the batch under way included.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_bytes_; }
    [[nodiscard]] bool is_empty() const { return events_.empty(); }

private:
    struct Stream {
        std::string line = {};
        std::size_t dropped = 0;  // Since its last event.
        Timestamp last = {};
        std::size_t waiting = 0;  // Events.
    };
    struct Event {
        const LogTarget* target;  // A key of streams_.
        schema::LogEvent event;
    };

    void add(const LogTarget& target, Stream& stream, std::string message, Timestamp now);
    void keep(const LogTarget& target, Stream& stream, std::string message, Timestamp now);

    std::size_t bytes_max_;
    std::map<LogTarget, Stream> streams_;
    std::deque<Event> events_;
    std::size_t taken_ = 0;  // Of events_, at its front.
    std::size_t bytes_ = 0;
    std::uint64_t dropped_bytes_ = 0;
};

}  // namespace onput::function
