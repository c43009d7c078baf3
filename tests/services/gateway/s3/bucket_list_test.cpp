#include "services/gateway/s3/bucket_list.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

schema::BucketList three_buckets() {
    schema::BucketList list;
    for (const auto& [name, region] : std::vector<std::pair<std::string, std::string>>{
             {"alpha", "us-east-1"}, {"beta", "eu-west-1"}, {"gamma", "us-east-1"}}) {
        list.buckets.push_back({.name = name,
                                .owner_account = "000000000000",
                                .region = region,
                                .created_at = Timestamp()});
    }
    return list;
}

std::vector<http::QueryParameter> query(std::string_view text) {
    return *http::parse_query(text);
}

Result<BucketQuery> read(const std::vector<http::QueryParameter>& parameters) {
    return read_bucket_query(parameters, "home-1");
}

TEST(S3BucketList, shows_every_bucket_with_its_region) {
    const std::string xml = render_bucket_list(*read({}), three_buckets());
    EXPECT_TRUE(
        xml.contains("<Bucket><Name>beta</Name><CreationDate>1970-01-01T00:00:00.000Z"
                     "</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket>"));
    EXPECT_TRUE(xml.contains("gamma"));
    EXPECT_FALSE(xml.contains("ContinuationToken"));
    EXPECT_FALSE(xml.contains("<Prefix>"));
}

TEST(S3BucketList, pages_follow_each_other_without_gap_or_repetition) {
    const auto first = read(query("max-buckets=2"));
    ASSERT_TRUE(first);
    const std::string xml = render_bucket_list(*first, three_buckets());
    EXPECT_TRUE(xml.contains("alpha") && xml.contains("beta") && !xml.contains("gamma"));
    EXPECT_TRUE(xml.contains("<ContinuationToken>YmV0YQ==</ContinuationToken>"));
    const auto next = read(query("max-buckets=2&continuation-token=YmV0YQ%3D%3D"));
    ASSERT_TRUE(next);
    const std::string rest = render_bucket_list(*next, three_buckets());
    EXPECT_TRUE(!rest.contains("alpha") && !rest.contains("beta") && rest.contains("gamma"));
    EXPECT_FALSE(rest.contains("ContinuationToken"));
}

TEST(S3BucketList, a_region_chooses_its_buckets) {
    const auto wanted = read(query("bucket-region=eu-west-1"));
    ASSERT_TRUE(wanted);
    const std::string xml = render_bucket_list(*wanted, three_buckets());
    EXPECT_TRUE(!xml.contains("alpha") && xml.contains("beta") && !xml.contains("gamma"));
}

TEST(S3BucketList, refuses_a_region_that_nobody_has) {
    const auto wanted = read(query("bucket-region=nowhere-1"));
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().message, "Argument value nowhere-1 is not a valid AWS Region");
    EXPECT_FALSE(read(query("bucket-region=EU")));
    for (const char* region : {"us-east-1", "ap-southeast-7", "home-1"}) {
        EXPECT_TRUE(read(query(std::string("bucket-region=") + region))) << region;
    }
}

TEST(S3BucketList, times_are_whole_seconds) {
    schema::BucketList list;
    list.buckets.push_back({.name = "a", .created_at = Timestamp(std::chrono::milliseconds(7999))});
    EXPECT_TRUE(render_bucket_list(*read({}), list).contains("1970-01-01T00:00:07.000Z"));
}

TEST(S3BucketList, refuses_counts_and_tokens_that_are_none) {
    for (const std::string_view text : {"max-buckets=0", "max-buckets=10001", "max-buckets=x",
                                        "max-buckets=-1", "continuation-token=%2A"}) {
        EXPECT_FALSE(read(query(text))) << text;
    }
    EXPECT_TRUE(read(query("max-buckets=10000")));
}

}  // namespace
}  // namespace onput::gateway::s3
