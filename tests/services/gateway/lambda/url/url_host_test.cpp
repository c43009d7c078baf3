#include "services/gateway/lambda/url/url_host.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::lambda {
namespace {

std::string id_of(std::string_view host, std::string_view base = "localhost") {
    const auto found = find_url_host(host, base);
    return found ? found->id : "none";
}

TEST(UrlHost, an_id_is_the_first_label_below_lambda_url_and_a_region) {
    EXPECT_EQ(id_of("abc.lambda-url.us-east-1.localhost"), "abc");
    EXPECT_EQ(id_of("ABC.Lambda-URL.us-east-1.LOCALHOST:4566"), "abc");
    EXPECT_EQ(id_of("abc.lambda-url.eu-west-1.s3.example.com", "s3.example.com"), "abc");
    const auto found = find_url_host("Abc.lambda-url.us-east-1.localhost:4566", "LocalHost");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->region, "us-east-1");
    EXPECT_EQ(found->domain, "abc.lambda-url.us-east-1.localhost");
}

TEST(UrlHost, other_hosts_are_no_function_urls) {
    for (const char* host :
         {"", "localhost", "bucket.localhost", "lambda-url.us-east-1.localhost",
          ".lambda-url.us-east-1.localhost", "abc.lambda-url.localhost",
          "abc.lambda-url..localhost", "a.b.lambda-url.us-east-1.localhost",
          "abc.lambda-url.us.east.localhost", "abc.lambda-urls.us-east-1.localhost",
          "abc.lambda-url.us-east-1.localhost.example.com", "abc.lambda-url.us-east-1.mylocalhost",
          "127.0.0.1:4566", "abc.lambda-url.us-east-1", "abc%2elambda-url.us-east-1.localhost"})
        EXPECT_EQ(id_of(host), "none") << host;
    EXPECT_EQ(id_of("abc.lambda-url.us-east-1", ""), "none");
}

TEST(UrlHost, a_url_leads_to_the_port_that_was_reached) {
    const UrlParts parts{.id = "abc", .region = "us-east-1", .base_domain = "localhost"};
    EXPECT_EQ(write_url(parts, {.scheme = "http", .host = "127.0.0.1:4566"}),
              "http://abc.lambda-url.us-east-1.localhost:4566/");
    EXPECT_EQ(write_url(parts, {.scheme = "https", .host = "media.example.com"}),
              "https://abc.lambda-url.us-east-1.localhost/");
    EXPECT_EQ(write_url(parts, {.scheme = "http", .host = "[::1]:80"}),
              "http://abc.lambda-url.us-east-1.localhost:80/");
}

}  // namespace
}  // namespace onput::gateway::lambda
