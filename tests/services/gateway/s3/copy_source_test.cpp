#include "services/gateway/s3/copy_source.hpp"

#include <gtest/gtest.h>

#include "common/base/time.hpp"

namespace onput::gateway::s3 {
namespace {

http::RequestHead head_with(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    return head;
}

TEST(S3CopySource, names_a_bucket_and_a_key_in_percent_encoding) {
    for (const char* text :
         {"b/a%20%2Bk/%C3%BC", "/b/a%20%2Bk/%C3%BC", "%2Fb%2Fa%20%2Bk%2F%C3%BC"}) {
        const auto source = read_copy_source(text).value();
        EXPECT_EQ(source.bucket, "b") << text;
        EXPECT_EQ(source.key, "a +k/ü") << text;
        EXPECT_EQ(source.version_id, "");
    }
    EXPECT_EQ(read_copy_source("b/a+b").value().key, "a b");
}

TEST(S3CopySource, a_version_is_split_off_before_decoding) {
    EXPECT_EQ(read_copy_source("b/k?versionId=v1").value().version_id, "v1");
    EXPECT_EQ(read_copy_source("b/k?versionId=v1").value().key, "k");
    const auto source = read_copy_source("b/k%3FversionId=x?versionId=null").value();
    EXPECT_EQ(source.key, "k?versionId=x");
    EXPECT_EQ(source.version_id, "null");
    EXPECT_FALSE(read_copy_source("b/k?versionId="));
}

TEST(S3CopySource, what_names_no_object_is_refused) {
    for (const char* text : {"", "/", "b", "/b", "b/", "/b/", "//k"}) {
        const auto error = read_copy_source(text).error();
        EXPECT_EQ(error.message,
                  "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
            << text;
        EXPECT_EQ(error.details.front().second, "x-amz-copy-source");
    }
    EXPECT_EQ(read_copy_source("b/k%").error().message, "Invalid copy source encoding");
    EXPECT_EQ(read_copy_source("b/%FF").error().message, "Invalid copy source object key");
    EXPECT_EQ(read_copy_source("%FF/k").error().message, "Invalid copy source bucket name");
}

TEST(S3CopySource, a_range_states_both_ends) {
    const auto range_in = [](const char* text) {
        return read_source_range(head_with({{"x-amz-copy-source-range", text}}));
    };
    EXPECT_EQ(range_in("bytes=2-9").value(), (schema::ByteRange{.first = 2, .last = 9}));
    EXPECT_EQ(read_source_range(head_with({})).value(), std::nullopt);
    for (const char* text :
         {"bytes=2-", "bytes=-2", "bytes=9-2", "2-9", "bytes=a-b", "bytes=5", ""})
        EXPECT_FALSE(range_in(text)) << text;
}

TEST(S3CopySource, a_copy_onto_itself_must_change_something) {
    const Address address{.bucket = "b", .key = "k"};
    const auto is_legal = [&address](std::vector<http::Header> headers) {
        headers.push_back({"x-amz-copy-source", "b/k"});
        return read_copy_request(head_with(std::move(headers)), address).has_value();
    };
    EXPECT_FALSE(is_legal({}));
    EXPECT_FALSE(is_legal({{"x-amz-metadata-directive", "COPY"}}));
    EXPECT_FALSE(is_legal({{"x-amz-tagging-directive", "REPLACE"}}));
    EXPECT_TRUE(is_legal({{"x-amz-metadata-directive", "REPLACE"}}));
    EXPECT_TRUE(is_legal({{"x-amz-storage-class", "STANDARD"}}));
    EXPECT_TRUE(is_legal({{"x-amz-server-side-encryption", "AES256"}}));
    EXPECT_TRUE(read_copy_request(head_with({{"x-amz-copy-source", "b/k?versionId=v"}}), address));
    EXPECT_TRUE(read_copy_request(head_with({{"x-amz-copy-source", "b/other"}}), address));
}

TEST(S3CopySource, an_unknown_directive_is_refused) {
    const Address address{.bucket = "b", .key = "k"};
    const auto message_of = [&address](http::Header header) {
        return read_copy_request(head_with({{"x-amz-copy-source", "b/o"}, header}), address)
            .error()
            .message;
    };
    EXPECT_EQ(message_of({"x-amz-metadata-directive", "copy"}), "Unknown metadata directive.");
    EXPECT_EQ(message_of({"x-amz-tagging-directive", "x"}), "Unknown tagging directive.");
}

TEST(S3CopySource, a_condition_that_does_not_hold_is_412_and_named) {
    const Error not_modified{
        .code = ErrorCode::conflict, .message = {}, .reason = "not_modified", .details = {}};
    auto error = explain_source_error(not_modified, {.if_none_match = "e"});
    EXPECT_EQ(error.reason, "precondition_failed");
    EXPECT_EQ(error.details.front().second, "x-amz-copy-source-If-None-Match");
    error = explain_source_error(not_modified, {.if_modified_since = Timestamp()});
    EXPECT_EQ(error.details.front().second, "x-amz-copy-source-If-Modified-Since");
    error = explain_source_error({.code = ErrorCode::not_found, .reason = "no_such_key"}, {});
    EXPECT_EQ(error.reason, "no_such_key");
}

}  // namespace
}  // namespace onput::gateway::s3
