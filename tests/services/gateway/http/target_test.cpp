#include "services/gateway/http/target.hpp"

#include <gtest/gtest.h>

namespace onput::http {
namespace {

TEST(Target, a_path_and_a_query_are_told_apart_raw) {
    const auto target = parse_target("/bucket/a%2Fb%20c?prefix=x%2F&acl?");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/bucket/a%2Fb%20c");
    EXPECT_EQ(target->query, "prefix=x%2F&acl?");
    EXPECT_FALSE(target->authority);
}

TEST(Target, an_absolute_target_carries_its_authority) {
    const auto target = parse_target("HTTP://host:80/path?q");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->authority, "host:80");
    EXPECT_EQ(target->path, "/path");
    EXPECT_EQ(target->query, "q");
}

TEST(Target, an_absolute_target_without_a_path_means_the_root) {
    EXPECT_EQ(parse_target("https://host")->path, "/");
    EXPECT_EQ(parse_target("https://host?a=b")->path, "/");
    EXPECT_EQ(parse_target("https://host?a=b")->query, "a=b");
}

TEST(Target, a_star_is_a_target) {
    EXPECT_EQ(parse_target("*")->path, "*");
}

TEST(Target, a_slash_in_the_query_is_not_a_path) {
    EXPECT_EQ(parse_target("/?x=/a")->path, "/");
    EXPECT_EQ(parse_target("http://h?x=/a")->query, "x=/a");
}

TEST(Target, other_forms_are_refused) {
    for (const std::string_view raw : {"", "path", "host:80", "ftp://host/", "/a#b", "?a", "**"}) {
        EXPECT_FALSE(parse_target(raw)) << raw;
    }
}

TEST(Host, a_name_and_a_port_are_told_apart) {
    EXPECT_EQ(parse_host("bucket.s3.localhost")->host, "bucket.s3.localhost");
    EXPECT_EQ(parse_host("host:4566")->host, "host");
    EXPECT_EQ(parse_host("host:4566")->port, "4566");
    EXPECT_EQ(parse_host("[::1]:80")->host, "::1");
    EXPECT_EQ(parse_host("[::1]")->port, "");
}

TEST(Host, nonsense_is_refused) {
    for (const std::string_view text : {"", ":80", "a b", "user@host", "host:8x", "host:123456",
                                        "[::1", "[::1]x", "a:b:c", "a/b"}) {
        EXPECT_FALSE(parse_host(text)) << text;
    }
}

TEST(Token, lists_are_searched_ignoring_case_and_blanks) {
    EXPECT_TRUE(has_token("Keep-Alive, \tCLOSE ", "close"));
    EXPECT_FALSE(has_token("closed, not-close", "close"));
    EXPECT_FALSE(has_token("", "close"));
}

}  // namespace
}  // namespace onput::http
