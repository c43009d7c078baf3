#include "services/queue/logs/log_reader.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "services/queue/logs/filter_pattern.hpp"
#include "services/queue/logs/log_checks.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t rows_at_once = 100;
constexpr LogPosition last_position{.row = {.second = UINT64_MAX, .batch = UINT64_MAX},
                                    .index = UINT64_MAX};

std::unexpected<Error> bad_token() {
    return fail(ErrorCode::invalid_argument, "The specified nextToken is invalid.",
                "InvalidParameter");
}
std::unexpected<Error> no_stream() {
    return fail(ErrorCode::not_found, "The specified log stream does not exist.",
                "ResourceNotFound");
}

LogPosition position_at(std::optional<Timestamp> time) {
    if (!time || to_micros(*time) < 0) return {};
    return {.row = {.second = static_cast<std::uint64_t>(to_seconds(*time)), .batch = 0}};
}

struct Token {
    bool is_forward = true;
    LogPosition position;
};
// "f/<56 digits>/s"
std::string to_token(const Token& token) {
    return fmt::format("{}/{}/s", token.is_forward ? 'f' : 'b', to_text(token.position));
}
Result<Token> parse_token(std::string_view text) {
    const bool is_framed =
        (text.starts_with("f/") || text.starts_with("b/")) && text.ends_with("/s");
    if (!is_framed || text.size() < 4) return bad_token();
    const auto position = parse_log_position(text.substr(2, text.size() - 4));
    if (!position) return bad_token();
    return Token{.is_forward = text.front() == 'f', .position = *position};
}

}  // namespace

// Between these, the second not included.
struct LogReader::Window {
    Timestamp from = Timestamp::min();
    Timestamp to = Timestamp::max();
    [[nodiscard]] bool holds(Timestamp time) const { return time >= from && time < to; }
};

// Events for an answer, until it is full.
class LogReader::Page {
public:
    explicit Page(std::uint32_t events_max)
        : events_max_(std::clamp(events_max, 1U, schema::log_page_events_max)) {}

    // False when there is no room for it.
    bool add(const LogRowRecord& row, const LogPosition& position) {
        const schema::LogEvent& event = row.events[position.index];
        bytes_ += log_event_bytes(event);
        const bool is_first = events.empty();
        if (!is_first && (events.size() == events_max_ || bytes_ > schema::log_page_bytes_max))
            return false;
        events.push_back({.stream = row.stream,
                          .time = event.time,
                          .ingested_at = row.ingested_at,
                          .message = event.message,
                          .id = to_text(position)});
        if (is_first) first = position;
        last = position;
        return true;
    }

    std::vector<schema::FoundLogEvent> events;
    // As they were added.
    LogPosition first;
    LogPosition last;

private:
    std::uint32_t events_max_;
    std::size_t bytes_ = 0;
};

Result<LogRowRecord> LogReader::read_row(const LogRowKey& key) const {
    ONPUT_TRY(const auto row, view_.get(partition, log_row_key(key)));
    if (!row) return LogRowRecord{};
    return schema::decode<LogRowRecord>(*row);
}

// --- One stream -------------------------------------------------------------------------------

Result<void> LogReader::read_forward(const LogRowKey& of, const LogPosition& from,
                                     const Window& window, Page& page) const {
    store::Range range = log_rows(of.group, of.stream, from.row);
    while (true) {
        ONPUT_TRY(const auto rows,
                  view_.scan(partition, range, {rows_at_once, schema::log_page_bytes_max}));
        if (rows.empty()) return {};
        range.from = rows.back().key + '\0';
        for (const store::Row& row : rows) {
            ONPUT_TRY(const auto key, parse_log_row_key(row.key));
            if (from_seconds(static_cast<std::int64_t>(key.place.second)) >= window.to) return {};
            ONPUT_TRY(const auto record, schema::decode<LogRowRecord>(row.value));
            LogPosition at{.row = key.place};
            for (at.index = at.row == from.row ? from.index : 0; at.index < record.events.size();
                 ++at.index) {
                if (!window.holds(record.events[at.index].time)) continue;
                if (!page.add(record, at)) return {};
            }
        }
    }
}

Result<void> LogReader::read_backward(const LogRowKey& of, const LogPosition& before,
                                      const Window& window, Page& page) const {
    store::Range range = log_newest_rows(of.group, of.stream, before.row);
    while (true) {
        ONPUT_TRY(const auto keys, view_.scan_keys(partition, range, rows_at_once));
        if (keys.empty()) return {};
        range.from = keys.back() + '\0';
        for (const std::string& row : keys) {
            ONPUT_TRY(const auto key, parse_log_newest_key(row));
            if (from_seconds(static_cast<std::int64_t>(key.place.second) + 1) <= window.from)
                return {};
            ONPUT_TRY(const auto record, read_row(key));
            std::uint64_t end = record.events.size();
            if (key.place == before.row) end = std::min(end, before.index);
            for (std::uint64_t i = end; i > 0; --i) {
                if (!window.holds(record.events[i - 1].time)) continue;
                if (!page.add(record, {.row = key.place, .index = i - 1})) return {};
            }
        }
    }
}

Result<schema::LogEventsPage> LogReader::get(const schema::GetLogEvents& request,
                                             const Caller& caller) const {
    ONPUT_TRY(const auto* group, logs_.find(request.group, caller));
    ONPUT_TRY(const auto stream, logs_.find_stream(*group, request.stream));
    if (!stream) return no_stream();
    Token start{.is_forward = request.from_head, .position = position_at(request.from)};
    // Backwards from after the last.
    if (!start.is_forward) start.position = last_position;
    if (!request.token.empty()) {
        ONPUT_TRY(start, parse_token(request.token));
    } else if (!start.is_forward && request.to) {
        start.position = position_at(request.to);
        start.position.row.batch = UINT64_MAX;
        start.position.index = UINT64_MAX;
    }
    Window window;
    if (request.from) window.from = *request.from;
    if (request.to) window.to = *request.to;
    Page page(request.events_max);
    const LogRowKey of{.group = group->number, .stream = stream->number};
    LogPosition first = start.position;
    LogPosition behind = start.position;
    if (start.is_forward) {
        ONPUT_TRY_VOID(
            read_forward(of, std::max(start.position, position_at(request.from)), window, page));
        if (!page.events.empty()) {
            first = page.first;
            behind = page.last;
            ++behind.index;
        }
    } else {
        ONPUT_TRY_VOID(read_backward(of, start.position, window, page));
        std::ranges::reverse(page.events);
        if (!page.events.empty()) {
            first = page.last;
            behind = page.first;
            ++behind.index;
        } else if (request.token.empty()) {
            // An empty stream: what comes is in front of the first page.
            first = behind = position_at(request.from);
        }
    }
    std::ranges::stable_sort(page.events, {}, &schema::FoundLogEvent::time);
    return schema::LogEventsPage{.events = std::move(page.events),
                                 .forward = to_token({.is_forward = true, .position = behind}),
                                 .backward = to_token({.is_forward = false, .position = first})};
}

// --- A group ----------------------------------------------------------------------------------

namespace {

// Which rows are of streams that are there, and asked for.
class StreamChoice {
public:
    StreamChoice(const Logs& logs, const schema::LogGroup& group,
                 const schema::FilterLogEvents& request)
        : logs_(logs), group_(group), prefix_(request.stream_prefix) {}

    Result<void> name(const std::vector<std::string>& streams) {
        for (const std::string& name : streams) {
            ONPUT_TRY(const auto stream, logs_.find_stream(group_, name));
            if (!stream) return no_stream();
            named_.insert(stream->number);
        }
        return {};
    }
    // Before the row is read.
    [[nodiscard]] bool may_have(std::uint64_t stream) const {
        return named_.empty() || named_.contains(stream);
    }
    Result<bool> has(std::uint64_t stream, const std::string& name) {
        if (!name.starts_with(prefix_)) return false;
        if (const auto known = known_.find(stream); known != known_.end()) return known->second;
        ONPUT_TRY(const auto found, logs_.find_stream(group_, name));
        return known_[stream] = !found || found->number == stream;
    }

private:
    const Logs& logs_;
    const schema::LogGroup& group_;
    const std::string& prefix_;
    std::set<std::uint64_t> named_;
    std::map<std::uint64_t, bool> known_;
};

}  // namespace

// What a filter asks for, and how far it has come.
struct LogReader::Search {
    const schema::FilterLogEvents& request;
    FilterPattern pattern;
    StreamChoice choice;
    LogPosition start;
    Window window;
    Page page;
    std::optional<LogPosition> next = {};  // Where the next page begins.
    std::size_t rows = 0;
    std::size_t bytes = 0;
};

// False: that was the last row of this page.
Result<bool> LogReader::look_at(const LogRowKey& key, Search& search) const {
    if (from_seconds(static_cast<std::int64_t>(key.place.second)) >= search.window.to) return false;
    LogPosition at{.row = key.place};
    if (at.row == search.start.row) at.index = search.start.index;
    if (search.rows == log_filter_rows_max || search.bytes > log_filter_bytes_max) {
        search.next = at;
        return false;
    }
    ++search.rows;
    if (!search.choice.may_have(key.stream)) return true;
    ONPUT_TRY(const auto record, read_row(key));
    ONPUT_TRY(const bool is_chosen, search.choice.has(key.stream, record.stream));
    if (!is_chosen) return true;
    for (; at.index < record.events.size(); ++at.index) {
        const schema::LogEvent& event = record.events[at.index];
        search.bytes += event.message.size();
        if (!search.window.holds(event.time) || !search.pattern.fits(event.message)) continue;
        if (search.page.add(record, at)) continue;
        search.next = at;
        return false;
    }
    return true;
}

Result<schema::LogEventsPage> LogReader::filter(const schema::FilterLogEvents& request,
                                                const Caller& caller) const {
    ONPUT_TRY(const auto* group, logs_.find(request.group, caller));
    ONPUT_TRY(auto pattern, FilterPattern::parse(request.pattern));
    if (request.streams.size() > log_filter_streams_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("at most {} streams are named", log_filter_streams_max),
                    "InvalidParameter");
    }
    Search search{.request = request,
                  .pattern = std::move(pattern),
                  .choice = StreamChoice(logs_, *group, request),
                  .start = position_at(request.from),
                  .window = {},
                  .page = Page(request.events_max)};
    ONPUT_TRY_VOID(search.choice.name(request.streams));
    if (!request.after.empty()) {
        const auto position = parse_log_position(request.after);
        if (!position) return bad_token();
        search.start = std::max(search.start, *position);
    }
    if (request.from) search.window.from = *request.from;
    if (request.to) search.window.to = *request.to + Duration(1);
    store::Range range = log_time_rows(group->number, search.start.row);
    bool goes_on = true;
    while (goes_on) {
        ONPUT_TRY(const auto keys, view_.scan_keys(partition, range, rows_at_once));
        if (keys.empty()) break;
        range.from = keys.back() + '\0';
        for (std::size_t i = 0; i < keys.size() && goes_on; ++i) {
            ONPUT_TRY(const auto key, parse_log_time_key(keys[i]));
            ONPUT_TRY(goes_on, look_at(key, search));
        }
    }
    std::ranges::stable_sort(search.page.events, {}, &schema::FoundLogEvent::time);
    schema::LogEventsPage answer{.events = std::move(search.page.events)};
    if (search.next) answer.forward = to_text(*search.next);
    return answer;
}

}  // namespace onput::queue
