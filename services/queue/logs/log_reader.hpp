// LogReader: GetLogEvents and FilterLogEvents (common/schema/logs.hpp), from the rows. A page ends
// after so many events or bytes, and a filter after so much that was looked at.
#pragma once

#include <cstdint>

#include "common/schema/logs.hpp"
#include "services/queue/logs/logs.hpp"

namespace onput::queue {

// That one FilterLogEvents looks at.
inline constexpr std::size_t log_filter_rows_max = 5'000;
inline constexpr std::size_t log_filter_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t log_filter_streams_max = 100;  // That it names.

class LogReader {
public:
    LogReader(const store::View& view, const Logs& logs) : view_(view), logs_(logs) {}

    Result<schema::LogEventsPage> get(const schema::GetLogEvents& request,
                                      const Caller& caller) const;
    Result<schema::LogEventsPage> filter(const schema::FilterLogEvents& request,
                                         const Caller& caller) const;

private:
    class Page;
    struct Window;
    struct Search;

    Result<void> read_forward(const LogRowKey& of, const LogPosition& from, const Window& window,
                              Page& page) const;
    Result<void> read_backward(const LogRowKey& of, const LogPosition& before, const Window& window,
                               Page& page) const;
    Result<bool> look_at(const LogRowKey& key, Search& search) const;
    Result<LogRowRecord> read_row(const LogRowKey& key) const;

    const store::View& view_;
    const Logs& logs_;
};

}  // namespace onput::queue
