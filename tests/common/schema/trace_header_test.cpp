#include "common/schema/trace_header.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::schema {
namespace {

constexpr const char* root = "1-6565d8a4-0123456789abcdef01234567";
constexpr const char* arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* other = "arn:aws:lambda:us-east-1:000000000000:function:g";

TEST(TraceHeaderTest, a_chain_begins_with_a_root_of_its_own) {
    const std::string header = with_invocation("", arn, root);
    EXPECT_TRUE(header.starts_with(
        "Root=1-6565d8a4-0123456789abcdef01234567;Parent=89abcdef01234567;Sampled=0;Lineage="));
    EXPECT_EQ(loops_in(header, arn), 1U);
    EXPECT_EQ(loops_in(header, other), 0U);
}

TEST(TraceHeaderTest, invocations_are_counted_by_function_and_the_rest_stays) {
    std::string header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Self=x";
    for (int i = 0; i < 3; ++i) header = with_invocation(header, arn, root);
    header = with_invocation(header, other, root);
    EXPECT_TRUE(
        header.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Self=x;Lineage="));
    EXPECT_EQ(loops_in(header, arn), 3U);
    EXPECT_EQ(loops_in(header, other), 1U);
}

TEST(TraceHeaderTest, a_version_counts_as_its_function) {
    const std::string header = with_invocation("", fmt::format("{}:7", arn), root);
    EXPECT_EQ(loops_in(header, arn), 1U);
    EXPECT_EQ(loops_in(header, fmt::format("{}:live", arn)), 1U);
}

TEST(TraceHeaderTest, a_client_may_write_the_header_as_in_a_url) {
    std::string header = with_invocation(with_invocation("", arn, root), other, root);
    header.replace(header.find('|'), 1, "%7C");
    EXPECT_EQ(loops_in(header, arn), 1U);
    EXPECT_EQ(loops_in(header, other), 1U);
    EXPECT_EQ(loops_in(with_invocation(header, other, root), other), 2U);
}

TEST(TraceHeaderTest, a_lineage_has_a_bounded_number_of_functions) {
    std::string header = with_invocation("", arn, root);
    for (std::size_t i = 0; i < lineage_functions_max; ++i)
        header = with_invocation(header, fmt::format("{}{}", other, i), root);
    EXPECT_EQ(loops_in(header, arn), 0U);
    EXPECT_EQ(loops_in(header, fmt::format("{}0", other)), 1U);
    EXPECT_LE(header.size(), trace_header_bytes_max);
}

TEST(TraceHeaderTest, whatever_comes_makes_a_header_that_is_one) {
    const std::string filled(trace_header_bytes_max, 'x');
    for (const std::string& odd :
         {std::string(";;;"), std::string("Lineage="), std::string("Lineage=a:1|b|:|12345678:x"),
          std::string("Lineage=12345678:4294967296"), "Root=1;Self=" + filled, filled,
          std::string("Root=1;Lineage=12345678:99|12345678:99")}) {
        const std::string header = with_invocation(odd, arn, root);
        EXPECT_EQ(loops_in(header, arn), 1U) << odd;
        EXPECT_LE(header.size(), trace_header_bytes_max) << odd;
        EXPECT_EQ(header.find("Root="), 0U) << odd;
    }
}

}  // namespace
}  // namespace onput::schema
