#include "common/auth/signer.hpp"

#include <gtest/gtest.h>

#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::empty_sha256;
using testing::example_key;
using testing::example_secret;
using testing::Gate;
using testing::TestRequest;

const Timestamp now = parse_iso8601_basic("20130524T000000Z").value();

Signer signer_for(const std::string& service) {
    return Signer({.access_key = example_key,
                   .secret = example_secret,
                   .region = "us-east-1",
                   .service = service});
}

void add(TestRequest& request, const SignedRequest& signed_request) {
    request.set("x-amz-date", signed_request.amz_date);
    if (!signed_request.content_sha256.empty()) {
        request.set("x-amz-content-sha256", signed_request.content_sha256);
    }
    request.set("Authorization", signed_request.authorization);
}

TEST(Signer, it_makes_the_documented_signature) {
    TestRequest request{
        .path = "/test.txt",
        .headers = {{"Host", "examplebucket.s3.amazonaws.com"}, {"Range", "bytes=0-9"}}};
    Signer signer = signer_for("s3");
    const SignedRequest result = signer.sign(request.view(), empty_sha256, now).value();
    EXPECT_EQ(result.amz_date, "20130524T000000Z");
    EXPECT_EQ(result.content_sha256, empty_sha256);
    EXPECT_EQ(result.authorization,
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              " SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Signer, it_makes_the_documented_presigned_url) {
    TestRequest request{.path = "/test.txt",
                        .headers = {{"Host", "examplebucket.s3.amazonaws.com"}}};
    Signer signer = signer_for("s3");
    const std::string query =
        signer.presign(request.view(), std::chrono::seconds(86400), now).value();
    EXPECT_TRUE(query.ends_with(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
        << query;
}

TEST(Signer, what_it_signs_is_admitted) {
    for (const char* service : {"s3", "sqs"}) {
        Signer signer = signer_for(service);
        Gate gate(now);
        gate.body_sha256 = empty_sha256;
        TestRequest request{
            .method = "PUT",
            .path = "/a%20b/../c+d%2B",
            .query = "b=2&a=%20&c",
            .headers = {
                {"Host", "localhost:1"}, {"X-Amz-Meta-A", "1"}, {"x-amz-meta-a", "  2   3"}}};
        add(request, signer.sign(request.view(), empty_sha256, now).value());
        EXPECT_TRUE(gate.admit(request)) << service;
    }
}

TEST(Signer, what_it_presigns_is_admitted) {
    for (const char* service : {"s3", "polly"}) {
        Signer signer = signer_for(service);
        Gate gate(now);
        gate.body_sha256 = empty_sha256;
        TestRequest request{
            .path = "/a%20b", .query = "b=2&a=%20&c", .headers = {{"Host", "localhost:1"}}};
        request.query = signer.presign(request.view(), std::chrono::seconds(60), now).value();
        EXPECT_TRUE(gate.admit(request)) << service;
    }
}

TEST(Signer, it_changes_its_key_with_the_day) {
    Signer signer = signer_for("s3");
    for (const int day : {0, 1, 0}) {
        const Timestamp time = now + std::chrono::days(day);
        Gate gate(time);
        TestRequest request{.headers = {{"Host", "localhost:1"}}};
        add(request, signer.sign(request.view(), empty_sha256, time).value());
        EXPECT_TRUE(gate.admit(request)) << day;
    }
}

TEST(Signer, a_path_that_is_not_valid_encoding_cannot_be_signed) {
    TestRequest request{.path = "/%", .headers = {{"Host", "localhost:1"}}};
    Signer signer = signer_for("s3");
    EXPECT_EQ(signer.sign(request.view(), empty_sha256, now).error().reason, "invalid_uri");
    EXPECT_EQ(signer.presign(request.view(), std::chrono::seconds(1), now).error().reason,
              "invalid_uri");
}

}  // namespace
}  // namespace onput::auth
