#include "common/auth/canonical.hpp"

#include <gtest/gtest.h>

#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::TestRequest;

struct Lines {
    std::string path;
    std::string query;
    std::string headers;
};

// The parts of a canonical request, in the order in which they are written.
Lines lines_of(TestRequest request, const std::string& signed_headers = "host",
               PathEncoding encoding = PathEncoding::once) {
    const auto text = canonical_request({.request = request.view(),
                                         .signed_headers = signed_headers,
                                         .payload = "PAYLOAD",
                                         .left_out_parameter = "X-Amz-Signature",
                                         .path_encoding = encoding})
                          .value();
    const std::size_t path = text.find('\n') + 1;
    const std::size_t query = text.find('\n', path) + 1;
    const std::size_t headers = text.find('\n', query) + 1;
    const std::string tail = "\n" + signed_headers + "\nPAYLOAD";
    EXPECT_TRUE(text.ends_with(tail)) << text;
    return {.path = text.substr(path, query - path - 1),
            .query = text.substr(query, headers - query - 1),
            .headers = text.substr(headers, text.size() - tail.size() - headers)};
}

std::string path_of(const std::string& path, PathEncoding encoding = PathEncoding::once) {
    return lines_of({.path = path}, "host", encoding).path;
}

std::string query_of(const std::string& query) {
    return lines_of({.query = query}).query;
}

TEST(CanonicalPath, s3_paths_are_encoded_once_whatever_the_sender_wrote) {
    EXPECT_EQ(path_of("/a%20b"), "/a%20b");
    EXPECT_EQ(path_of("/a b%2bc+d@e~f"), "/a%20b%2Bc%20d%40e~f");
    EXPECT_EQ(path_of("/%7e%c3%bc"), "/~%C3%BC");
    EXPECT_EQ(path_of("/a//b/./c/../"), "/a//b/./c/../");
    EXPECT_EQ(path_of(""), "/");
}

TEST(CanonicalHeaders, the_authority_of_http2_is_the_host) {
    const TestRequest request{.headers = {{"Host", "localhost:4566"}, {"X-Amz-Date", "now"}}};
    EXPECT_EQ(lines_of(request, ":authority;x-amz-date").headers,
              ":authority:localhost:4566\nx-amz-date:now\n");
}

TEST(CanonicalPath, other_services_normalise_and_encode_twice) {
    EXPECT_EQ(path_of("//a/./b/../c%20d/", PathEncoding::twice), "/a/c%2520d/");
    EXPECT_EQ(path_of("/..", PathEncoding::twice), "/");
    EXPECT_EQ(path_of("", PathEncoding::twice), "/");
    EXPECT_EQ(path_of("/a", PathEncoding::twice), "/a");
}

TEST(CanonicalPath, s3_and_its_relatives_encode_once) {
    EXPECT_EQ(path_encoding_of("s3"), PathEncoding::once);
    EXPECT_EQ(path_encoding_of("s3-object-lambda"), PathEncoding::once);
    EXPECT_EQ(path_encoding_of("sqs"), PathEncoding::twice);
    EXPECT_EQ(path_encoding_of("states"), PathEncoding::twice);
}

TEST(CanonicalPath, broken_percent_encoding_is_an_invalid_uri) {
    for (const char* path : {"/%", "/%2", "/%zz", "/%2x"}) {
        TestRequest request{.path = path};
        const auto text = canonical_request(
            {.request = request.view(), .signed_headers = "host", .payload = "P"});
        ASSERT_FALSE(text) << path;
        EXPECT_EQ(text.error().reason, "invalid_uri");
    }
}

TEST(CanonicalQuery, parameters_are_sorted_by_name_and_then_by_value) {
    EXPECT_EQ(query_of("b=1&a=2&a=1&a-b=3&A=4"), "A=4&a=1&a=2&a-b=3&b=1");
}

TEST(CanonicalQuery, a_parameter_without_value_gets_an_equals_sign) {
    EXPECT_EQ(query_of("uploads"), "uploads=");
    EXPECT_EQ(query_of("&acl&&versionId=1&"), "acl=&versionId=1");
}

TEST(CanonicalQuery, values_are_encoded_once_whatever_the_sender_wrote) {
    EXPECT_EQ(query_of("prefix=a/b+c%20d%2fe"), "prefix=a%2Fb%20c%20d%2Fe");
    EXPECT_EQ(query_of("a=b=c"), "a=b%3Dc");
}

TEST(CanonicalQuery, the_signature_is_left_out) {
    EXPECT_EQ(query_of("X-Amz-Signature=abc&a=1"), "a=1");
}

TEST(CanonicalQuery, names_are_signed_decoded_and_encoded_anew) {
    EXPECT_EQ(query_of("notificatio%6e&x%2damz-acl=a"), "notification=&x-amz-acl=a");
    EXPECT_EQ(query_of("X-Amz-Signatur%65=abc&a=1"), "a=1");
}

TEST(CanonicalHeaders, values_are_trimmed_and_runs_of_spaces_become_one) {
    EXPECT_EQ(lines_of({.headers = {{"Host", "  a  "}, {"X-Amz-Note", "\tone   two \t three "}}},
                       "host;x-amz-note")
                  .headers,
              "host:a\nx-amz-note:one two three\n");
}

TEST(CanonicalHeaders, a_header_sent_twice_is_joined_with_a_comma_in_its_order) {
    EXPECT_EQ(
        lines_of({.headers = {{"x-amz-a", "2"}, {"host", "h"}, {"X-AMZ-A", " 1"}}}, "host;x-amz-a")
            .headers,
        "host:h\nx-amz-a:2,1\n");
}

TEST(CanonicalHeaders, a_signed_header_that_is_missing_counts_as_empty) {
    EXPECT_EQ(lines_of({.headers = {{"host", "h"}}}, "host;range").headers, "host:h\nrange:\n");
}

}  // namespace
}  // namespace onput::auth
