#include "common/base/log_time.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(LogTime, a_time_is_written_as_logs_of_http_servers_have_it) {
    EXPECT_EQ(format_log_time(parse_iso8601("2026-02-06T00:00:38.999Z").value()),
              "06/Feb/2026:00:00:38 +0000");
    EXPECT_EQ(format_log_time(parse_iso8601("2020-12-31T23:59:59Z").value()),
              "31/Dec/2020:23:59:59 +0000");
}

}  // namespace
}  // namespace onput
