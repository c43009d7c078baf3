// What CloudWatch Logs takes, and what it says to the rest. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/logs.hpp"

namespace onput::queue {

// invalid_argument, reason InvalidParameter.
Result<void> check_log_group_name(std::string_view name);
Result<void> check_log_stream_name(std::string_view name);
Result<void> check_log_retention(std::uint32_t days);  // 0: for ever.
Result<void> check_log_tags(const std::map<std::string, std::string>& tags);
// Number, size, order and span of one PutLogEvents.
Result<void> check_log_events(const std::vector<schema::LogEvent>& events);

// As PutLogEvents counts it.
std::uint64_t log_event_bytes(const schema::LogEvent& event);

// Which events are taken: [begin, end).
struct LogWindow {
    std::size_t begin = 0;
    std::size_t end = 0;
    schema::LogEventsPut rejected = {};
};
struct LogJudgement {
    Timestamp now;
    std::uint32_t retention_days = 0;
};
// Of events in the order of their times.
LogWindow judge_log_events(const std::vector<schema::LogEvent>& events, const LogJudgement& by);

}  // namespace onput::queue
