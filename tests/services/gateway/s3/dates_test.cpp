#include "services/gateway/s3/dates.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

std::string read(std::string_view text) {
    const auto date = parse_date(text);
    return date ? format_iso8601_millis(*date) : "none";
}

TEST(S3Dates, all_forms_that_clients_write_are_read) {
    for (const std::string_view text :
         {"2030-01-31", "2030-01-31T00:00Z", "2030-01-31T00:00:00Z", "2030-01-31T00:00:00.000Z",
          "2030-01-31T00:00", "2030-01-31T00:00:00", "2030-01-31T00:00:00+00:00",
          "2030-01-31T02:00+02:00", "2030-01-31T02:00:00+0200", "2030-01-31T02:00:00.000+02",
          "2030-01-30T18:30:00-05:30"})
        EXPECT_EQ(read(text), "2030-01-31T00:00:00.000Z") << text;
    EXPECT_EQ(read("2030-01-31T12:34:56.789Z"), "2030-01-31T12:34:56.789Z");
}

TEST(S3Dates, what_is_none_is_refused) {
    for (const std::string_view text :
         {"", "soon", "2030", "2030-1-31", "2030-02-30", "2030-01-31T", "2030-01-31Z",
          "2030-01-31T24:00:00Z", "2030-01-31T00Z", "2030-01-31T00:00:00ZZ",
          "2030-01-31T00:00+2:00", "2030-01-31T00:00+02:60", "2030-01-31T00:00+19:00",
          "2030-01-31T00:00+", "2030-01-31T00:00+02:00Z", "2030-01-31+02:00",
          "2030-01-31 00:00:00Z"})
        EXPECT_EQ(read(text), "none") << text;
}

}  // namespace
}  // namespace onput::gateway::s3
