// The examples of AWS's documentation ("Signing and authenticating REST requests"), with its key.
#include <gtest/gtest.h>

#include "common/auth/sigv2.hpp"
#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::example_key;
using testing::Gate;
using testing::TestRequest;

const Timestamp march_27 = parse_http_date("Tue, 27 Mar 2007 19:40:00 GMT").value();
const Timestamp evening = parse_http_date("Tue, 27 Mar 2007 21:10:00 GMT").value();
const Timestamp march_28 = parse_http_date("Wed, 28 Mar 2007 01:40:00 GMT").value();

std::string signed_by(const std::string& signature) {
    return "AWS " + example_key + ":" + signature;
}

struct Signed {
    std::string date;
    std::string signature;
};

TestRequest get(const std::string& path, const std::string& query, const Signed& with) {
    return {.path = path,
            .query = query,
            .headers = {{"Host", "localhost:4566"},
                        {"Date", with.date},
                        {"Authorization", signed_by(with.signature)}}};
}

TestRequest object_get() {
    return get("/johnsmith/photos/puppy.jpg", "",
               {"Tue, 27 Mar 2007 19:36:42 +0000", "bWq2s1WEIj+Ydj0vQ697zp+IXMU="});
}

std::string reason_of(Gate& gate, TestRequest request) {
    const auto identity = gate.admit(request);
    return identity ? "" : identity.error().reason;
}

TEST(SigV2Header, an_object_is_read) {
    Gate gate(march_27);
    TestRequest request = object_get();
    const auto identity = gate.admit(request);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->scheme, Scheme::sigv2_header);
    EXPECT_EQ(identity->access_key, example_key);
    EXPECT_EQ(identity->scope.service, "s3");
    EXPECT_EQ(identity->payload.kind, PayloadKind::unsigned_payload);
}

TEST(SigV2Header, a_bucket_in_the_host_is_signed_as_part_of_the_path) {
    Gate gate(march_27);
    TestRequest request = object_get();
    request.path = "/photos/puppy.jpg";
    EXPECT_EQ(reason_of(gate, request), "signature_does_not_match");
    gate.host_bucket = "johnsmith";
    EXPECT_EQ(reason_of(gate, request), "");
}

TEST(SigV2Header, an_upload_signs_its_content_type) {
    Gate gate(evening);
    TestRequest request{.method = "PUT",
                        .path = "/johnsmith/photos/puppy.jpg",
                        .query = {},
                        .headers = {{"Content-Type", "image/jpeg"},
                                    {"Content-Length", "94328"},
                                    {"Date", "Tue, 27 Mar 2007 21:15:45 +0000"},
                                    {"Authorization", signed_by("MyyxeRY7whkBe+bq8fHCL/2kKUg=")}}};
    EXPECT_EQ(reason_of(gate, request), "");
    request.set("Content-Type", "text/html");
    EXPECT_EQ(reason_of(gate, request), "signature_does_not_match");
}

TEST(SigV2Header, headers_of_amazon_are_sorted_and_repeated_ones_joined) {
    Gate gate(evening);
    TestRequest request{.method = "PUT",
                        .path = "/static.johnsmith.net/db-backup.dat.gz",
                        .query = {},
                        .headers = {{"User-Agent", "curl/7.15.5"},
                                    {"Date", "Tue, 27 Mar 2007 21:06:08 +0000"},
                                    {"x-amz-acl", "public-read"},
                                    {"content-type", "application/x-download"},
                                    {"Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="},
                                    {"X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"},
                                    {"X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"},
                                    {"X-Amz-Meta-FileChecksum", "0x02661779"},
                                    {"X-Amz-Meta-ChecksumAlgorithm", "crc32"},
                                    {"Authorization", signed_by("ilyl83RwaSoYIEdixDQcA4OnAnc=")}}};
    EXPECT_EQ(reason_of(gate, request), "");
    request.headers.emplace_back("x-amz-copy-source", "/other/key");
    EXPECT_EQ(reason_of(gate, request), "signature_does_not_match");
}

TEST(SigV2Header, of_the_query_only_sub_resources_are_signed) {
    Gate gate(march_27);
    TestRequest list = get("/johnsmith/", "prefix=photos&max-keys=50&marker=puppy",
                           {"Tue, 27 Mar 2007 19:42:41 +0000", "htDYFYduRNen8P9ZfE/s9SuKy0U="});
    EXPECT_EQ(reason_of(gate, list), "");
    TestRequest acl = get("/johnsmith/", "acl",
                          {"Tue, 27 Mar 2007 19:44:46 +0000", "c2WLPFtWHVgbEmeEG93a4cG37dM="});
    EXPECT_EQ(reason_of(gate, acl), "");
    acl.query = "policy";
    EXPECT_EQ(reason_of(gate, acl), "signature_does_not_match");
}

TEST(SigV2Header, a_header_form_does_not_take_headers_from_the_query) {
    Gate gate(march_27);
    TestRequest request = object_get();
    request.query = "x-amz-acl=public-read&content-type=text/html";
    EXPECT_EQ(reason_of(gate, request), "");
}

TEST(SigV2Header, the_path_is_signed_as_it_was_sent) {
    Gate gate(march_28);
    TestRequest request = get("/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", "",
                              {"Wed, 28 Mar 2007 01:49:49 +0000", "DNEZGsoieTZ92F3bUfSPQcbGmlM="});
    EXPECT_EQ(reason_of(gate, request), "");
    TestRequest buckets =
        get("/", "", {"Wed, 28 Mar 2007 01:29:59 +0000", "qGdzdERIC03wnaRNKh6OqZehG9s="});
    EXPECT_EQ(reason_of(gate, buckets), "");
}

TEST(SigV2Header, the_time_must_be_there_and_near) {
    TestRequest request = object_get();
    Gate late(march_27 + std::chrono::minutes(12) - std::chrono::seconds(18));
    EXPECT_EQ(reason_of(late, request), "");
    Gate too_late(late.now + std::chrono::seconds(1));
    EXPECT_EQ(reason_of(too_late, request), "request_time_too_skewed");
    for (const char* date : {"", "yesterday", "Tue, 27 Mar 2007 19:36:42 +0100", "+0000"}) {
        request.set("Date", date);
        EXPECT_EQ(reason_of(late, request), "access_denied") << date;
    }
    request.remove("Date");
    EXPECT_EQ(reason_of(late, request), "access_denied");
}

TEST(SigV2Header, x_amz_date_takes_the_place_of_date) {
    Gate gate(march_27);
    TestRequest request = object_get();
    // Signed by openssl dgst -sha1 -hmac over the text that the documentation describes.
    request.set("Date", "Tue, 27 Mar 2001 00:00:00 +0000");
    request.set("x-amz-date", "Tue, 27 Mar 2007 19:36:42 GMT");
    request.set("Authorization", signed_by("gowK97FtAh8yzUrs3FgDr+gZ/UM="));
    EXPECT_EQ(reason_of(gate, request), "");
    request.set("x-amz-date", "20070327T193642Z");
    request.set("Authorization", signed_by("fPQnwGaoB7h5f/nba1O74Rs/F/w="));
    EXPECT_EQ(reason_of(gate, request), "");
    request.set("x-amz-date", "20070327T193643Z");
    EXPECT_EQ(reason_of(gate, request), "signature_does_not_match");
}

TEST(SigV2Header, what_is_no_key_and_signature_is_refused_and_not_repeated) {
    Gate gate(march_27);
    for (const char* text : {"AWS ", "AWS x", "AWS :c2ln", "AWS AKID:", "AWS AKID:a b"}) {
        TestRequest request = object_get();
        request.set("Authorization", text);
        const auto identity = gate.admit(request);
        ASSERT_FALSE(identity) << text;
        EXPECT_EQ(identity.error().reason, "invalid_authorization_header") << text;
        EXPECT_EQ(identity.error().details.back().second, "AWS");
    }
    TestRequest unknown = object_get();
    unknown.set("Authorization", "AWS AKID:bWq2s1WEIj+Ydj0vQ697zp+IXMU=");
    EXPECT_EQ(reason_of(gate, unknown), "invalid_access_key_id");
}

}  // namespace
}  // namespace onput::auth
