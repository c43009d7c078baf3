#include "services/gateway/s3/operation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

struct Asked {
    std::string_view method;
    std::string path = "/";
    std::string query = {};
    std::vector<http::Header> headers = {};
};

Result<Operation> find(const Asked& asked) {
    const auto address =
        *parse_address({.host = "127.0.0.1", .path = asked.path, .base_domain = "localhost"});
    const auto query = *http::parse_query(asked.query);
    http::RequestHead head;
    head.method = asked.method;
    head.headers = asked.headers;
    return find_operation({.head = head, .address = address, .query = query});
}

std::string name_of_found(const Asked& asked) {
    const auto operation = find(asked);
    if (!operation) return std::string(name_of(operation.error()).code);
    EXPECT_NE(operation->run, nullptr);
    return std::string(operation->name);
}

TEST(S3Operation, is_found_by_method_and_what_is_addressed) {
    EXPECT_EQ(name_of_found({"GET", "/"}), "ListBuckets");
    EXPECT_EQ(name_of_found({"PUT", "/b"}), "CreateBucket");
    EXPECT_EQ(name_of_found({"PUT", "/b/"}), "CreateBucket");
    EXPECT_EQ(name_of_found({"HEAD", "/b"}), "HeadBucket");
    EXPECT_EQ(name_of_found({"DELETE", "/b"}), "DeleteBucket");
    EXPECT_EQ(name_of_found({"GET", "/b"}), "ListObjects");
    EXPECT_EQ(name_of_found({"PUT", "/b/k"}), "PutObject");
    EXPECT_EQ(name_of_found({"GET", "/b/k"}), "GetObject");
    EXPECT_EQ(name_of_found({"HEAD", "/b/k"}), "HeadObject");
    EXPECT_EQ(name_of_found({"DELETE", "/b/k/"}), "DeleteObject");
}

TEST(S3Operation, a_sub_resource_makes_it_another_with_or_without_a_value) {
    EXPECT_EQ(name_of_found({"GET", "/b", "list-type=2&prefix=a"}), "ListObjectsV2");
    EXPECT_EQ(name_of_found({"GET", "/b", "notification"}), "GetBucketNotificationConfiguration");
    EXPECT_EQ(name_of_found({"PUT", "/b", "notification="}), "PutBucketNotificationConfiguration");
    EXPECT_EQ(name_of_found({"GET", "/b", "location"}), "GetBucketLocation");
    EXPECT_EQ(name_of_found({"GET", "/b", "versioning="}), "GetBucketVersioning");
}

TEST(S3Operation, parameters_that_refine_or_sign_change_nothing) {
    EXPECT_EQ(name_of_found({"GET", "/b", "prefix=a&delimiter=/&marker=x&max-keys=1"}),
              "ListObjects");
    EXPECT_EQ(name_of_found({"GET", "/b/k",
                             "response-content-type=a&X-Amz-Signature=s&x-amz-checksum-mode=E&"
                             "x-id=GetObject&versionId=null"}),
              "GetObject");
    EXPECT_EQ(name_of_found({"PUT", "/b/k",
                             "AWSAccessKeyId=a&Signature=s&Expires=1&content-type=t&"
                             "content-md5=m&x-amz-meta-a=b"}),
              "PutObject");
}

TEST(S3Operation, what_s3_has_and_this_has_not_is_not_implemented) {
    for (const auto& asked :
         {Asked{"POST", "/b/k", "select&select-type=2"}, Asked{"POST", "/b/k"},
          Asked{"PUT", "/b/k", "uploadId=x"}, Asked{"PUT", "/b/k", "partNumber=1"},
          Asked{"PUT", "/b/k", "annotation=a"}, Asked{"PUT", "/b", "metrics"},
          Asked{"OPTIONS", "/b/k"}}) {
        EXPECT_EQ(name_of_found(asked), "NotImplemented")
            << asked.method << ' ' << asked.path << '?' << asked.query;
    }
    EXPECT_EQ(find({"PUT", "/b/k", "renameObject"}).error().message,
              "Not implemented here: PUT on an object with ?renameObject. Nothing was changed.");
}

TEST(S3Operation, what_s3_has_and_this_has_not_is_refused_by_its_name) {
    const auto name_in = [](const Asked& asked) {
        const auto operation = find(asked);
        if (operation || operation.error().details.empty()) return std::string();
        return operation.error().details.back().second;
    };
    EXPECT_EQ(name_in({"POST", "/b/k", "select&select-type=2"}), "SelectObjectContent");
}

// A request of an operation, as S3's model has it.
Asked request_of(const aws::Operation& operation) {
    std::string_view uri = operation.uri;
    const std::string_view path = aws::take_until(uri, '?');
    Asked asked{.method = operation.method,
                .path = path == "/{Bucket}" ? "/b" : "/b/k",
                .query = std::string(uri)};
    for (const auto& member : operation.input->members) {
        if (!member.is_required) continue;
        if (member.place == aws::Place::query)
            asked.query += fmt::format("&{}=1", member.wire_name);
        if (member.place == aws::Place::header) asked.headers.push_back({member.wire_name, "1"});
    }
    return asked;
}

// Older names of operations that look the same on the wire.
bool has_newer_name(std::string_view name) {
    static constexpr std::array<std::string_view, 4> older{
        "GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle",
        "PutBucketNotification"};
    return std::ranges::find(older, name) != older.end();
}

TEST(S3Operation, every_operation_of_the_model_is_found_or_refused_by_its_own_name) {
    const auto implemented = operation_names();
    std::size_t seen = 0;
    for (const auto& operation : aws::s3_model().operations()) {
        if (!operation.uri.starts_with("/{Bucket}") || has_newer_name(operation.name)) continue;
        ++seen;
        const auto found = find(request_of(operation));
        if (std::ranges::find(implemented, operation.name) != implemented.end()) {
            if (!found) {
                ADD_FAILURE() << operation.name << ": " << found.error().message;
                continue;
            }
            EXPECT_EQ(found->name, operation.name);
            continue;
        }
        ASSERT_FALSE(found) << operation.name << " is taken for " << found->name;
        EXPECT_EQ(name_of(found.error()).code, "NotImplemented") << operation.name;
        ASSERT_FALSE(found.error().details.empty()) << operation.name;
        EXPECT_EQ(found.error().details.back().second, operation.name);
    }
    EXPECT_GT(seen, 90U);
}

TEST(S3Operation, configurations_of_buckets_are_told_apart_by_ids) {
    for (const std::string query : {"analytics", "inventory", "metrics", "intelligent-tiering"}) {
        EXPECT_TRUE(name_of_found({"GET", "/b", query}).starts_with("List")) << query;
        for (const char* method : {"GET", "PUT", "DELETE"}) {
            EXPECT_FALSE(name_of_found({method, "/b", query + "&id=a"}).starts_with("List"));
            EXPECT_TRUE(find({method, "/b", query + "&id=a"})) << method << query;
        }
    }
}

TEST(S3Operation, uploads_parts_and_copies_are_told_apart) {
    const http::Header source{"x-amz-copy-source", "/a/b"};
    EXPECT_EQ(name_of_found({"POST", "/b/k", "uploads="}), "CreateMultipartUpload");
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "partNumber=1&uploadId=x"}), "UploadPart");
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "partNumber=1&uploadId=x", {source}}),
              "UploadPartCopy");
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "", {source}}), "CopyObject");
    EXPECT_EQ(name_of_found({"POST", "/b/k", "uploadId=x"}), "CompleteMultipartUpload");
    EXPECT_EQ(name_of_found({"DELETE", "/b/k", "uploadId=x"}), "AbortMultipartUpload");
    EXPECT_EQ(name_of_found({"GET", "/b/k", "uploadId=x&max-parts=1&part-number-marker=2"}),
              "ListParts");
    EXPECT_EQ(name_of_found({"GET", "/b", "uploads&max-uploads=1000&prefix=a&key-marker=b"}),
              "ListMultipartUploads");
    EXPECT_EQ(name_of_found({"GET", "/b/k", "partNumber=1"}), "GetObject");
    EXPECT_EQ(name_of_found({"HEAD", "/b/k", "partNumber=1"}), "HeadObject");
    EXPECT_EQ(name_of_found({"GET", "/b/k", "attributes", {{"x-amz-object-attributes", "ETag"}}}),
              "GetObjectAttributes");
}

TEST(S3Operation, an_unknown_parameter_is_passed_over) {
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "new-thing"}), "PutObject");
    EXPECT_EQ(name_of_found({"DELETE", "/b/k", "new-thing=1"}), "DeleteObject");
    EXPECT_EQ(name_of_found({"PUT", "/b", "new-thing"}), "CreateBucket");
    EXPECT_EQ(name_of_found({"GET", "/b", "new-thing&id=1&versionId=abc"}), "ListObjects");
    EXPECT_EQ(name_of_found({"GET", "/", "foo"}), "ListBuckets");
    EXPECT_EQ(name_of_found({"HEAD", "/b/k", "v=3"}), "HeadObject");
    EXPECT_EQ(name_of_found({"GET", "/b", "location&new-thing"}), "GetBucketLocation");
}

TEST(S3Operation, what_only_buckets_have_is_nothing_of_a_key) {
    for (const char* query : {"versions", "cors", "notification", "delete", "location&a=b"}) {
        for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
            const auto operation = find({method, "/b/k", query});
            ASSERT_FALSE(operation) << query;
            EXPECT_EQ(name_of(operation.error()).code, "InvalidRequest") << query;
        }
    }
    EXPECT_EQ(find({"PUT", "/b/k", "cors"}).error().message,
              "There is no such thing as the ?cors sub-resource for a key");
    EXPECT_EQ(name_of_found({"GET", "/b", "retention"}), "NotImplemented");
    EXPECT_EQ(name_of_found({"GET", "/b/k", "list-type=2"}), "GetObject");
}

TEST(S3Operation, a_post_on_a_bucket_is_a_browsers_form) {
    const http::Header form{"Content-Type", "Multipart/form-data; boundary=x"};
    EXPECT_EQ(name_of_found({"POST", "/b", "", {form}}), "PostObject");
    const auto other = find({"POST", "/b", "", {{"Content-Type", "text/plain"}}});
    EXPECT_EQ(name_of(other.error()).status, 412);
    EXPECT_EQ(other.error().details.back().second,
              "Bucket POST must be of the enclosure-type multipart/form-data");

    const auto is_upload = [&form](std::string_view method, std::string_view path,
                                   std::string_view query) {
        const auto address =
            *parse_address({.host = "h", .path = path, .base_domain = "localhost"});
        http::RequestHead head;
        head.method = method;
        head.headers = {form};
        return is_form_upload(head, address, *http::parse_query(query));
    };
    EXPECT_TRUE(is_upload("POST", "/b", ""));
    EXPECT_TRUE(is_upload("POST", "/b/", "new-thing"));
    EXPECT_FALSE(is_upload("POST", "/b", "delete"));
    EXPECT_FALSE(is_upload("POST", "/b/k", ""));
    EXPECT_FALSE(is_upload("POST", "/", ""));
    EXPECT_FALSE(is_upload("PUT", "/b", ""));
}

TEST(S3Operation, two_sub_resources_at_once_are_refused) {
    const auto operation = find({"GET", "/b", "acl&policy"});
    ASSERT_FALSE(operation);
    EXPECT_EQ(operation.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(operation.error().message, "Conflicting query string parameters: acl, policy");
    EXPECT_EQ(name_of_found({"GET", "/b", "location&location"}), "GetBucketLocation");
}

TEST(S3Operation, methods_that_s3_does_not_know_are_not_allowed) {
    EXPECT_EQ(name_of_found({"PATCH", "/b/k"}), "MethodNotAllowed");
    EXPECT_EQ(name_of_found({"get", "/b/k"}), "MethodNotAllowed");
    EXPECT_EQ(name_of_found({"DELETE", "/"}), "MethodNotAllowed");
    EXPECT_EQ(name_of_found({"POST", "/"}), "MethodNotAllowed");
}

TEST(S3Operation, headers_that_ask_for_what_is_not_there_are_refused) {
    for (const http::Header& header :
         {http::Header{"x-amz-server-side-encryption", "aws:kms:dsse"},
          http::Header{"x-amz-write-offset-bytes", "1"}, http::Header{"x-amz-mfa", "1 2"}}) {
        EXPECT_EQ(name_of_found({"PUT", "/b/k", "", {header}}), "NotImplemented") << header.name;
    }
}

TEST(S3Operation, a_customers_key_is_whole_or_an_error) {
    const std::vector<http::Header> whole{
        {"x-amz-server-side-encryption-customer-algorithm", "AES256"},
        {"x-amz-server-side-encryption-customer-key",
         "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="},
        {"x-amz-server-side-encryption-customer-key-MD5", "Xsqb0+sHwAbNQ65I395/0w=="}};
    const std::vector<std::string_view> missing{"a valid encryption algorithm.",
                                                "an appropriate secret key.",
                                                "the client calculated MD5 of the secret key."};
    for (const char* method : {"PUT", "GET", "HEAD"}) {
        EXPECT_TRUE(find({method, "/b/k", "", whole}));
        for (std::size_t i = 0; i < whole.size(); ++i) {
            auto part = whole;
            part.erase(part.begin() + static_cast<std::ptrdiff_t>(i));
            const auto operation = find({method, "/b/k", "", part});
            ASSERT_FALSE(operation);
            EXPECT_EQ(name_of(operation.error()).code, "InvalidArgument");
            EXPECT_TRUE(operation.error().message.ends_with(missing[i]));
        }
    }
}

TEST(S3Operation, what_is_said_of_a_key_of_kms_means_nothing_without_kms) {
    const http::Header kms{"x-amz-server-side-encryption", "aws:kms"};
    const http::Header key{"x-amz-server-side-encryption-aws-kms-key-id", "alias/media"};
    const auto context = [](std::string value) {
        return http::Header{"x-amz-server-side-encryption-context", std::move(value)};
    };
    const auto name = [](std::vector<http::Header> headers) {
        return name_of_found({"PUT", "/b/k", "", std::move(headers)});
    };
    EXPECT_EQ(name({kms, key, context("eyJhIjoiYiJ9")}), "PutObject");  // {"a":"b"}
    EXPECT_EQ(name({key}), "InvalidArgument");
    EXPECT_EQ(name({context("eyJhIjoiYiJ9")}), "InvalidArgument");
    for (const char* wrong : {"", "!", "W10=", "eyJhIjoxfQ=="})  // No base64, [], {"a":1}.
        EXPECT_EQ(name({kms, context(wrong)}), "InvalidArgument") << wrong;
    EXPECT_EQ(name({kms, {"x-amz-server-side-encryption-bucket-key-enabled", "yes"}}),
              "InvalidArgument");
}

TEST(S3Operation, fields_of_a_form_are_refused_as_headers_are) {
    const auto code_of = [](std::vector<http::Header> fields) {
        http::RequestHead head;
        head.headers = std::move(fields);
        auto checked = check_headers(head);
        if (checked) checked = check_expected_owner(head);
        return checked ? std::string() : std::string(name_of(checked.error()).code);
    };
    const http::Header algorithm{"x-amz-server-side-encryption-customer-algorithm", "AES256"};
    EXPECT_EQ(code_of({algorithm}), "InvalidArgument");
    EXPECT_EQ(code_of({{"x-amz-server-side-encryption", "aws:kms:dsse"}}), "NotImplemented");
    EXPECT_EQ(code_of({{"x-amz-expected-bucket-owner", "me"}}), "InvalidBucketOwnerAWSAccountID");
    EXPECT_EQ(code_of({{"x-amz-expected-bucket-owner", "000000000000"}}), "");
}

TEST(S3Operation, headers_that_ask_for_what_happens_anyway_are_accepted) {
    for (const http::Header& header :
         {http::Header{"x-amz-storage-class", "STANDARD"},
          http::Header{"x-amz-server-side-encryption", "AES256"},
          http::Header{"x-amz-acl", "private"},
          http::Header{"x-amz-acl", "bucket-owner-full-control"},
          http::Header{"x-amz-object-lock-legal-hold", "OFF"},
          http::Header{"x-amz-bucket-object-lock-enabled", "false"},
          http::Header{"x-amz-expected-bucket-owner", "000000000000"}}) {
        EXPECT_EQ(name_of_found({"PUT", "/b/k", "", {header}}), "PutObject") << header.value;
    }
}

TEST(S3Operation, an_expected_owner_is_an_account_and_is_looked_at_first) {
    for (const char* owner : {"", "abc", "00000000000", "0000000000000", "00000000000x"}) {
        // The storage class would be refused as well.
        const auto operation =
            find({"PUT",
                  "/b/k",
                  "",
                  {{"x-amz-storage-class", "GLACIER"}, {"x-amz-expected-bucket-owner", owner}}});
        ASSERT_FALSE(operation);
        EXPECT_EQ(name_of(operation.error()).code, "InvalidBucketOwnerAWSAccountID");
        EXPECT_EQ(operation.error().message,
                  fmt::format("The value of the expected bucket owner parameter must be an AWS "
                              "Account ID... [{}]",
                              owner));
    }
    EXPECT_EQ(name_of_found({"GET", "/b", "acl", {{"x-amz-expected-bucket-owner", "1"}}}),
              "InvalidBucketOwnerAWSAccountID");
    EXPECT_EQ(name_of_found({"PUT", "/b", "", {{"x-amz-expected-bucket-owner", "1"}}}),
              "CreateBucket");
}

TEST(S3Operation, versions_locks_tags_and_deletions_of_many_are_there) {
    EXPECT_EQ(name_of_found({"GET", "/b", "versions&key-marker=a"}), "ListObjectVersions");
    EXPECT_EQ(name_of_found({"POST", "/b", "delete"}), "DeleteObjects");
    EXPECT_EQ(name_of_found({"PUT", "/b", "versioning"}), "PutBucketVersioning");
    EXPECT_EQ(name_of_found({"PUT", "/b", "object-lock"}), "PutObjectLockConfiguration");
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "tagging&versionId=v"}), "PutObjectTagging");
    EXPECT_EQ(name_of_found({"DELETE", "/b/k", "tagging"}), "DeleteObjectTagging");
    EXPECT_EQ(name_of_found({"PUT", "/b/k", "retention"}), "PutObjectRetention");
    EXPECT_EQ(name_of_found({"GET", "/b/k", "legal-hold&versionId=v"}), "GetObjectLegalHold");
}

TEST(S3Operation, a_version_is_named_where_one_is_taken_and_by_a_name) {
    EXPECT_EQ(name_of_found({"GET", "/b/k", "versionId=null"}), "GetObject");
    EXPECT_EQ(name_of_found({"DELETE", "/b/k", "versionId=abc"}), "DeleteObject");
    EXPECT_EQ(find({"GET", "/b/k", "versionId="}).error().message,
              "Version id cannot be the empty string");
    EXPECT_EQ(find({"PUT", "/b/k", "versionId=null"}).error().message,
              "This operation does not accept a version-id.");
}

TEST(S3Operation, a_key_of_1024_bytes_is_the_longest) {
    EXPECT_EQ(name_of_found({"PUT", "/b/" + std::string(1024, 'k')}), "PutObject");
    const auto operation = find({"PUT", "/b/" + std::string(1025, 'k')});
    ASSERT_FALSE(operation);
    EXPECT_EQ(name_of(operation.error()).code, "KeyTooLongError");
    const std::vector<std::pair<std::string, std::string>> details{{"Size", "1025"},
                                                                   {"MaxSizeAllowed", "1024"}};
    EXPECT_EQ(operation.error().details, details);
}

}  // namespace
}  // namespace onput::gateway::s3
