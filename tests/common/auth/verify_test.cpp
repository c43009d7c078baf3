// Signatures from AWS's documentation ("Authenticating Requests: Using the Authorization Header",
// "Using Query Parameters") and from botocore 1.43, whose requests were signed once and kept.
#include "common/auth/verify.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::empty_sha256;
using testing::example_account;
using testing::example_key;
using testing::Gate;
using testing::TestRequest;

const Timestamp documented_time = parse_iso8601_basic("20130524T000000Z").value();
const Timestamp botocore_time = parse_iso8601_basic("20261121T101530Z").value();

std::string authorization(const std::string& scope, const std::string& signed_headers,
                          const std::string& signature) {
    return "AWS4-HMAC-SHA256 Credential=" + example_key + "/" + scope +
           "/aws4_request,SignedHeaders=" + signed_headers + ",Signature=" + signature;
}

TestRequest documented_get() {
    return {.path = "/test.txt",
            .headers = {{"Host", "examplebucket.s3.amazonaws.com"},
                        {"Range", "bytes=0-9"},
                        {"x-amz-content-sha256", empty_sha256},
                        {"x-amz-date", "20130524T000000Z"},
                        {"Authorization",
                         authorization(
                             "20130524/us-east-1/s3", "host;range;x-amz-content-sha256;x-amz-date",
                             "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")}}};
}

TestRequest documented_presigned_get() {
    return {.path = "/test.txt",
            .query =
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
                "20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&"
                "X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
            .headers = {{"Host", "examplebucket.s3.amazonaws.com"}}};
}

TEST(VerifyDocumented, get_object_with_a_range) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->access_key, example_key);
    EXPECT_EQ(identity->account_id, example_account);
    EXPECT_EQ(identity->scope.region, "us-east-1");
    EXPECT_EQ(identity->scope.service, "s3");
    EXPECT_EQ(identity->payload.kind, PayloadKind::sha256);
    EXPECT_EQ(identity->payload.token, empty_sha256);
}

TEST(VerifyDocumented, put_object_with_an_encoded_key) {
    Gate gate(documented_time);
    TestRequest request{
        .method = "PUT",
        .path = "/test%24file.text",
        .headers = {
            {"Host", "examplebucket.s3.amazonaws.com"},
            {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
            {"x-amz-date", "20130524T000000Z"},
            {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
            {"x-amz-content-sha256",
             "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
            {"Authorization",
             authorization("20130524/us-east-1/s3",
                           "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                           "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")}}};
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyDocumented, get_bucket_lifecycle) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    request.path = "/";
    request.query = "lifecycle";
    request.remove("range");
    request.set("Authorization",
                authorization("20130524/us-east-1/s3", "host;x-amz-content-sha256;x-amz-date",
                              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyDocumented, list_objects) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    request.path = "/";
    request.query = "max-keys=2&prefix=J";
    request.remove("range");
    request.set("Authorization",
                authorization("20130524/us-east-1/s3", "host;x-amz-content-sha256;x-amz-date",
                              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyDocumented, presigned_get_object) {
    Gate gate(documented_time);
    TestRequest request = documented_presigned_get();
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scheme, Scheme::sigv4_query);
    EXPECT_EQ(identity->payload.kind, PayloadKind::unsigned_payload);
}

// The suite "aws-sig-v4-test-suite", case get-vanilla-query-order-key-case.
TEST(VerifyDocumented, a_service_other_than_s3) {
    Gate gate(parse_iso8601_basic("20150830T123600Z").value());
    ASSERT_TRUE(gate.keys.add("AKIDEXAMPLE", {.secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                              .account_id = example_account}));
    gate.body_sha256 = empty_sha256;
    TestRequest request{
        .query = "Param2=value2&Param1=value1",
        .headers = {{"Host", "example.amazonaws.com"},
                    {"X-Amz-Date", "20150830T123600Z"},
                    {"Authorization",
                     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                     "aws4_request, SignedHeaders=host;x-amz-date, Signature="
                     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"}}};
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scope.service, "service");
}

TEST(VerifyBotocore, s3_put_with_encoded_key_query_and_spaces_in_a_header) {
    Gate gate(botocore_time);
    TestRequest request{
        .method = "PUT",
        .path = "/bucket/a%20b/c%2Bd~%C3%BC.txt",
        .query = "partNumber=2&uploadId=x%2Fy",
        .headers = {
            {"Host", "localhost:4566"},
            {"Content-Type", "text/plain"},
            {"X-Amz-Meta-Note", "two  spaces   inside "},
            {"X-Amz-Date", "20261121T101530Z"},
            {"X-Amz-Content-SHA256",
             "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
            {"Authorization",
             authorization("20261121/eu-west-1/s3",
                           "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-note",
                           "f2b1efeceed8d6ed08d48976afbb60f58ede1c729d740e58e3fd732ff0c6f4bf")}}};
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyBotocore, s3_list_with_repeated_and_empty_parameters) {
    Gate gate(botocore_time);
    TestRequest request{
        .path = "/bucket",
        .query = "list-type=2&prefix=a%2Fb&delimiter=%2F&list=&a-b=1&a=2&a=1",
        .headers = {
            {"Host", "localhost:4566"},
            {"X-Amz-Date", "20261121T101530Z"},
            {"X-Amz-Content-SHA256", empty_sha256},
            {"Authorization",
             authorization("20261121/eu-west-1/s3", "host;x-amz-content-sha256;x-amz-date",
                           "9d8f8e1d0c670d0e1c35a44ebcaee7c622b8357ac2072d2c16de4c4828f98e04")}}};
    EXPECT_TRUE(gate.admit(request));
}

TestRequest botocore_sqs() {
    return {.method = "POST",
            .headers = {{"Host", "localhost:4566"},
                        {"X-Amz-Target", "AmazonSQS.CreateQueue"},
                        {"Content-Type", "application/x-amz-json-1.0"},
                        {"X-Amz-Date", "20261121T101530Z"},
                        {"Authorization",
                         authorization(
                             "20261121/eu-west-1/sqs", "content-type;host;x-amz-date;x-amz-target",
                             "fa888570ea7465873d45d867551ae4fa07c5a33414d11dddbd38cf2f616d11bb")}}};
}

TEST(VerifyBotocore, sqs_with_the_hash_of_its_body) {
    Gate gate(botocore_time);
    gate.body_sha256 = to_hex(Digest::of(DigestAlgorithm::sha256, R"({"QueueName":"q"})"));
    TestRequest request = botocore_sqs();
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scope.service, "sqs");
    EXPECT_EQ(identity->payload.kind, PayloadKind::body);
}

TEST(VerifyBotocore, sqs_with_another_body_is_refused) {
    Gate gate(botocore_time);
    gate.body_sha256 = to_hex(Digest::of(DigestAlgorithm::sha256, R"({"QueueName":"p"})"));
    TestRequest request = botocore_sqs();
    EXPECT_EQ(gate.admit(request).error().reason, "signature_does_not_match");
}

TEST(VerifyBotocore, a_body_that_was_not_hashed_is_our_mistake) {
    Gate gate(botocore_time);
    TestRequest request = botocore_sqs();
    EXPECT_EQ(gate.admit(request).error().code, ErrorCode::internal);
}

TEST(VerifyBotocore, a_path_that_other_services_normalise_and_encode_twice) {
    Gate gate(botocore_time);
    gate.body_sha256 = empty_sha256;
    TestRequest request{
        .path = "//a/./b/../arn%3Aaws%3Ax/c%20d/",
        .headers = {
            {"Host", "localhost:4566"},
            {"X-Amz-Date", "20261121T101530Z"},
            {"Authorization",
             authorization("20261121/eu-west-1/events", "host;x-amz-date",
                           "864a1c5167f22c5f48429d54493285b00eb83043f4840df2ce6d7b56ae04c57a")}}};
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyBotocore, presigned_get_with_a_response_override) {
    Gate gate(botocore_time + std::chrono::hours(1));
    TestRequest request{
        .path = "/bucket/a%20b.txt",
        .query =
            "response-content-type=text%2Fplain&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
            "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261121%2Feu-west-1%2Fs3%2Faws4_request&"
            "X-Amz-Date=20261121T101530Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&"
            "X-Amz-Signature="
            "9c0c50957532440e486f31b1d26fff77c55f1b94608aa88a0b487b025d928b22",
        .headers = {{"Host", "localhost:4566"}}};
    EXPECT_TRUE(gate.admit(request));
}

TEST(VerifyBotocore, presigned_speech_is_signed_with_the_hash_of_an_empty_body) {
    Gate gate(botocore_time);
    gate.body_sha256 = empty_sha256;
    TestRequest request{
        .path = "/v1/speech",
        .query =
            "Text=hello%20you&VoiceId=Joanna&OutputFormat=mp3&"
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
            "20261121%2Feu-west-1%2Fpolly%2Faws4_request&X-Amz-Date=20261121T101530Z&"
            "X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "fc914738bc7a6c30a3f08e69bcbfe18237f1fb628faddc5f1f3bfc78505dda8a",
        .headers = {{"Host", "localhost:4566"}}};
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scope.service, "polly");
}

// Whatever the signature covers, changing it must break the signature.
TEST(Verify, any_change_to_a_signed_part_is_noticed) {
    Gate gate(documented_time);
    const auto reason_after = [&](auto&& change) {
        TestRequest request = documented_get();
        change(request);
        const auto identity = gate.admit(request);
        return identity ? std::string("admitted") : identity.error().reason;
    };
    const std::string noticed = "signature_does_not_match";
    EXPECT_EQ(reason_after([](auto&) {}), "admitted");
    EXPECT_EQ(reason_after([](auto& r) { r.method = "PUT"; }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.path = "/test.txx"; }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.query = "acl"; }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.set("Host", "other"); }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.remove("Host"); }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.set("Range", "bytes=0-99"); }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.headers.emplace_back("range", "x"); }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.set("x-amz-date", "20130524T000001Z"); }), noticed);
    EXPECT_EQ(reason_after([](auto& r) { r.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"); }),
              noticed);
}

TEST(Verify, headers_outside_the_signature_may_change) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    request.set("User-Agent", "anything");
    EXPECT_TRUE(gate.admit(request));
}

// "47 45 54" for a detail "GET".
std::string bytes_of(const Error& error, std::string_view name) {
    std::string text;
    for (const auto& [element, value] : error.details) {
        if (element != name) continue;
        for (const char byte : value)
            text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned>(byte));
    }
    return text;
}

TEST(Verify, a_mismatch_shows_what_was_signed_and_never_the_right_signature) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    const std::string right = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    std::string header = request.headers.back().second;
    header.replace(header.find(right), right.size(), std::string(64, '0'));
    request.set("Authorization", header);
    const auto identity = gate.admit(request);
    ASSERT_FALSE(identity);
    const Error& error = identity.error();
    EXPECT_EQ(error.code, ErrorCode::permission_denied);
    EXPECT_EQ(error.reason, "signature_does_not_match");
    const std::vector<std::pair<std::string, std::string>> expected{
        {"AWSAccessKeyId", example_key},
        {"StringToSign",
         "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
         "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"},
        {"SignatureProvided", std::string(64, '0')},
        {"StringToSignBytes", bytes_of(error, "StringToSign")},
        {"CanonicalRequest",
         "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
         "x-amz-content-sha256:" +
             empty_sha256 +
             "\nx-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n" +
             empty_sha256},
        {"CanonicalRequestBytes", bytes_of(error, "CanonicalRequest")}};
    EXPECT_EQ(error.details, expected);
    EXPECT_TRUE(bytes_of(error, "CanonicalRequest").starts_with("47 45 54 0a 2f 74 65"));
}

TEST(Verify, an_unknown_access_key_is_named) {
    Gate gate(documented_time);
    gate.keys = KeyRing();
    TestRequest request = documented_get();
    const auto identity = gate.admit(request);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(identity.error().reason, "invalid_access_key_id");
    EXPECT_EQ(identity.error().details.front().second, example_key);
}

TEST(Verify, clocks_may_differ_by_fifteen_minutes_and_no_more) {
    using std::chrono::minutes;
    using std::chrono::seconds;
    TestRequest request = documented_get();
    for (const Duration inside : {Duration(minutes(15)), Duration(minutes(-15))}) {
        Gate gate(documented_time + inside);
        EXPECT_TRUE(gate.admit(request));
    }
    for (const Duration outside :
         {Duration(minutes(15) + seconds(1)), Duration(minutes(-15) - seconds(1))}) {
        Gate gate(documented_time + outside);
        const auto identity = gate.admit(request);
        ASSERT_FALSE(identity);
        EXPECT_EQ(identity.error().reason, "request_time_too_skewed");
        EXPECT_EQ(identity.error().code, ErrorCode::permission_denied);
    }
}

TEST(Verify, a_presigned_url_works_until_it_expires) {
    TestRequest request = documented_presigned_get();
    Gate last_second(documented_time + std::chrono::hours(24));
    EXPECT_TRUE(last_second.admit(request));
    Gate after(documented_time + std::chrono::hours(24) + std::chrono::seconds(1));
    const auto identity = after.admit(request);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().reason, "request_expired");
    EXPECT_EQ(identity.error().message, "Request has expired");
    EXPECT_EQ(identity.error().details,
              (std::vector<std::pair<std::string, std::string>>{
                  {"Expires", "2013-05-25T00:00:00Z"}, {"ServerTime", "2013-05-25T00:00:01Z"}}));
}

TEST(Verify, a_presigned_url_from_the_future_is_not_valid_yet) {
    TestRequest request = documented_presigned_get();
    Gate gate(documented_time - std::chrono::minutes(16));
    EXPECT_EQ(gate.admit(request).error().reason, "request_not_yet_valid");
}

TEST(Verify, every_part_of_a_presigned_url_is_signed) {
    Gate gate(documented_time);
    TestRequest longer = documented_presigned_get();
    longer.query.replace(longer.query.find("86400"), 5, "99999");
    EXPECT_EQ(gate.admit(longer).error().reason, "signature_does_not_match");
    TestRequest more = documented_presigned_get();
    more.query += "&versionId=1";
    EXPECT_EQ(gate.admit(more).error().reason, "signature_does_not_match");
}

TEST(Verify, a_seed_is_given_only_for_signed_chunks) {
    Gate gate(documented_time);
    TestRequest request = documented_get();
    EXPECT_TRUE(gate.admit(request).value().chunk_seed.signing_key.empty());
}

}  // namespace
}  // namespace onput::auth
