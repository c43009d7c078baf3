#include "common/auth/claim.hpp"

#include <gtest/gtest.h>

#include "common/auth/credentials.hpp"
#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using testing::empty_sha256;
using testing::TestRequest;

const std::string signature(64, 'a');

TestRequest signed_by(const std::string& authorization) {
    return {.headers = {{"Host", "localhost"},
                        {"X-Amz-Date", "20261121T101530Z"},
                        {"X-Amz-Content-Sha256", empty_sha256},
                        {"Authorization", authorization}}};
}

std::string authorization(const std::string& credential, const std::string& signed_headers) {
    return "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + signed_headers +
           ", Signature=" + signature;
}

const std::string good_credential = "AKID/20261121/us-east-1/s3/aws4_request";
const std::string good_headers = "host;x-amz-content-sha256;x-amz-date";

TestRequest good_request() {
    return signed_by(authorization(good_credential, good_headers));
}

TestRequest presigned(const std::string& expires) {
    return {.query =
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261121%2Fus-east-1"
                "%2Fs3%2Faws4_request&X-Amz-Date=20261121T101530Z&X-Amz-Expires=" +
                expires + "&X-Amz-SignedHeaders=host&X-Amz-Signature=" + signature,
            .headers = {{"Host", "localhost"}}};
}

std::string reason_of(TestRequest request) {
    const auto claim = parse_claim(request.view());
    return claim ? "none" : claim.error().reason;
}

TEST(ClaimHeader, all_parts_are_read) {
    TestRequest request = good_request();
    const Claim claim = parse_claim(request.view()).value();
    EXPECT_EQ(claim.scheme, Scheme::sigv4_header);
    EXPECT_EQ(claim.access_key, "AKID");
    EXPECT_EQ(claim.scope.date, "20261121");
    EXPECT_EQ(claim.scope.region, "us-east-1");
    EXPECT_EQ(claim.scope.service, "s3");
    EXPECT_EQ(claim.signed_headers, good_headers);
    EXPECT_EQ(claim.signature, signature);
    EXPECT_EQ(format_iso8601_basic(claim.signed_at), "20261121T101530Z");
    EXPECT_EQ(claim.payload.kind, PayloadKind::sha256);
}

TEST(ClaimHeader, spacing_and_order_of_the_components_are_free) {
    EXPECT_EQ(reason_of(signed_by("AWS4-HMAC-SHA256 Signature=" + signature + ",SignedHeaders=" +
                                  good_headers + ",  Credential=" + good_credential)),
              "none");
}

TEST(ClaimHeader, an_access_key_may_hold_slashes) {
    TestRequest request =
        signed_by(authorization("team/key/20261121/r/s3/aws4_request", good_headers));
    EXPECT_EQ(parse_claim(request.view()).value().access_key, "team/key");
}

TEST(ClaimHeader, malformed_headers_are_refused_as_such) {
    for (const std::string& credential :
         {std::string("AKID"), std::string("/20261121/us-east-1/s3/aws4_request"),
          std::string("AKID/20261121/us-east-1/s3/aws4"),
          std::string("AKID/2026112/us-east-1/s3/aws4_request"),
          std::string("AKID/20261121//s3/aws4_request"),
          std::string("AKID/20261121/us east/s3/aws4_request"),
          std::string("20261121/us-east-1/s3/aws4_request"),
          std::string(129, 'A') + "/20261121/us-east-1/s3/aws4_request",
          "AKID/20261121/" + std::string(65, 'r') + "/s3/aws4_request"}) {
        EXPECT_EQ(reason_of(signed_by(authorization(credential, good_headers))),
                  "authorization_header_malformed")
            << credential;
    }
    for (const char* text : {"AWS4-HMAC-SHA256 x", "AWS4-HMAC-SHA256 Credential=a",
                             "AWS4-HMAC-SHA256 =", "AWS4-HMAC-SHA256 ,,,",
                             "AWS4-HMAC-SHA256 Credential=a,Credential=b"}) {
        EXPECT_EQ(reason_of(signed_by(text)), "authorization_header_malformed") << text;
    }
    EXPECT_EQ(reason_of(signed_by("AWS4-HMAC-SHA256 Credential=" + good_credential +
                                  ", SignedHeaders=" + good_headers + ", Signature=ABC")),
              "authorization_header_malformed");
}

TEST(ClaimHeader, the_list_of_signed_headers_is_checked) {
    for (const char* list : {"x-amz-content-sha256;x-amz-date", "Host;x-amz-date", "host;;range",
                             ";host", "host;a b", "host;a:b"}) {
        EXPECT_EQ(reason_of(signed_by(authorization(good_credential, list))),
                  "authorization_header_malformed")
            << list;
    }
    std::string longest = good_headers;
    for (std::size_t i = 3; i < signed_headers_max; ++i) longest += ";x";
    EXPECT_EQ(reason_of(signed_by(authorization(good_credential, longest))), "none");
    EXPECT_EQ(reason_of(signed_by(authorization(good_credential, longest + ";x"))),
              "authorization_header_malformed");
}

TEST(ClaimHeader, an_amz_header_outside_the_signature_is_refused_by_name) {
    TestRequest request = good_request();
    request.set("X-Amz-Copy-Source", "/secret/file");
    request.set("X-Amz-Acl", "public-read");
    const auto claim = parse_claim(request.view());
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(claim.error().reason, "headers_not_signed");
    EXPECT_EQ(claim.error().details, (std::vector<std::pair<std::string, std::string>>{
                                         {"HeadersNotSigned", "x-amz-copy-source, x-amz-acl"}}));
}

TEST(ClaimHeader, the_hash_of_the_payload_is_signed_although_its_header_is_not) {
    EXPECT_EQ(reason_of(signed_by(authorization(good_credential, "host;x-amz-date"))), "none");
    EXPECT_EQ(reason_of(signed_by(authorization(good_credential, ":authority;x-amz-date"))),
              "none");
}

TEST(ClaimHeader, the_day_of_the_scope_must_be_the_day_of_the_request) {
    TestRequest request = good_request();
    request.set("X-Amz-Date", "20261122T000000Z");
    EXPECT_EQ(reason_of(request), "authorization_header_malformed");
}

TEST(ClaimHeader, the_date_header_serves_where_x_amz_date_is_missing) {
    TestRequest request = good_request();
    request.remove("X-Amz-Date");
    EXPECT_EQ(reason_of(request), "access_denied");
    request.set("Date", "Sat, 21 Nov 2026 10:15:30 GMT");
    EXPECT_EQ(reason_of(request), "none");
    request.set("Date", "20261121T101530Z");
    EXPECT_EQ(reason_of(request), "none");
    request.set("Date", "yesterday");
    EXPECT_EQ(reason_of(request), "access_denied");
}

TEST(ClaimHeader, s3_needs_the_payload_hash_and_others_do_not) {
    TestRequest request = good_request();
    request.remove("X-Amz-Content-Sha256");
    EXPECT_EQ(reason_of(request), "missing_security_header");
    request.set("Authorization",
                authorization("AKID/20261121/us-east-1/sns/aws4_request", "host;x-amz-date"));
    EXPECT_EQ(reason_of(request), "none");
    EXPECT_EQ(parse_claim(request.view()).value().payload.kind, PayloadKind::body);
}

TEST(ClaimHeader, every_kind_of_payload_is_told_apart) {
    const auto kind_of = [](const std::string& token) {
        TestRequest request = good_request();
        request.set("X-Amz-Content-Sha256", token);
        return parse_claim(request.view()).value().payload.kind;
    };
    EXPECT_EQ(kind_of(empty_sha256), PayloadKind::sha256);
    EXPECT_EQ(kind_of("UNSIGNED-PAYLOAD"), PayloadKind::unsigned_payload);
    EXPECT_EQ(kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), PayloadKind::signed_chunks);
    EXPECT_EQ(kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
              PayloadKind::signed_chunks_trailer);
    EXPECT_EQ(kind_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), PayloadKind::unsigned_chunks_trailer);
}

TEST(ClaimHeader, an_unknown_kind_of_payload_is_refused) {
    for (const char* token : {"", "unsigned-payload", "E3B0C4",
                              "STREAMING-AWS4-ECDSA-P256-SHA256-"
                              "PAYLOAD"}) {
        TestRequest request = good_request();
        request.set("X-Amz-Content-Sha256", token);
        EXPECT_EQ(reason_of(request), "invalid_content_sha256") << token;
    }
}

TEST(ClaimHeader, sigv4a_in_the_header_is_refused_by_name) {
    for (const char* text : {"AWS4-ECDSA-P256-SHA256 Credential=a", "AWS4-HMAC-SHA1 a"}) {
        TestRequest request = signed_by(text);
        const auto claim = parse_claim(request.view());
        ASSERT_FALSE(claim);
        EXPECT_EQ(claim.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(claim.error().reason, "authorization_mechanism_not_supported");
    }
}

TEST(ClaimHeader, another_kind_of_authorization_is_not_echoed_beyond_its_type) {
    TestRequest request = signed_by("Basic dXNlcjpwYXNzd29yZA==");
    const auto claim = parse_claim(request.view());
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().reason, "unsupported_authorization_type");
    EXPECT_EQ(claim.error().details.back().second, "Basic");
    EXPECT_EQ(reason_of(signed_by("")), "unsupported_authorization_type");
    EXPECT_EQ(reason_of(signed_by("AWS4-HMAC-SHA256")), "authorization_mechanism_not_supported");
}

TEST(ClaimAnonymous, a_request_without_any_signature_is_denied) {
    TestRequest request{.query = "prefix=a", .headers = {{"Host", "localhost"}}};
    EXPECT_TRUE(is_anonymous(request.view()));
    const auto claim = parse_claim(request.view());
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(claim.error().reason, "access_denied");
}

TEST(ClaimAnonymous, any_trace_of_a_signature_is_not_anonymous) {
    TestRequest header = good_request();
    EXPECT_FALSE(is_anonymous(header.view()));
    for (const char* query : {"X-Amz-Signature=a", "X-Amz-Algorithm=a", "X-Amz-Credential=a",
                              "AWSAccessKeyId=a", "X-Amz-Date=1&X-Amz-Date=2"}) {
        TestRequest request{.query = query};
        EXPECT_FALSE(is_anonymous(request.view())) << query;
    }
}

TEST(ClaimQuery, all_parts_are_read) {
    TestRequest request = presigned("60");
    const Claim claim = parse_claim(request.view()).value();
    EXPECT_EQ(claim.scheme, Scheme::sigv4_query);
    EXPECT_EQ(claim.access_key, "AKID");
    EXPECT_EQ(claim.signed_headers, "host");
    EXPECT_EQ(claim.expires_at - claim.signed_at, std::chrono::seconds(60));
    EXPECT_EQ(claim.payload.kind, PayloadKind::unsigned_payload);
}

TEST(ClaimQuery, a_url_lives_from_one_second_to_seven_days) {
    EXPECT_EQ(reason_of(presigned("1")), "none");
    EXPECT_EQ(reason_of(presigned("604800")), "none");
    for (const char* expires : {"0", "-1", "604801", "99999999999999999999",
                                "-99999999999999999999", "", "1h", " 1", "0x10"}) {
        EXPECT_EQ(reason_of(presigned(expires)), "authorization_query_parameters_error") << expires;
    }
}

TEST(ClaimQuery, a_bad_credential_is_told_to_be_the_parameter) {
    const auto message_of = [](std::string_view from, std::string_view to) {
        TestRequest request = presigned("60");
        request.query.replace(request.query.find(from), from.size(), to);
        const auto claim = parse_claim(request.view());
        EXPECT_FALSE(claim);
        EXPECT_EQ(claim.error().reason, "authorization_query_parameters_error");
        return claim.error().message;
    };
    EXPECT_EQ(message_of("%2Fs3", ""),
              "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
              "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    EXPECT_EQ(message_of("aws4_request", "aws4"),
              "Error parsing the X-Amz-Credential parameter; incorrect terminal \"aws4\". This "
              "endpoint uses \"aws4_request\".");
    EXPECT_EQ(message_of("20261121", "today"),
              "Invalid credential date \"today\". This date is not the same as X-Amz-Date: "
              "\"20261121\".");
}

TEST(ClaimQuery, each_parameter_is_needed_once) {
    for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                             "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
        TestRequest without = presigned("60");
        without.query.replace(without.query.find(name), 5, "Other");
        EXPECT_EQ(reason_of(without), "authorization_query_parameters_error") << name;
        TestRequest twice = presigned("60");
        twice.query += std::string("&") + name + "=x";
        EXPECT_EQ(reason_of(twice), "authorization_query_parameters_error") << name;
    }
}

TEST(ClaimQuery, the_payload_hash_may_be_in_the_query_or_in_a_signed_header) {
    TestRequest in_query = presigned("60");
    in_query.query += "&X-Amz-Content-Sha256=" + empty_sha256;
    EXPECT_EQ(parse_claim(in_query.view()).value().payload.kind, PayloadKind::sha256);
    TestRequest in_header = presigned("60");
    in_header.set("x-amz-content-sha256", empty_sha256);
    EXPECT_EQ(parse_claim(in_header.view()).value().payload.kind, PayloadKind::sha256);
}

TEST(ClaimQuery, an_amz_header_outside_the_signature_is_refused) {
    TestRequest request = presigned("60");
    request.set("x-amz-acl", "public-read");
    EXPECT_EQ(reason_of(request), "headers_not_signed");
}

TEST(ClaimQuery, parameters_without_a_name_do_no_harm) {
    TestRequest request = presigned("60");
    request.query = "=&&=x&" + request.query;
    EXPECT_EQ(reason_of(request), "none");
}

TEST(Claim, headers_of_meaning_come_once) {
    for (const char* name : {"Authorization", "X-Amz-Date", "x-amz-copy-source", "Content-MD5"}) {
        TestRequest request = good_request();
        request.headers.emplace_back(name, "a");
        request.headers.emplace_back(name, "b");
        EXPECT_EQ(reason_of(request), "repeated_header") << name;
    }
    // Metadata is kept, and lists of names are sets: SDKs send a line for each.
    for (const char* name :
         {"x-amz-meta-a", "x-amz-object-attributes", "X-Amz-Optional-Object-Attributes"}) {
        TestRequest request = good_request();
        request.headers.emplace_back(name, "1");
        request.headers.emplace_back(name, "2");
        EXPECT_EQ(reason_of(request), "headers_not_signed") << name;
    }
}

TEST(Claim, an_encoded_name_makes_a_signature_as_well) {
    TestRequest request{.query = "AWSAccessKey%49d=a&Signature=b&Expires=1"};
    EXPECT_FALSE(is_anonymous(request.view()));
    request = presigned("60");
    request.query.replace(0, 5, "X%2DAmz");
    EXPECT_EQ(reason_of(request), "none");
}

TEST(Claim, two_signatures_at_once_are_refused) {
    TestRequest request = good_request();
    request.query = presigned("60").query;
    EXPECT_EQ(reason_of(request), "several_auth_mechanisms");
    request = presigned("60");
    request.query += "&AWSAccessKeyId=a";
    EXPECT_EQ(reason_of(request), "several_auth_mechanisms");
}

TEST(Claim, an_anonymous_body_has_a_hash_or_none_and_no_signed_chunks) {
    TestRequest request{.method = "PUT"};
    const auto kind = [&request] {
        const auto payload = payload_of_anonymous(request.view());
        return payload ? std::optional(payload->kind) : std::nullopt;
    };
    EXPECT_EQ(kind(), PayloadKind::unsigned_payload);
    request.set("x-amz-content-sha256", empty_sha256);
    EXPECT_EQ(kind(), PayloadKind::sha256);
    request.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    EXPECT_EQ(kind(), PayloadKind::unsigned_chunks_trailer);
    for (const char* token : {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "none"}) {
        request.set("x-amz-content-sha256", token);
        EXPECT_EQ(kind(), std::nullopt) << token;
    }
}

}  // namespace
}  // namespace onput::auth
