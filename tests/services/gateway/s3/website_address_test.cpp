#include "services/gateway/s3/site/website_address.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

std::string shown(const Result<WebsiteAddress>& address) {
    if (!address) return address.error().reason;
    return fmt::format("{}|{}|{}|{}{}", address->bucket, address->region, address->root,
                       address->key, address->lacks_slash ? "|lacks slash" : "");
}

std::string on_any_port(std::string_view host, std::string_view path) {
    const auto found = find_website({.host = host, .path = path, .base_domain = "s3.example.test"});
    return found ? shown(*found) : "none";
}

std::string on_own_port(std::string_view host, std::string_view path) {
    return shown(
        find_website_on_own_port({.host = host, .path = path, .base_domain = "s3.example.test"}));
}

TEST(S3WebsiteAddress, the_host_names_bucket_and_region) {
    EXPECT_EQ(on_any_port("b.s3-website.s3.example.test", "/a/%C3%A4"), "b|||a/ä");
    EXPECT_EQ(on_any_port("B.S3-Website.S3.Example.Test:4566", "/"), "b|||");
    EXPECT_EQ(on_any_port("www.b.s3-website-eu-west-1.s3.example.test", "/k"),
              "www.b|eu-west-1||k");
    EXPECT_EQ(on_any_port("b.s3-website.eu-north-1.s3.example.test", "/k"), "b|eu-north-1||k");
    EXPECT_EQ(on_any_port("b.s3-website.s3.example.test", "/%zz"), "invalid_uri");
    EXPECT_EQ(on_any_port("b.s3-website.s3.example.test", "/%ff"), "invalid_uri");
    EXPECT_EQ(on_any_port("b.s3-website.s3.example.test", "*"), "b|||*");
}

TEST(S3WebsiteAddress, other_hosts_are_no_websites) {
    for (const char* host :
         {"b.s3.example.test", "s3-website.s3.example.test", "s3.example.test", "127.0.0.1", "",
          "b.s3-website.other.test", "b.s3-websites.s3.example.test",
          "b.s3-website-.s3.example.test", "s3-website.eu.s3.example.test", "b s3-website"})
        EXPECT_EQ(on_any_port(host, "/k"), "none") << host;
}

TEST(S3WebsiteAddress, on_the_port_of_websites_every_host_is_one) {
    EXPECT_EQ(on_own_port("b.s3-website.s3.example.test", "/k"), "b|||k");
    EXPECT_EQ(on_own_port("b.s3.example.test", "/k"), "b|||k");
    EXPECT_EQ(on_own_port("www.Example.com:80", "/k"), "www.example.com|||k");
    for (const char* host : {"127.0.0.1:4567", "[::1]:4567", "localhost", "s3.example.test", ""}) {
        EXPECT_EQ(on_own_port(host, "/b/k/l"), "b||/b|k/l") << host;
        EXPECT_EQ(on_own_port(host, "/b/"), "b||/b|") << host;
        EXPECT_EQ(on_own_port(host, "/b"), "b||/b||lacks slash") << host;
    }
    EXPECT_EQ(on_own_port("127.0.0.1", "/%2F%2Fevil/x"), "//evil||/%2F%2Fevil|x");
    EXPECT_EQ(on_own_port("127.0.0.1", "/b/%ff"), "invalid_uri");
}

}  // namespace
}  // namespace onput::gateway::s3
