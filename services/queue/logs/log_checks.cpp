#include "services/queue/logs/log_checks.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/queue/logs/logs.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t name_bytes_max = 512;
constexpr Duration span_max = std::chrono::hours(24);
constexpr Duration too_new_by = std::chrono::hours(2);
constexpr Duration too_old_by = std::chrono::days(14);
constexpr std::array<std::uint32_t, 22> retentions{1,    3,    5,    7,    14,   30,  60,  90,
                                                   120,  150,  180,  365,  400,  545, 731, 1096,
                                                   1827, 2192, 2557, 2922, 3288, 3653};

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameter");
}

bool is_group_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/#").contains(c);
}

}  // namespace

Result<void> check_log_group_name(std::string_view name) {
    const bool is_good = !name.empty() && name.size() <= name_bytes_max &&
                         !name.starts_with("aws/") && std::ranges::all_of(name, is_group_letter);
    if (is_good) return {};
    return invalid(
        "a log group's name has 1 to 512 letters, digits and . _ - / #, and does not start with "
        "aws/");
}

Result<void> check_log_stream_name(std::string_view name) {
    const bool is_good = !name.empty() && name.size() <= name_bytes_max &&
                         name.find_first_of(":*") == std::string_view::npos && is_utf8(name);
    if (is_good) return {};
    return invalid("a log stream's name has 1 to 512 characters, and no : or *");
}

Result<void> check_log_retention(std::uint32_t days) {
    if (days == 0 || std::ranges::find(retentions, days) != retentions.end()) return {};
    return invalid(
        fmt::format("{} days is no retention of a log group: 1, 3, 5, 7, 14, 30, 60, "
                    "90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, "
                    "2922, 3288 and 3653 are",
                    days));
}

Result<void> check_log_tags(const std::map<std::string, std::string>& tags) {
    if (tags.size() > log_tags_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("a log group has at most {} tags", log_tags_max), "TooManyTags");
    }
    return {};
}

std::uint64_t log_event_bytes(const schema::LogEvent& event) {
    return event.message.size() + schema::log_event_bytes_more;
}

Result<void> check_log_events(const std::vector<schema::LogEvent>& events) {
    if (events.empty() || events.size() > schema::log_put_events_max) {
        return invalid(
            fmt::format("a batch of log events has 1 to {} of them", schema::log_put_events_max));
    }
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        bytes += log_event_bytes(events[i]);
        if (events[i].message.empty()) return invalid("a log event has no message");
        if (to_micros(events[i].time) < 0) return invalid("a log event is older than 1970");
        if (i > 0 && events[i].time < events[i - 1].time) {
            return invalid(
                "Log events in a single PutLogEvents request must be in chronological order.");
        }
    }
    if (bytes > schema::log_put_bytes_max) {
        return invalid(fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes,
                                   schema::log_put_bytes_max));
    }
    if (events.back().time - events.front().time > span_max) {
        return invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours.");
    }
    return {};
}

LogWindow judge_log_events(const std::vector<schema::LogEvent>& events, const LogJudgement& by) {
    const auto count_before = [&events](Timestamp time) {
        return static_cast<std::size_t>(
            std::ranges::lower_bound(events, time, {}, &schema::LogEvent::time) - events.begin());
    };
    LogWindow window;
    window.end = count_before(by.now + too_new_by + Duration(1));
    if (window.end < events.size())
        window.rejected.too_new_from = static_cast<std::uint32_t>(window.end);
    const std::size_t too_old = count_before(by.now - too_old_by);
    if (too_old > 0) window.rejected.too_old_to = static_cast<std::uint32_t>(too_old);
    std::size_t expired = 0;
    if (by.retention_days > 0)
        expired = count_before(by.now - std::chrono::days(by.retention_days));
    if (expired > 0) window.rejected.expired_to = static_cast<std::uint32_t>(expired);
    window.begin = std::min(std::max(too_old, expired), window.end);
    return window;
}

}  // namespace onput::queue
