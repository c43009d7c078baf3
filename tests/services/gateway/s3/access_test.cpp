// Which actions an operation is, and what policies may ask about its request.
#include "services/gateway/s3/access.hpp"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "common/auth/s3/action.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

using Actions = std::vector<std::string>;

schema::AccessContext access(std::string_view operation, const std::vector<http::Header>& headers,
                             const std::string& query = {}, const auth::Identity& identity = {}) {
    http::RequestHead head;
    head.headers = headers;
    const auto parameters = *http::parse_query(query);
    return access_of({.operation = operation,
                      .head = head,
                      .sent = head,
                      .query = parameters,
                      .identity = identity,
                      .source_ip = "10.0.0.1",
                      .is_secure = true,
                      .now = Timestamp(std::chrono::hours(24 * 365))});
}

TEST(S3Access, every_operation_that_is_here_has_an_action_that_policies_know) {
    for (const std::string_view operation : operation_names()) {
        ASSERT_TRUE(has_actions(operation)) << operation;
        // What is no bucket's has no policy.
        if (operation == "ListBuckets") continue;
        for (const std::string query : {"", "versionId=v"}) {
            for (const auto& action : access(operation, {}, query).actions)
                EXPECT_TRUE(auth::find_s3_action(action)) << operation << ": " << action;
        }
    }
    EXPECT_TRUE(has_actions("PostObject"));
    EXPECT_FALSE(has_actions("NoSuchOperation"));
    EXPECT_TRUE(access("NoSuchOperation", {}).actions.empty());
}

TEST(S3Access, a_version_is_another_action) {
    EXPECT_EQ(access("GetObject", {}).actions, Actions{"GetObject"});
    EXPECT_EQ(access("HeadObject", {}, "versionId=v").actions, Actions{"GetObjectVersion"});
    EXPECT_EQ(access("DeleteObject", {}, "versionId=v").actions, Actions{"DeleteObjectVersion"});
    EXPECT_EQ(access("PutObjectTagging", {}, "versionId=v").actions,
              Actions{"PutObjectVersionTagging"});
    EXPECT_EQ(access("GetObjectAttributes", {}, "versionId=v").actions,
              (Actions{"GetObjectVersion", "GetObjectVersionAttributes"}));
    EXPECT_EQ(access("GetObject", {}, "versionId=v").values.at("s3:versionid"), "v");
}

TEST(S3Access, what_replication_sends_is_an_action) {
    for (const std::string_view operation : {"PutObject", "CompleteMultipartUpload"})
        EXPECT_EQ(access(operation, {{"x-onput-replica", "true"}}).actions,
                  (Actions{"PutObject", "ReplicateObject"}));
    const auto of_marker = access("DeleteObject", {{"X-Onput-Replica", "true"}}).actions;
    EXPECT_EQ(of_marker, (Actions{"DeleteObject", "ReplicateDelete"}));
    for (const auto& action : of_marker) EXPECT_TRUE(auth::find_s3_action(action)) << action;
    EXPECT_EQ(access("PutObject", {{"x-amz-meta-onput-replica", "1 b"}}).actions,
              Actions{"PutObject"});
}

TEST(S3Access, what_an_object_is_given_with_its_bytes_is_an_action_each) {
    EXPECT_EQ(access("PutObject", {{"x-amz-tagging", "a=b"}}).actions,
              (Actions{"PutObject", "PutObjectTagging"}));
    EXPECT_EQ(
        access("CopyObject", {{"x-amz-grant-read", "id=1"}, {"x-amz-acl", "private"}}).actions,
        (Actions{"PutObject", "PutObjectAcl"}));
    EXPECT_EQ(access("CreateMultipartUpload", {{"x-amz-object-lock-mode", "GOVERNANCE"},
                                               {"x-amz-object-lock-legal-hold", "ON"}})
                  .actions,
              (Actions{"PutObject", "PutObjectLegalHold", "PutObjectRetention"}));
    EXPECT_EQ(access("UploadPart", {{"x-amz-tagging", "a=b"}}).actions, Actions{"PutObject"});
    EXPECT_EQ(access("DeleteObjects", {{"x-amz-bypass-governance-retention", "true"}}).actions,
              (Actions{"DeleteObject", "BypassGovernanceRetention"}));
}

TEST(S3Access, giving_the_buckets_owner_all_rights_is_no_action) {
    EXPECT_EQ(access("PutObject", {{"x-amz-acl", "bucket-owner-full-control"}}).actions,
              Actions{"PutObject"});
    EXPECT_EQ(access("PutObject", {{"x-amz-acl", "public-read"}}).actions,
              (Actions{"PutObject", "PutObjectAcl"}));
}

TEST(S3Access, a_copys_source_is_one_value_however_it_is_spelled) {
    for (const char* spelled :
         {"src/secret/x", "/src/secret/x", "src/secre%74/x", "src%2Fsecret/x"})
        EXPECT_EQ(access("CopyObject", {{"x-amz-copy-source", spelled}})
                      .values.at("s3:x-amz-copy-source"),
                  "src/secret/x")
            << spelled;
    EXPECT_EQ(access("UploadPartCopy", {{"x-amz-copy-source", "/src/k?versionId=v"}})
                  .values.at("s3:x-amz-copy-source"),
              "src/k?versionId=v");
}

TEST(S3Access, who_asks_whether_an_etag_is_right_reads) {
    for (const std::string_view operation : {"DeleteObject", "PutObject"}) {
        const std::string own(operation);
        EXPECT_EQ(access(operation, {{"if-match", "\"e\""}}).actions, (Actions{own, "GetObject"}));
        EXPECT_EQ(access(operation, {{"if-match", "*"}}).actions, Actions{own});
        EXPECT_EQ(access(operation, {{"if-match", "\"e\""}}).values.at("s3:if-match"), "\"e\"");
    }
    EXPECT_EQ(access("GetObject", {{"if-match", "\"e\""}}).actions, Actions{"GetObject"});
    EXPECT_FALSE(access("GetObject", {{"if-match", "\"e\""}}).values.contains("s3:if-match"));
}

TEST(S3Access, uploads_say_whether_they_make_the_object) {
    constexpr std::string_view key = "s3:objectcreationoperation";
    for (const char* operation : {"PutObject", "CopyObject", "CompleteMultipartUpload"})
        EXPECT_EQ(access(operation, {}).values.at(std::string(key)), "true") << operation;
    for (const char* operation : {"CreateMultipartUpload", "UploadPart", "UploadPartCopy"})
        EXPECT_EQ(access(operation, {}).values.at(std::string(key)), "false") << operation;
    EXPECT_FALSE(access("GetObject", {}).values.contains(std::string(key)));
}

TEST(S3Access, lists_say_what_is_listed) {
    const auto bare = access("ListObjectsV2", {});
    EXPECT_EQ(bare.values.at("s3:prefix"), "");
    EXPECT_EQ(bare.values.at("s3:max-keys"), "1000");
    EXPECT_FALSE(bare.values.contains("s3:delimiter"));
    const auto asked = access("ListObjects", {}, "prefix=a/&delimiter=/&max-keys=7");
    EXPECT_EQ(asked.values.at("s3:prefix"), "a/");
    EXPECT_EQ(asked.values.at("s3:delimiter"), "/");
    EXPECT_EQ(asked.values.at("s3:max-keys"), "7");
    EXPECT_TRUE(access("GetObject", {}, "prefix=a").values.empty());
}

TEST(S3Access, the_sender_is_described) {
    const auth::Identity identity{
        .access_key = "A",
        .account_id = "000000000000",
        .scheme = auth::Scheme::sigv4_query,
        .payload = {.kind = auth::PayloadKind::unsigned_payload, .token = "UNSIGNED-PAYLOAD"},
        .signed_at = Timestamp(std::chrono::hours(24 * 365)) - std::chrono::seconds(2)};
    const auto signed_one = access(
        "GetObject", {{"User-Agent", "boto3"}, {"Referer", "http://example.com/"}}, {}, identity);
    EXPECT_EQ(signed_one.source_ip, "10.0.0.1");
    EXPECT_TRUE(signed_one.is_secure);
    EXPECT_EQ(signed_one.user_agent, "boto3");
    EXPECT_EQ(signed_one.referer, "http://example.com/");
    EXPECT_EQ(signed_one.auth_type, "REST-QUERY-STRING");
    EXPECT_EQ(signed_one.signature_version, 4);
    EXPECT_EQ(signed_one.signature_age_ms, 2000U);
    EXPECT_EQ(signed_one.content_sha256, "UNSIGNED-PAYLOAD");
    const auto nobody = access("GetObject", {{"x-amz-expected-bucket-owner", "111111111111"}});
    EXPECT_EQ(nobody.signature_version, 0);
    EXPECT_EQ(nobody.auth_type, "");
    EXPECT_FALSE(nobody.signature_age_ms);
    EXPECT_EQ(nobody.expected_owner, "111111111111");
}

TEST(S3Access, headers_that_policies_ask_for_are_values) {
    const auto context = access("PutObject", {{"x-amz-acl", "private"},
                                              {"x-amz-storage-class", "STANDARD_IA"},
                                              {"if-none-match", "*"},
                                              {"x-amz-meta-a", "b"}});
    EXPECT_EQ(context.values,
              (std::map<std::string, std::string>{{"s3:x-amz-acl", "private"},
                                                  {"s3:x-amz-storage-class", "STANDARD_IA"},
                                                  {"s3:objectcreationoperation", "true"},
                                                  {"s3:if-none-match", "*"}}));
    const auto locked =
        access("PutObject", {{"x-amz-object-lock-mode", "GOVERNANCE"},
                             {"x-amz-object-lock-retain-until-date", "1971-01-03T00:00:00Z"}});
    EXPECT_EQ(locked.values.at("s3:object-lock-mode"), "GOVERNANCE");
    EXPECT_EQ(locked.values.at("s3:object-lock-remaining-retention-days"), "2");
}

TEST(S3Access, a_copys_source_is_read_as_if_it_were_asked_for) {
    const auto context = access("CopyObject", {{"x-amz-acl", "private"}});
    const auto reading = access_to_source(
        context, {.action = "GetObject", .version_id = "v", .expected_owner = "111111111111"});
    EXPECT_EQ(reading.actions, Actions{"GetObjectVersion"});
    EXPECT_EQ(reading.values, (std::map<std::string, std::string>{{"s3:versionid", "v"}}));
    EXPECT_EQ(reading.expected_owner, "111111111111");
    EXPECT_EQ(reading.source_ip, "10.0.0.1");
    EXPECT_EQ(access_to_source(
                  context, {.action = "GetObjectTagging", .version_id = "", .expected_owner = ""})
                  .actions,
              Actions{"GetObjectTagging"});
}

}  // namespace
}  // namespace onput::gateway::s3
