// URLs presigned by boto3 1.43 for a custom endpoint, as it does by default; kept as they came.
#include "common/auth/sigv2.hpp"

#include <gtest/gtest.h>

#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::example_account;
using testing::example_key;
using testing::Gate;
using testing::TestRequest;

const Timestamp expiry = from_seconds(1'795'256'730);

TestRequest presigned(const std::string& method, const std::string& path,
                      const std::string& query) {
    return {
        .method = method, .path = path, .query = query, .headers = {{"Host", "localhost:4566"}}};
}

TestRequest presigned_tagging() {
    return presigned("GET", "/bucket/k",
                     "tagging&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                     "Signature=T6ChFjEU3eBpBdEdzQNROZxVi0w%3D&Expires=1795256730");
}

TestRequest presigned_put() {
    return presigned("PUT", "/bucket/k",
                     "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=ScWmIq%2BpyvdSLF5Io5FTgwFkGQA"
                     "%3D&content-type=text%2Fplain&x-amz-acl=private&x-amz-meta-note=hi%20you&"
                     "Expires=1795256730");
}

TEST(SigV2, a_presigned_get_with_response_override_and_version) {
    Gate gate(expiry);
    TestRequest request =
        presigned("GET", "/bucket/a%20b/c%2Bd.txt",
                  "response-content-disposition=attachment%3B%20filename%3D%22x%20y.txt%22&"
                  "versionId=v%2B1&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                  "Signature=scsoSR9tgCmi3awpZDXTSB8KQ1M%3D&Expires=1795256730");
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scheme, Scheme::sigv2_query);
    EXPECT_EQ(identity->access_key, example_key);
    EXPECT_EQ(identity->account_id, example_account);
    EXPECT_EQ(identity->scope.service, "s3");
    EXPECT_EQ(identity->payload.kind, PayloadKind::unsigned_payload);
}

TEST(SigV2, a_sub_resource_outside_the_signature_is_refused) {
    Gate gate(expiry);
    for (const std::string name : {"retention", "legal-hold", "attributes", "policyStatus"}) {
        TestRequest request = presigned_put();
        request.query = name + "&" + request.query;
        const auto identity = gate.admit(request);
        ASSERT_FALSE(identity) << name;
        EXPECT_EQ(identity.error().reason, "invalid_request");
        EXPECT_TRUE(identity.error().message.contains("?" + name)) << identity.error().message;
    }
}

TEST(SigV2, a_presigned_listing_whose_parameters_are_not_sub_resources) {
    Gate gate(expiry);
    TestRequest request =
        presigned("GET", "/bucket",
                  "list-type=2&prefix=a&encoding-type=url&"
                  "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                  "Signature=L%2FEGjdxa7IbxT0wohlL00uFq3Pw%3D&Expires=1795256730");
    EXPECT_TRUE(gate.admit(request));
}

TEST(SigV2, a_sub_resource_without_value) {
    Gate gate(expiry);
    TestRequest request = presigned_tagging();
    EXPECT_TRUE(gate.admit(request));
}

TEST(SigV2, a_presigned_put_with_its_headers_in_the_query) {
    Gate gate(expiry);
    TestRequest request = presigned_put();
    EXPECT_TRUE(gate.admit(request));
}

TEST(SigV2, the_sender_may_repeat_those_headers_but_not_change_them) {
    Gate gate(expiry);
    TestRequest request = presigned_put();
    request.set("Content-Type", "text/plain");
    request.set("X-Amz-Meta-Note", "hi you");
    EXPECT_TRUE(gate.admit(request));
    request.set("Content-Type", "text/html");
    EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
    request.set("Content-Type", "text/plain");
    request.set("X-Amz-Acl", "public-read");
    EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
}

TEST(SigV2, an_encoded_name_is_signed_as_what_it_means) {
    Gate gate(expiry);
    for (const char* added : {"notificatio%6e", "respons%65-content-type=text/html",
                              "x%2Damz-meta-note=x", "%78-amz-copy-source=/other/key"}) {
        TestRequest request = presigned_tagging();
        request.query += std::string("&") + added;
        EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match") << added;
    }
    TestRequest request = presigned_tagging();
    request.query.replace(0, 7, "taggin%67");
    EXPECT_TRUE(gate.admit(request));
}

TEST(SigV2, a_line_break_in_a_header_of_the_query_is_refused) {
    Gate gate(expiry);
    TestRequest request = presigned_put();
    request.query.replace(request.query.find("hi%20you"), 8, "hi%0Ax-amz-acl:private");
    EXPECT_EQ(gate.admit(request).error().reason, "access_denied");
}

TEST(SigV2, a_url_is_good_for_a_week_at_most) {
    TestRequest request = presigned_tagging();
    Gate in_a_week(expiry - presign_lifetime_max - clock_skew_max);
    EXPECT_TRUE(in_a_week.admit(request));
    Gate later(in_a_week.now - std::chrono::seconds(1));
    EXPECT_EQ(later.admit(request).error().reason, "authorization_query_parameters_error");
}

TEST(SigV2, a_signature_parameter_that_is_there_twice_is_refused) {
    Gate gate(expiry);
    for (const char* added : {"AWSAccessKeyId=x", "Signatur%65=x", "Expires=1"}) {
        TestRequest request = presigned_tagging();
        request.query += std::string("&") + added;
        EXPECT_EQ(gate.admit(request).error().reason, "authorization_query_parameters_error");
    }
}

TEST(SigV2, a_header_that_was_not_signed_breaks_the_signature) {
    Gate gate(expiry);
    TestRequest request = presigned_put();
    request.set("x-amz-copy-source", "/other/key");
    EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
}

TEST(SigV2, a_session_token_is_refused_although_it_is_signed) {
    Gate gate(expiry);
    TestRequest request = presigned("GET", "/bucket/k",
                                    "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                                    "Signature=ht7vlI9DpYCSVV53%2FHb%2FSpmSzgQ%3D&"
                                    "x-amz-security-token=to%2Fken&Expires=1795256730");
    EXPECT_EQ(gate.admit(request).error().reason, "invalid_token");
}

TEST(SigV2, a_bucket_in_the_host_is_signed_as_part_of_the_path) {
    Gate gate(expiry);
    TestRequest request = presigned("GET", "/k",
                                    "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                                    "Signature=L5PGph2F6MIcHtkeSt52sDwskX0%3D&Expires=1795256730");
    EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
    gate.host_bucket = "bucket";
    EXPECT_TRUE(gate.admit(request));
}

TEST(SigV2, another_method_key_or_sub_resource_is_refused) {
    Gate gate(expiry);
    for (const auto& change : std::vector<std::function<void(TestRequest&)>>{
             [](TestRequest& r) { r.method = "PUT"; }, [](TestRequest& r) { r.path = "/bucket/l"; },
             [](TestRequest& r) { r.query += "&acl"; },
             [](TestRequest& r) { r.query.replace(r.query.find("17952567"), 8, "17952568"); }}) {
        TestRequest request = presigned_tagging();
        change(request);
        EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
    }
}

TEST(SigV2, a_mismatch_shows_the_string_to_sign) {
    Gate gate(expiry);
    TestRequest request = presigned_put();
    request.path = "/bucket/other";
    const auto identity = gate.admit(request);
    ASSERT_FALSE(identity);
    auto details = identity.error().details;
    ASSERT_EQ(details.size(), 4U);
    EXPECT_EQ(details[3].first, "StringToSignBytes");
    EXPECT_TRUE(details[3].second.starts_with("50 55 54 0a 0a 74 65 78 74 2f"))
        << details[3].second;
    details.pop_back();
    EXPECT_EQ(details, (std::vector<std::pair<std::string, std::string>>{
                           {"AWSAccessKeyId", example_key},
                           {"StringToSign",
                            "PUT\n\ntext/plain\n1795256730\nx-amz-acl:private\n"
                            "x-amz-meta-note:hi you\n/bucket/other"},
                           {"SignatureProvided", "ScWmIq+pyvdSLF5Io5FTgwFkGQA="}}));
}

TEST(SigV2, an_expired_url_is_refused_as_expired) {
    Gate gate(expiry + std::chrono::seconds(1));
    TestRequest request = presigned_tagging();
    EXPECT_EQ(gate.admit(request).error().reason, "request_expired");
}

TEST(SigV2, missing_or_unreadable_parts_deny_access) {
    Gate gate(expiry);
    for (const char* query :
         {"AWSAccessKeyId=a", "AWSAccessKeyId=a&Signature=b", "AWSAccessKeyId=a&Expires=1",
          "AWSAccessKeyId=&Signature=b&Expires=1", "AWSAccessKeyId=a&Signature=b&Expires=soon",
          "AWSAccessKeyId=a&Signature=b&Expires=-1",
          "AWSAccessKeyId=a&Signature=b&Expires=253402300800"}) {
        TestRequest request = presigned("GET", "/bucket/k", query);
        const auto identity = gate.admit(request);
        ASSERT_FALSE(identity);
        EXPECT_EQ(identity.error().reason, "access_denied") << query;
    }
}

}  // namespace
}  // namespace onput::auth
