#include "services/storage/objects/names.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

TEST(BucketName, good_names_pass) {
    for (const std::string name :
         {"abc", "my-bucket", "a.b.c", "123", "my.bucket-1", "1.2.3.4.5", "0-9", "a1.2.3.4"}) {
        EXPECT_TRUE(check_bucket_name(name)) << name;
    }
    EXPECT_TRUE(check_bucket_name(std::string(63, 'a')));
}

TEST(BucketName, what_s3_refuses_is_refused) {
    for (const std::string name : {"",
                                   "ab",
                                   "Abc",
                                   "a_b",
                                   "-abc",
                                   "abc-",
                                   ".abc",
                                   "abc.",
                                   "a..b",
                                   "192.168.5.4",
                                   "xn--abc",
                                   "sthree-abc",
                                   "amzn-s3-demo-x",
                                   "abc-s3alias",
                                   "abc--ol-s3",
                                   "abc.mrap",
                                   "abc--x-s3",
                                   "abc--table-s3",
                                   "a b",
                                   "a/b",
                                   "caf\xc3\xa9"}) {
        EXPECT_EQ(reason_of(check_bucket_name(name)), "invalid_bucket_name") << name;
    }
    EXPECT_EQ(reason_of(check_bucket_name(std::string(64, 'a'))), "invalid_bucket_name");
}

TEST(Region, only_plausible_texts_pass) {
    EXPECT_TRUE(check_region("eu-west-1"));
    EXPECT_EQ(reason_of(check_region("")), "invalid_location_constraint");
    EXPECT_EQ(reason_of(check_region("EU")), "invalid_location_constraint");
    EXPECT_EQ(reason_of(check_region(std::string(33, 'a'))), "invalid_location_constraint");
}

TEST(Key, one_to_1024_bytes_of_utf8_pass) {
    EXPECT_TRUE(check_key("a"));
    EXPECT_TRUE(check_key("a/\xc3\xa9//..\x01"));
    EXPECT_TRUE(check_key(std::string(1024, 'k')));
    EXPECT_EQ(reason_of(check_key(std::string(1025, 'k'))), "key_too_long");
    EXPECT_EQ(reason_of(check_key("")), "invalid_argument");
    EXPECT_EQ(reason_of(check_key("\xff\xfe")), "invalid_argument");
}

schema::PutObject good_put() {
    schema::PutObject put;
    put.etag = "0123";
    return put;
}

TEST(Put, a_size_above_five_gibibytes_is_too_large) {
    auto put = good_put();
    put.size_bytes = schema::put_bytes_max;
    EXPECT_TRUE(check_put(put));
    ++put.size_bytes;
    const auto checked = check_put(put);
    EXPECT_EQ(reason_of(checked), "entity_too_large");
    EXPECT_EQ(detail_of(checked, "MaxSizeAllowed"), "5368709120");
}

TEST(Put, user_metadata_is_bounded_by_names_and_values_together) {
    auto put = good_put();
    put.metadata["name"] = std::string(2044, 'v');
    EXPECT_TRUE(check_put(put));
    put.metadata["name"] += 'v';
    const auto checked = check_put(put);
    EXPECT_EQ(reason_of(checked), "metadata_too_large");
    EXPECT_EQ(detail_of(checked, "Size"), "2049");
}

TEST(Put, headers_are_bounded) {
    auto put = good_put();
    put.headers["cache-control"] = std::string(headers_bytes_max - 13, 'v');
    EXPECT_TRUE(check_put(put));
    put.content_type = "x";
    EXPECT_EQ(reason_of(check_put(put)), "metadata_too_large");
}

TEST(Put, checksums_are_bounded) {
    auto put = good_put();
    put.checksums.resize(checksums_max);
    EXPECT_TRUE(check_put(put));
    put.checksums.resize(checksums_max + 1);
    EXPECT_EQ(reason_of(check_put(put)), "invalid_argument");
}

TEST(Put, every_short_text_is_bounded) {
    const std::string longest(short_text_bytes_max, 'x');
    for (auto field : {&schema::PutObject::etag, &schema::PutObject::idempotency_key,
                       &schema::PutObject::request_id, &schema::PutObject::host_id,
                       &schema::PutObject::source_ip}) {
        auto put = good_put();
        put.*field = longest;
        EXPECT_TRUE(check_put(put));
        put.*field += 'x';
        EXPECT_EQ(reason_of(check_put(put)), "invalid_argument");
    }
}

TEST(Put, an_empty_etag_is_refused) {
    EXPECT_EQ(reason_of(check_put({})), "invalid_argument");
}

}  // namespace
}  // namespace onput::storage
