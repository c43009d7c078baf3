#include "services/gateway/s3/presigned.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

class PresignedTest : public testing::Test {
protected:
    std::string header(std::string_view name) {
        all_ = with_url_headers(head_, query_, scheme_);
        return std::string(all_.header(name).value_or("(none)"));
    }
    void ask(std::string_view text) { query_ = *http::parse_query(text); }

    auth::Scheme scheme_ = auth::Scheme::sigv4_query;
    http::RequestHead head_;
    std::vector<http::QueryParameter> query_;
    http::RequestHead all_;
};

TEST_F(PresignedTest, amz_parameters_content_type_and_md5_are_headers) {
    ask("x-amz-meta-author=J%C3%BCrgen+K&X-Amz-Checksum-Mode=ENABLED&content-type=a%2Fb&"
        "Content-MD5=m");
    EXPECT_EQ(header("x-amz-meta-author"), "J\xC3\xBCrgen K");
    EXPECT_EQ(header("x-amz-checksum-mode"), "ENABLED");
    EXPECT_EQ(header("Content-Type"), "a/b");
    EXPECT_EQ(header("content-md5"), "m");
}

TEST_F(PresignedTest, the_signatures_own_parameters_and_all_others_are_none) {
    ask("X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=e&X-Amz-SignedHeaders=h&"
        "X-Amz-Signature=s&X-Amz-Security-Token=t&X-Amz-Content-Sha256=u&x-amz-=n&"
        "response-content-type=r&Expires=1&cache-control=x&range=bytes");
    all_ = with_url_headers(head_, query_, scheme_);
    EXPECT_TRUE(all_.headers.empty());
}

TEST_F(PresignedTest, the_checksum_of_a_body_that_the_signer_did_not_have_is_none) {
    ask("X-Amz-Checksum-CRC32=AAAAAA%3D%3D&x-amz-checksum-crc32c=a&x-amz-checksum-crc64nvme=b&"
        "x-amz-checksum-sha1=c&x-amz-checksum-sha256=d&x-amz-sdk-checksum-algorithm=CRC32");
    all_ = with_url_headers(head_, query_, scheme_);
    EXPECT_TRUE(all_.headers.empty());
    head_.headers = {{"x-amz-checksum-crc32", "sent"}};
    EXPECT_EQ(header("x-amz-checksum-crc32"), "sent");
}

TEST_F(PresignedTest, a_condition_is_one_where_it_is_signed) {
    ask("If-Match=a&if-none-match=%2A&If-Modified-Since=b&If-Unmodified-Since=c&If-Range=d");
    EXPECT_EQ(header("if-match"), "a");
    EXPECT_EQ(header("if-none-match"), "*");
    EXPECT_EQ(header("if-modified-since"), "b");
    EXPECT_EQ(header("if-unmodified-since"), "c");
    EXPECT_EQ(header("if-range"), "(none)");
    // SigV2 leaves such parameters unsigned.
    scheme_ = auth::Scheme::sigv2_query;
    EXPECT_EQ(header("if-match"), "(none)");
}

TEST_F(PresignedTest, a_header_that_was_sent_wins) {
    head_.headers = {{"X-AMZ-META-A", "sent"}};
    ask("x-amz-meta-a=url");
    EXPECT_EQ(header("x-amz-meta-a"), "sent");
    EXPECT_EQ(all_.headers.size(), 1U);
}

TEST_F(PresignedTest, the_first_of_two_parameters_wins) {
    ask("x-amz-meta-a=1&x-amz-meta-a=2");
    EXPECT_EQ(header("x-amz-meta-a"), "1");
    EXPECT_EQ(all_.headers.size(), 1U);
}

}  // namespace
}  // namespace onput::gateway::s3
