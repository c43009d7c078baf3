#include "services/gateway/s3/object_headers.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

schema::PutObject keep(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    schema::PutObject object;
    keep_headers(head, object);
    return object;
}

std::string value_of(const Headers& headers, std::string_view name) {
    std::string found;
    for (const auto& [known, value] : headers) {
        if (known == name) found += found.empty() ? value : "|" + value;
    }
    return found;
}

TEST(S3ObjectHeaders, an_object_without_a_type_has_the_default) {
    EXPECT_EQ(keep({}).content_type, "binary/octet-stream");
    EXPECT_EQ(keep({{"Content-Type", ""}}).content_type, "binary/octet-stream");
    EXPECT_EQ(keep({{"content-type", "text/plain"}}).content_type, "text/plain");
}

TEST(S3ObjectHeaders, only_headers_of_the_object_are_kept) {
    const auto object = keep({{"Cache-Control", "no-store"},
                              {"Content-Disposition", "inline"},
                              {"Content-Language", "de"},
                              {"Expires", "never"},
                              {"Host", "h"},
                              {"x-amz-date", "d"},
                              {"Content-MD5", "m"}});
    const std::map<std::string, std::string> expected{{"cache-control", "no-store"},
                                                      {"content-disposition", "inline"},
                                                      {"content-language", "de"},
                                                      {"expires", "never"}};
    EXPECT_EQ(object.headers, expected);
    EXPECT_TRUE(object.metadata.empty());
}

TEST(S3ObjectHeaders, metadata_is_lower_case_and_repeated_names_are_joined) {
    const auto object =
        keep({{"X-Amz-Meta-Author", "a, b"}, {"x-amz-meta-author", "c"}, {"x-amz-meta-", "none"}});
    const std::map<std::string, std::string> expected{{"author", "a, b,c"}};
    EXPECT_EQ(object.metadata, expected);
}

TEST(S3ObjectHeaders, aws_chunked_is_no_encoding_of_the_object) {
    EXPECT_EQ(keep({{"Content-Encoding", "aws-chunked"}}).headers.count("content-encoding"), 0U);
    EXPECT_EQ(keep({{"Content-Encoding", "aws-chunked, gzip"}}).headers["content-encoding"],
              "gzip");
    EXPECT_EQ(keep({{"Content-Encoding", "gzip,AWS-Chunked"}}).headers["content-encoding"], "gzip");
    EXPECT_EQ(keep({{"Content-Encoding", "aws-chunked,deflate, gzip"}}).headers["content-encoding"],
              "deflate, gzip");
    EXPECT_EQ(keep({{"Content-Encoding", "aws-chunked"}, {"content-encoding", "gzip"}})
                  .headers["content-encoding"],
              "gzip");
}

TEST(S3ObjectHeaders, encodings_of_the_object_stay_as_they_were_written) {
    for (const char* value : {"deflate, gzip", "br , gzip", "br,gzip"}) {
        EXPECT_EQ(keep({{"Content-Encoding", value}}).headers["content-encoding"], value);
    }
}

TEST(S3ObjectHeaders, an_override_is_a_response_parameter) {
    EXPECT_TRUE(overrides_answer(*http::parse_query("a=b&response-expires=e")));
    EXPECT_FALSE(overrides_answer(*http::parse_query("response=e&versionId=null")));
}

schema::ObjectInfo some_object() {
    schema::ObjectInfo object;
    object.etag = "abc";
    object.content_type = "text/plain";
    object.size_bytes = 10;
    object.headers = {{"cache-control", "no-store"}};
    object.metadata = {{"author", "me"}};
    return object;
}

TEST(S3ObjectHeaders, an_object_is_shown_as_it_was_stored) {
    const auto headers = show_object(some_object(), {}, {});
    EXPECT_EQ(value_of(headers, "Content-Type"), "text/plain");
    EXPECT_EQ(value_of(headers, "ETag"), "\"abc\"");
    EXPECT_EQ(value_of(headers, "Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(value_of(headers, "cache-control"), "no-store");
    EXPECT_EQ(value_of(headers, "x-amz-meta-author"), "me");
    EXPECT_EQ(value_of(headers, "Accept-Ranges"), "bytes");
}

TEST(S3ObjectHeaders, what_is_not_encrypted_is_not_called_so) {
    const http::RequestHead head{
        .headers = {{"x-amz-server-side-encryption-customer-key-md5", "bWQ1"}}};
    const auto shown = [&head](std::string_view encryption) {
        auto object = some_object();
        object.encryption = encryption;
        return show_object(object, head, {});
    };
    constexpr std::string_view method = "x-amz-server-side-encryption";
    constexpr std::string_view customers = "x-amz-server-side-encryption-customer-algorithm";
    EXPECT_EQ(value_of(shown(""), method), "");
    EXPECT_EQ(value_of(shown(""), customers), "");
    EXPECT_EQ(value_of(shown(schema::encrypted_by_service), method), "AES256");
    EXPECT_EQ(value_of(shown(schema::encrypted_by_service), customers), "");
    EXPECT_EQ(value_of(shown(schema::encrypted_by_customer), method), "");
    EXPECT_EQ(value_of(shown(schema::encrypted_by_customer), customers), "AES256");
}

TEST(S3ObjectHeaders, response_parameters_replace_what_is_stored) {
    const auto query = *http::parse_query(
        "response-content-type=a%2Fb&response-cache-control=x&response-expires=e&"
        "response-content-language=l&response-content-disposition=d&response-content-encoding=c");
    const auto headers = show_object(some_object(), {}, query);
    EXPECT_EQ(value_of(headers, "Content-Type"), "a/b");
    EXPECT_EQ(value_of(headers, "cache-control"), "x");
    EXPECT_EQ(value_of(headers, "expires"), "e");
    EXPECT_EQ(value_of(headers, "content-language"), "l");
    EXPECT_EQ(value_of(headers, "content-disposition"), "d");
    EXPECT_EQ(value_of(headers, "content-encoding"), "c");
}

TEST(S3ObjectHeaders, checksums_say_that_they_are_of_the_whole_object) {
    Headers headers;
    show_checksums({}, {}, headers);
    EXPECT_TRUE(headers.empty());
    show_checksums({{.algorithm = "CRC64NVME", .value = "v"}}, {}, headers);
    EXPECT_EQ(value_of(headers, "x-amz-checksum-crc64nvme"), "v");
    EXPECT_EQ(value_of(headers, "x-amz-checksum-type"), "FULL_OBJECT");
    headers.clear();
    show_checksums({{.algorithm = "CRC32", .value = "v-2"}}, "COMPOSITE", headers);
    EXPECT_EQ(value_of(headers, "x-amz-checksum-type"), "COMPOSITE");
}

TEST(S3ObjectHeaders, a_part_says_where_it_is) {
    EXPECT_EQ(content_range({.offset = 10, .length = 5}, 100), "bytes 10-14/100");
}

TEST(S3ObjectHeaders, a_range_is_cut_to_what_there_is) {
    using Span = schema::PartSpan;
    EXPECT_EQ(resolve_range({.first = 2, .last = 3}, 10).value(), (Span{.offset = 2, .length = 2}));
    EXPECT_EQ(resolve_range({.first = 2, .last = {}}, 10).value(),
              (Span{.offset = 2, .length = 8}));
    EXPECT_EQ(resolve_range({.first = 2, .last = 99}, 10).value(),
              (Span{.offset = 2, .length = 8}));
    EXPECT_EQ(resolve_range({.first = {}, .last = 3}, 10).value(),
              (Span{.offset = 7, .length = 3}));
    EXPECT_EQ(resolve_range({.first = {}, .last = 99}, 10).value(),
              (Span{.offset = 0, .length = 10}));
    EXPECT_EQ(resolve_range({.first = 0, .last = UINT64_MAX}, 10).value(),
              (Span{.offset = 0, .length = 10}));
}

TEST(S3ObjectHeaders, a_range_outside_is_not_satisfiable) {
    EXPECT_EQ(resolve_range({.first = 10, .last = {}}, 10).error().reason, "invalid_range");
    EXPECT_EQ(resolve_range({.first = {}, .last = 0}, 10).error().reason, "invalid_range");
    EXPECT_EQ(resolve_range({.first = 0, .last = 0}, 0).error().reason, "invalid_range");
}

}  // namespace
}  // namespace onput::gateway::s3
