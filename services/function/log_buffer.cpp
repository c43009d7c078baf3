#include "services/function/log_buffer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"

namespace onput::function {
namespace {

constexpr std::size_t batch_events_max = 1'000;
constexpr std::string_view replacement = "\xef\xbf\xbd";

std::size_t size_of(const schema::LogEvent& event) {
    return event.message.size() + schema::log_event_bytes_more;
}

// Bytes that are no UTF-8 become the replacement character.
std::string as_utf8(std::string text) {
    if (is_utf8(text)) return text;
    std::string clean;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view before = rest;
        if (next_code_point(rest)) {
            clean += before.substr(0, before.size() - rest.size());
        } else {
            clean += replacement;
            rest.remove_prefix(1);
        }
    }
    return clean;
}

// Where to cut a line that is too long: not within a character.
std::size_t cut_of(std::string_view line) {
    std::size_t at = log_event_bytes_max;
    for (int i = 0; i < 3 && (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80; ++i) --at;
    return at;
}

}  // namespace

void LogBuffer::write(const LogTarget& target, std::string_view bytes, Timestamp now) {
    const auto found = streams_.try_emplace(target).first;
    Stream& stream = found->second;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::string_view piece =
            bytes.substr(0, end == std::string_view::npos ? bytes.size() : end + 1);
        stream.line += piece;
        bytes.remove_prefix(piece.size());
        while (stream.line.size() > log_event_bytes_max) {
            const std::size_t cut = cut_of(stream.line);
            add(found->first, stream, stream.line.substr(0, cut), now);
            stream.line.erase(0, cut);
        }
        if (stream.line.ends_with('\n'))
            add(found->first, stream, std::exchange(stream.line, {}), now);
    }
}

void LogBuffer::end_line(const LogTarget& target, Timestamp now) {
    const auto found = streams_.find(target);
    if (found == streams_.end() || found->second.line.empty()) return;
    add(found->first, found->second, std::exchange(found->second.line, {}), now);
}

void LogBuffer::add(const LogTarget& target, Stream& stream, std::string message, Timestamp now) {
    message = as_utf8(std::move(message));
    std::ranges::replace(message, '\r', '\n');
    // Events without text are none to Logs.
    if (message == "\n") return;
    const std::size_t size = message.size() + schema::log_event_bytes_more;
    if (bytes_ + size > bytes_max_) {
        stream.dropped += size;
        dropped_bytes_ += size;
        return;
    }
    if (const std::size_t dropped = std::exchange(stream.dropped, 0); dropped > 0) {
        keep(target, stream,
             fmt::format("[onput] {} bytes of the log are missing here: the queue service took "
                         "them too slowly\n",
                         dropped),
             now);
    }
    keep(target, stream, std::move(message), now);
}

void LogBuffer::keep(const LogTarget& target, Stream& stream, std::string message, Timestamp now) {
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(now);
    // A clock that was set back: a stream's events stay in order.
    stream.last = std::max<Timestamp>(stream.last, millis);
    Event event{.target = &target, .event = {.time = stream.last, .message = std::move(message)}};
    bytes_ += size_of(event.event);
    ++stream.waiting;
    events_.push_back(std::move(event));
}

std::optional<LogBuffer::Batch> LogBuffer::take() {
    if (taken_ > 0 || events_.empty()) return {};
    const LogTarget& target = *events_.front().target;
    // The events of the first one's stream come to the front, as many as fit; the others keep their
    // order.
    const std::size_t looked_at = std::min(events_.size(), batch_events_max);
    const auto end = events_.begin() + static_cast<std::ptrdiff_t>(looked_at);
    std::stable_partition(events_.begin(), end,
                          [&](const Event& event) { return event.target == &target; });
    Batch batch{.account = target.account,
                .put = {.group = target.group, .stream = target.stream, .creates = true}};
    std::size_t bytes = 0;
    constexpr Duration span_max = std::chrono::hours(23);
    const Timestamp first = events_.front().event.time;
    for (const Event& event : events_) {
        bytes += size_of(event.event);
        const bool fits = event.target == &target && bytes <= schema::log_put_bytes_max &&
                          event.event.time - first <= span_max && taken_ < looked_at;
        if (!fits) break;
        batch.put.events.push_back(event.event);
        ++taken_;
    }
    return batch;
}

void LogBuffer::done() {
    for (; taken_ > 0; --taken_) {
        const LogTarget& target = *events_.front().target;
        const auto stream = streams_.find(target);
        ONPUT_CHECK(stream != streams_.end());
        bytes_ -= size_of(events_.front().event);
        events_.pop_front();
        Stream& state = stream->second;
        if (--state.waiting == 0 && state.line.empty() && state.dropped == 0)
            streams_.erase(stream);
    }
}

void LogBuffer::back() {
    taken_ = 0;
}

}  // namespace onput::function
