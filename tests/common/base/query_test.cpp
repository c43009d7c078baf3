#include "common/base/query.hpp"

#include <gtest/gtest.h>

namespace onput {
namespace {

TEST(Query, parameters_are_decoded_in_order) {
    const auto query = parse_query("b=1+2%2B&acl&a=&&b=%C3%A4=x");
    ASSERT_TRUE(query);
    const std::vector<QueryParameter> expected{
        {.name = "b", .value = "1 2+", .has_value = true},
        {.name = "acl", .value = ""},
        {.name = "a", .value = "", .has_value = true},
        {.name = "b", .value = "\xC3\xA4=x", .has_value = true},
    };
    EXPECT_EQ(*query, expected);
}

TEST(Query, the_first_parameter_of_a_name_is_found) {
    const auto query = parse_query("b=1&b=2");
    ASSERT_TRUE(find_parameter(*query, "b"));
    EXPECT_EQ(find_parameter(*query, "b")->value, "1");
    EXPECT_EQ(find_parameter(*query, "B"), nullptr);
}

TEST(Query, a_broken_encoding_is_refused) {
    EXPECT_FALSE(parse_query("a=%"));
    EXPECT_FALSE(parse_query("a=%4"));
    EXPECT_FALSE(parse_query("%zz"));
}

TEST(Query, parameters_have_a_limit) {
    std::string query;
    for (std::size_t i = 0; i < query_parameters_max; ++i) query += "a&";
    EXPECT_TRUE(parse_query(query));
    EXPECT_FALSE(parse_query(query + "a"));
}

TEST(Query, a_repeated_name_is_found_however_it_is_written) {
    EXPECT_EQ(find_repeated_parameter(*parse_query("a=1&b=2&ab=3")), nullptr);
    for (const char* text : {"a=1&b=2&a=1", "a&A", "ab=1&a%62=2"}) {
        const auto query = parse_query(text);
        const auto* repeated = find_repeated_parameter(*query);
        ASSERT_NE(repeated, nullptr) << text;
        EXPECT_EQ(repeated, &query->back());
    }
}

}  // namespace
}  // namespace onput
