#include "services/gateway/development_guard.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

bool admits_host(std::string_view host, std::string_view base_domain = "s3.example.test") {
    http::RequestHead head;
    head.host = host;
    return check_local_host(head, base_domain).has_value();
}

bool admits(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    return check_same_site(head, "s3.example.test").has_value();
}

TEST(DevelopmentGuard, the_hosts_of_this_machine_are_served) {
    for (const char* host :
         {"localhost", "LOCALHOST:4566", "b.localhost:4566", "127.0.0.1:4566", "127.1.2.3",
          "[::1]:1", "s3.example.test", "b.s3.example.test:80", ""}) {
        EXPECT_TRUE(admits_host(host)) << host;
    }
}

TEST(DevelopmentGuard, a_foreign_host_is_refused_with_what_to_do) {
    for (const char* host :
         {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost",
          "xs3.example.test", "example.test", "10.0.0.1", "[::2]", "169.254.169.254", "127.evil"}) {
        EXPECT_FALSE(admits_host(host)) << host;
    }
    EXPECT_FALSE(admits_host("evil.example", ""));
    http::RequestHead head;
    head.host = "evil.example";
    const auto refused = check_local_host(head, "localhost");
    EXPECT_EQ(refused.error().reason, "foreign_host");
    EXPECT_TRUE(refused.error().message.contains("keys_secret")) << refused.error().message;
}

TEST(DevelopmentGuard, pages_of_other_sites_are_refused) {
    EXPECT_FALSE(admits({{"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_FALSE(admits({{"sec-fetch-site", "Cross-Site"}, {"Origin", "http://localhost"}}));
    http::RequestHead head;
    head.headers = {{"Origin", "http://evil.example"}};
    const auto refused = check_same_site(head, "s3.example.test");
    EXPECT_TRUE(refused.error().message.contains("CORS rules")) << refused.error().message;
    EXPECT_TRUE(refused.error().message.contains("a function's URL")) << refused.error().message;
    for (const char* origin : {"http://evil.example", "https://localhost.evil.example", "null", "",
                               "file://", "http://127.0.0.1@evil.example"}) {
        EXPECT_FALSE(admits({{"Origin", origin}})) << origin;
    }
}

TEST(DevelopmentGuard, pages_of_this_machine_and_programs_are_served) {
    EXPECT_TRUE(admits({}));
    for (const char* site : {"none", "same-origin", "same-site"})
        EXPECT_TRUE(admits({{"Sec-Fetch-Site", site}})) << site;
    for (const char* origin : {"http://localhost:3000", "https://127.0.0.1", "http://[::1]:1"})
        EXPECT_TRUE(admits({{"Origin", origin}})) << origin;
}

}  // namespace
}  // namespace onput::gateway
