#include "services/gateway/s3/address.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

Result<Address> parse(std::string_view host, std::string_view path) {
    return parse_address({.host = host, .path = path, .base_domain = "localhost"});
}

void expect_address(std::string_view host, std::string_view path, const Address& expected) {
    const auto address = parse(host, path);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->bucket, expected.bucket);
    EXPECT_EQ(address->key, expected.key);
    EXPECT_EQ(address->is_virtual_host, expected.is_virtual_host);
}

TEST(S3Address, a_bare_slash_is_the_service) {
    expect_address("127.0.0.1:4566", "/", {.bucket = "", .key = ""});
}

TEST(S3Address, the_first_part_of_the_path_is_the_bucket) {
    expect_address("127.0.0.1", "/photos", {.bucket = "photos", .key = ""});
    expect_address("127.0.0.1", "/photos/", {.bucket = "photos", .key = ""});
    expect_address("127.0.0.1", "/photos/a/b", {.bucket = "photos", .key = "a/b"});
}

TEST(S3Address, slashes_of_a_key_are_kept_as_they_are) {
    expect_address("127.0.0.1", "/b//a//", {.bucket = "b", .key = "/a//"});
    expect_address("127.0.0.1", "/b/./../c", {.bucket = "b", .key = "./../c"});
}

TEST(S3Address, keys_are_decoded_once_and_a_bare_plus_is_a_space) {
    expect_address("127.0.0.1", "/b/a%20b+c%2Bd%2525", {.bucket = "b", .key = "a b c+d%25"});
    expect_address("127.0.0.1", "/b/%C3%A4", {.bucket = "b", .key = "\xC3\xA4"});
}

TEST(S3Address, a_host_below_the_base_domain_names_the_bucket) {
    expect_address("photos.localhost:4566", "/a/b",
                   {.bucket = "photos", .key = "a/b", .is_virtual_host = true});
    expect_address("a.b.LocalHost", "/", {.bucket = "a.b", .key = "", .is_virtual_host = true});
}

TEST(S3Address, the_base_domain_itself_and_other_hosts_name_no_bucket) {
    expect_address("localhost:4566", "/b/k", {.bucket = "b", .key = "k"});
    expect_address(".localhost", "/b/k", {.bucket = "b", .key = "k"});
    expect_address("notlocalhost", "/b/k", {.bucket = "b", .key = "k"});
    expect_address("photos.example.com", "/b/k", {.bucket = "b", .key = "k"});
}

TEST(S3Address, without_a_base_domain_hosts_never_name_buckets) {
    const auto address = parse_address({.host = "a.localhost", .path = "/b/k", .base_domain = ""});
    ASSERT_TRUE(address);
    EXPECT_EQ(address->bucket, "b");
}

TEST(S3Address, broken_encoding_and_other_than_utf8_are_refused) {
    for (const std::string_view path :
         {"/b/%", "/b/%zz", "/b%f", "/b/%ff", "/%ff/k", "/b/%ed%a0%80", "/b/\xff"}) {
        const auto address = parse("127.0.0.1", path);
        ASSERT_FALSE(address) << path;
        EXPECT_EQ(address.error().reason, "invalid_uri") << path;
    }
}

}  // namespace
}  // namespace onput::gateway::s3
