#include "services/gateway/s3/site/access_record.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/auth/iam_arn.hpp"

namespace onput::gateway::s3 {
namespace {

const Timestamp time_of_request = from_micros(1'549'411'238'000'000);

TEST(S3AccessRecord, a_signed_get_has_the_fields_that_aws_documents) {
    http::RequestHead head;
    head.method = "GET";
    head.target = "/b/a%20b?versionId=3";
    head.host = "localhost:4566";
    head.headers = {{"User-Agent", "curl/7 (x)"}};
    const auth::Identity identity{.access_key = "k",
                                  .account_id = "123456789012",
                                  .scope = {},
                                  .scheme = auth::Scheme::sigv4_query,
                                  .payload = {},
                                  .chunk_seed = {}};
    const AccessRecord record{.time = time_of_request,
                              .remote_ip = "192.0.2.3",
                              .identity = identity,
                              .request_id = "REQUEST",
                              .host_id = "host",
                              .operation = "GetObject",
                              .key = "a b",
                              .head = head,
                              .version_id = "3",
                              .status = 206,
                              .bytes_sent = 10,
                              .object_bytes = 100,
                              .took = std::chrono::milliseconds(7)};
    EXPECT_EQ(format_access_record(record),
              "[06/Feb/2019:00:00:38 +0000] 192.0.2.3 " + auth::canonical_user_id("123456789012") +
                  " REQUEST REST.GET.OBJECT a%20b \"GET /b/a%20b?versionId=3 HTTP/1.1\" 206 - 10 "
                  "100 7 - \"-\" \"curl/7 (x)\" 3 host SigV4 - QueryString localhost:4566 - - -\n");
    EXPECT_EQ(bucket_fields("123456789012", "b"), auth::canonical_user_id("123456789012") + " b ");
}

TEST(S3AccessRecord, nothing_that_a_client_sends_ends_a_field_or_a_line) {
    http::RequestHead head;
    head.method = "G\"T\n";
    head.target = "/b/\"x\ny";
    head.host = "a b\"";
    head.headers = {{"User-Agent", "\" 200 - \"\r\nforged \xC3\xA4"}, {"Referer", "a\tb\""}};
    const auth::Identity nobody{};
    const AccessRecord record{.time = time_of_request,
                              .identity = nobody,
                              .request_id = "R",
                              .key = "k \"\n%",
                              .head = head,
                              .version_id = "v \"\n",
                              .status = 403,
                              .error_code = "AccessDenied"};
    const std::string line = format_access_record(record);
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    EXPECT_EQ(std::ranges::count(line, '"'), 6) << line;
    EXPECT_TRUE(line.contains(" - R REST.G%22T%0A.OBJECT k%20%22%0A%25 \"")) << line;
    EXPECT_TRUE(line.contains("\"%22 200 - %22%0D%0Aforged %C3%A4\"")) << line;
}

TEST(S3AccessRecord, operations_are_named_as_s3_names_them) {
    const auth::Identity nobody{};
    const auto named = [&nobody](std::string_view method, std::string_view operation,
                                 std::string_view key) {
        http::RequestHead head;
        head.method = method;
        return logged_operation(
            {.time = {}, .identity = nobody, .operation = operation, .key = key, .head = head});
    };
    EXPECT_EQ(named("PUT", "PutObject", "k"), "REST.PUT.OBJECT");
    EXPECT_EQ(named("PUT", "CopyObject", "k"), "REST.COPY.OBJECT");
    EXPECT_EQ(named("PUT", "UploadPart", "k"), "REST.PUT.PART");
    EXPECT_EQ(named("PUT", "UploadPartCopy", "k"), "REST.COPY.PART");
    EXPECT_EQ(named("POST", "CreateMultipartUpload", "k"), "REST.POST.UPLOADS");
    EXPECT_EQ(named("POST", "CompleteMultipartUpload", "k"), "REST.POST.UPLOAD");
    EXPECT_EQ(named("POST", "DeleteObjects", ""), "REST.POST.MULTI_OBJECT_DELETE");
    EXPECT_EQ(named("GET", "ListObjectsV2", ""), "REST.GET.BUCKET");
    EXPECT_EQ(named("HEAD", "HeadBucket", ""), "REST.HEAD.BUCKET");
    EXPECT_EQ(named("GET", "ListObjectVersions", ""), "REST.GET.BUCKETVERSIONS");
    EXPECT_EQ(named("PUT", "PutBucketLogging", ""), "REST.PUT.LOGGING_STATUS");
    EXPECT_EQ(named("GET", "GetBucketPolicy", ""), "REST.GET.BUCKETPOLICY");
    EXPECT_EQ(named("OPTIONS", "Preflight", "k"), "REST.OPTIONS.PREFLIGHT");
    EXPECT_EQ(named("GET", "", "k"), "REST.GET.OBJECT");
    EXPECT_EQ(named("GET", "", ""), "REST.GET.BUCKET");
    http::RequestHead head;
    head.method = "HEAD";
    EXPECT_EQ(logged_operation({.time = {}, .identity = nobody, .is_website = true, .head = head}),
              "WEBSITE.HEAD.OBJECT");
}

}  // namespace
}  // namespace onput::gateway::s3
