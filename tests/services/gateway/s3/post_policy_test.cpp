#include "services/gateway/s3/post_policy.hpp"

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/post_form.hpp"
#include "services/gateway/s3/post_signature.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr Timestamp now = from_seconds(1'800'000'000);  // 15 January 2027.

FormFields fields_of(std::vector<std::pair<std::string, std::string>> pairs) {
    FormFields fields;
    for (auto& [name, value] : pairs) fields.add(std::move(name), std::move(value));
    return fields;
}

Result<PostPolicy> parse(std::string_view conditions,
                         std::string_view expiration = "2027-02-01T00:00:00Z") {
    return PostPolicy::parse(to_base64("{\"expiration\": \"" + std::string(expiration) +
                                       "\", \"conditions\": [" + std::string(conditions) + "]}"));
}

// What a policy, for bucket `b` unless it names another, says to a form that was sent there; empty:
// nothing against it.
std::string refusal(std::string_view conditions, FormFields fields) {
    const bool is_of_bucket = conditions.contains("bucket");
    const auto policy =
        parse(std::string(is_of_bucket ? "" : R"({"bucket": "b"}, )") + std::string(conditions));
    if (!policy) return policy.error().message;
    const auto checked = policy->check(fields, "b", now);
    return checked ? std::string() : checked.error().message;
}

TEST(S3PostPolicy, each_field_needs_a_condition_that_holds) {
    constexpr std::string_view begins = "Invalid according to Policy: ";
    EXPECT_EQ(refusal(R"({"bucket": "b"}, ["eq", "$Key", "k"])", fields_of({{"KEY", "k"}})), "");
    EXPECT_EQ(refusal(R"({"bucket": "c"})", {}),
              std::string(begins) + R"(Policy Condition failed: ["eq", "$bucket", "c"])");
    EXPECT_EQ(refusal(R"(["starts-with", "$key", "user/"])", fields_of({{"key", "use"}})),
              std::string(begins) + R"(Policy Condition failed: ["starts-with", "$key", "user/"])");
    EXPECT_EQ(refusal(R"({"key": "k"})", fields_of({{"key", "k"},
                                                    {"x-amz-meta-foo", "1"},
                                                    {"X-Ignore-This", "1"},
                                                    {"policy", "p"},
                                                    {"x-amz-signature", "s"},
                                                    {"acl", "private"}})),
              std::string(begins) + "Extra input fields: x-amz-meta-foo, acl");
    EXPECT_EQ(refusal(R"({"acl": "private"})", {}),
              std::string(begins) + R"(Policy Condition failed: ["eq", "$acl", "private"])");
    EXPECT_EQ(refusal(R"(["starts-with", "$acl", ""])", {}), "");
}

TEST(S3PostPolicy, is_for_the_bucket_that_it_names_and_for_no_other) {
    const auto nameless = parse(R"({"key": "k"})");
    ASSERT_TRUE(nameless);
    const auto checked = nameless->check(fields_of({{"key", "k"}}), "b", now);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, "Invalid according to Policy: Extra input fields: bucket");
}

TEST(S3PostPolicy, judges_every_value_so_a_field_has_one) {
    EXPECT_EQ(refusal(R"({"x-amz-meta-role": "user"})",
                      fields_of({{"x-amz-meta-role", "user"}, {"X-Amz-Meta-Role", "admin"}})),
              "Invalid according to Policy: The field x-amz-meta-role is there more than once");
}

TEST(S3PostPolicy, of_a_list_of_types_each_one_begins_so) {
    constexpr std::string_view images = R"(["starts-with", "$Content-Type", "image/"])";
    EXPECT_EQ(refusal(images, fields_of({{"Content-Type", "image/png, image/gif"}})), "");
    EXPECT_NE(refusal(images, fields_of({{"Content-Type", "image/png,text/html"}})), "");
}

TEST(S3PostPolicy, ends_at_its_expiration) {
    const auto policy = parse(R"({"bucket": "b"})", "2027-01-15T08:00:00.000Z");
    ASSERT_TRUE(policy);
    EXPECT_TRUE(policy->check({}, "b", now - Duration(1)));
    const auto late = policy->check({}, "b", now);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().message, "Invalid according to Policy: Policy expired.");
}

TEST(S3PostPolicy, of_two_ranges_of_length_both_hold) {
    for (const std::string_view ranges :
         {R"(["content-length-range", 2, 3], ["content-length-range", 0, 9])",
          R"(["content-length-range", 0, 9], ["content-length-range", 2, 3])",
          R"(["content-length-range", 2, 9], ["content-length-range", 0, 3])"}) {
        const auto policy = parse(ranges);
        ASSERT_TRUE(policy);
        EXPECT_TRUE(check_length_range(policy->length_range(), 2));
        EXPECT_FALSE(check_length_range(policy->length_range(), 1));
        EXPECT_FALSE(check_length_range(policy->length_range(), 4));
    }
    const auto none = parse(R"(["content-length-range", 5, 9], ["content-length-range", 0, 3])");
    ASSERT_TRUE(none);
    for (const std::uint64_t bytes : {0U, 3U, 4U, 5U, 9U})
        EXPECT_FALSE(check_length_range(none->length_range(), bytes));
}

TEST(S3PostPolicy, a_range_bounds_the_file) {
    const auto policy = parse(R"(["content-length-range", 2, "4"])");
    ASSERT_TRUE(policy);
    for (const std::uint64_t bytes : {2U, 4U})
        EXPECT_TRUE(check_length_range(policy->length_range(), bytes));
    EXPECT_EQ(check_length_range(policy->length_range(), 1).error().reason, "entity_too_small");
    EXPECT_EQ(check_length_range(policy->length_range(), 5).error().reason, "entity_too_large");
}

TEST(S3PostPolicy, what_is_no_policy_is_an_invalid_document) {
    for (const std::string_view condition :
         {R"(["like", "$key", "k"])", R"(["eq", "key", "k"])", R"(["eq", "$key"])", R"({})", "1",
          R"({"key": ["k"]})", R"(["content-length-range", 5, 4])",
          R"(["content-length-range", -1, 4])", R"(["content-length-range", "x", 4])"}) {
        const auto policy = parse(condition);
        ASSERT_FALSE(policy) << condition;
        EXPECT_EQ(policy.error().reason, "invalid_policy_document");
    }
    for (const std::string& policy :
         {std::string("*"), to_base64("x"), to_base64("{}"), to_base64(R"({"expiration": "soon"})"),
          to_base64(R"({"expiration": "2027-02-01T00:00:00Z"})"),
          to_base64(R"({"conditions": []})")})
        EXPECT_FALSE(PostPolicy::parse(policy)) << policy;
    EXPECT_FALSE(parse("", "soon"));
}

class S3PostSignature : public testing::Test {
protected:
    S3PostSignature() {
        static_cast<void>(keys.add("AKID", {.secret = "secret", .account_id = "000000000000"}));
    }
    std::string reason(const FormFields& fields) {
        const auto identity =
            verify_post_signature(fields, {.keys = keys, .signing_keys = signing_keys});
        return identity ? "as " + identity->account_id : identity.error().reason;
    }
    static FormFields v4(std::string credential, std::string signature) {
        return fields_of({{"policy", "cG9saWN5"},
                          {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                          {"x-amz-credential", std::move(credential)},
                          {"x-amz-date", "20270115T080000Z"},
                          {"x-amz-signature", std::move(signature)}});
    }

    auth::KeyRing keys;
    auth::SigningKeyCache signing_keys;
};

TEST_F(S3PostSignature, covers_the_policy_as_it_was_sent) {
    const auth::CredentialScope scope{"20270115", "us-east-1", "s3"};
    const std::string right =
        to_hex(hmac_sha256(auth::derive_signing_key("secret", scope), "cG9saWN5"));
    const std::string credential = "AKID/20270115/us-east-1/s3/aws4_request";
    EXPECT_EQ(reason(v4(credential, right)), "as 000000000000");
    EXPECT_EQ(reason(v4(credential, std::string(64, '0'))), "signature_does_not_match");
    EXPECT_EQ(reason(v4("WHO/20270115/us-east-1/s3/aws4_request", right)), "invalid_access_key_id");
    for (const char* malformed :
         {"AKID", "AKID/20270115/us-east-1/sqs/aws4_request", "AKID/2027/us-east-1/s3/aws4_request",
          "AKID/20270114/us-east-1/s3/aws4_request", "a/AKID/20270115/us-east-1/s3/aws4_request"})
        EXPECT_EQ(reason(v4(malformed, right)), "") << malformed;
}

TEST_F(S3PostSignature, of_version_2_is_a_mac_of_the_policy) {
    const std::string right = to_base64(hmac_sha1("secret", "cG9saWN5"));
    EXPECT_EQ(reason(fields_of(
                  {{"policy", "cG9saWN5"}, {"AWSAccessKeyId", "AKID"}, {"signature", right}})),
              "as 000000000000");
    EXPECT_EQ(
        reason(fields_of({{"policy", "other"}, {"AWSAccessKeyId", "AKID"}, {"signature", right}})),
        "signature_does_not_match");
    EXPECT_EQ(reason(fields_of({{"policy", "cG9saWN5"}, {"signature", right}})), "");
    EXPECT_EQ(reason(fields_of({{"AWSAccessKeyId", "AKID"}, {"signature", right}})), "");
}

TEST_F(S3PostSignature, nobody_without_a_policy_and_no_token_is_let_in) {
    EXPECT_EQ(reason({}), "as ");  // Nobody's: storage judges it.
    EXPECT_EQ(reason(fields_of({{"policy", "p"}, {"x-amz-security-token", "t"}})), "invalid_token");
}

TEST(S3PostForm, fields_travel_as_headers_but_for_those_of_the_form) {
    const FormFields fields = fields_of({{"key", "k"},
                                         {"Content-Type", "t"},
                                         {"acl", "private"},
                                         {"x-amz-meta-a", "b"},
                                         {"x-amz-date", "d"},
                                         {"x-ignore-x", "1"},
                                         {"success_action_status", "201"}});
    const auto head = head_of_form(fields);
    EXPECT_EQ(head.headers.size(), 3U);
    EXPECT_EQ(head.header("content-type"), "t");
    EXPECT_EQ(head.header("x-amz-acl"), "private");
    EXPECT_EQ(head.header("x-amz-meta-a"), "b");
}

TEST(S3PostForm, a_redirect_that_cannot_be_followed_is_none) {
    const PostedObject object{.location = "l", .bucket = "b", .key = "a&b/c", .etag = "e"};
    const auto location = [&object](std::string url) {
        const auto reply = reply_to_form(fields_of({{"redirect", std::move(url)}}), object);
        return std::to_string(reply.status) + " " + reply.headers.back().second;
    };
    EXPECT_EQ(location("https://t/p"), "303 https://t/p?bucket=b&key=a%26b%2Fc&etag=%22e%22");
    EXPECT_EQ(location("https://t/p?x=1"),
              "303 https://t/p?x=1&bucket=b&key=a%26b%2Fc&etag=%22e%22");
    EXPECT_EQ(location("javascript:1"), "204 l");
    EXPECT_EQ(location("http://t/\r\nX: y"), "204 l");
}

}  // namespace
}  // namespace onput::gateway::s3
