#include "services/gateway/s3/region.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view own = "home-1";

// The region, or the reason.
std::string choose(std::string_view endpoint, std::string_view constraint) {
    const auto region = choose_region({.constraint = constraint, .endpoint = endpoint, .own = own});
    return region ? *region : region.error().reason;
}

std::string message_of(std::string_view endpoint, std::string_view constraint) {
    return choose_region({.constraint = constraint, .endpoint = endpoint, .own = own})
        .error()
        .message;
}

TEST(S3Region, a_bucket_without_constraint_is_in_us_east_1_or_where_no_region_is_signed_here) {
    EXPECT_EQ(choose("us-east-1", ""), "us-east-1");
    EXPECT_EQ(choose("", ""), "home-1");
    EXPECT_EQ(choose("US", ""), "us-east-1");
}

TEST(S3Region, from_us_east_1_a_bucket_goes_to_any_other_region) {
    for (const std::string_view endpoint : {"us-east-1", "US", ""}) {
        EXPECT_EQ(choose(endpoint, "eu-central-1"), "eu-central-1");
        EXPECT_EQ(choose(endpoint, "EU"), "eu-west-1");
        EXPECT_EQ(choose(endpoint, "home-1"), "home-1");
    }
}

TEST(S3Region, a_constraint_that_is_none_is_named) {
    for (const std::string_view constraint : {"us-east-1", "nowhere-1", "eu", "us-east-1 "}) {
        const auto region =
            choose_region({.constraint = constraint, .endpoint = "us-east-1", .own = own});
        ASSERT_FALSE(region) << constraint;
        EXPECT_EQ(region.error().reason, "invalid_location_constraint");
        EXPECT_EQ(region.error().details.front().second, constraint);
    }
    EXPECT_EQ(choose("nowhere-1", "nowhere-1"), "invalid_location_constraint");
}

TEST(S3Region, elsewhere_the_constraint_is_the_endpoints) {
    EXPECT_EQ(choose("eu-west-1", "eu-west-1"), "eu-west-1");
    EXPECT_EQ(choose("eu-west-1", "EU"), "eu-west-1");
    EXPECT_EQ(choose("home-1", "home-1"), "home-1");
    EXPECT_EQ(choose("eu-west-1", "us-east-1"), "illegal_location_constraint");
    EXPECT_EQ(message_of("eu-west-1", "us-west-2"),
              "The us-west-2 location constraint is incompatible for the region specific endpoint "
              "this request was sent to.");
    EXPECT_EQ(
        message_of("eu-west-1", ""),
        "The unspecified location constraint is incompatible for the region specific endpoint "
        "this request was sent to.");
}

TEST(S3Region, a_wrong_one_is_told_by_where_the_signature_stands) {
    const Error wrong{.code = ErrorCode::invalid_argument,
                      .message = "the bucket is in another region",
                      .reason = "wrong_region",
                      .details = {{"x-amz-bucket-region", "eu-west-1"}}};
    auth::Identity identity;
    identity.scope.region = "us-east-1";
    const Error in_header = in_words_of_region(wrong, identity);
    EXPECT_EQ(in_header.reason, "authorization_header_malformed");
    EXPECT_EQ(in_header.message,
              "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
              "'eu-west-1'");
    EXPECT_EQ(in_header.details.back(),
              (std::pair<std::string, std::string>("Region", "eu-west-1")));
    identity.scheme = auth::Scheme::sigv4_query;
    const Error in_query = in_words_of_region(wrong, identity);
    EXPECT_EQ(in_query.reason, "authorization_query_parameters_error");
    EXPECT_EQ(in_query.message,
              "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; "
              "expecting 'eu-west-1'");
    const Error other{.code = ErrorCode::not_found, .message = "x", .reason = "no_such_bucket"};
    EXPECT_EQ(in_words_of_region(other, identity).reason, "no_such_bucket");
}

}  // namespace
}  // namespace onput::gateway::s3
