#include "services/gateway/s3/listing.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

std::vector<http::QueryParameter> query(std::string_view text) {
    return *http::parse_query(text);
}

schema::ObjectList list_of(std::vector<std::string> keys) {
    schema::ObjectList list;
    for (auto& key : keys) {
        list.objects.push_back(
            {.key = std::move(key), .size_bytes = 5, .etag = "e", .last_modified = Timestamp()});
    }
    list.owner_account = "000000000000";
    return list;
}

bool has(const std::string& xml, std::string_view part) {
    return xml.contains(part);
}

void expect_refused(const Result<ListQuery>& wanted, std::string_view argument) {
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().code, ErrorCode::invalid_argument);
    ASSERT_FALSE(wanted.error().details.empty());
    EXPECT_EQ(wanted.error().details.front().second, argument);
}

TEST(S3Listing, asks_for_a_thousand_keys_unless_told_otherwise) {
    EXPECT_EQ(read_list_v1("b", {})->message.keys_max, 1000U);
    EXPECT_EQ(read_list_v1("b", query("max-keys="))->message.keys_max, 1000U);
    EXPECT_EQ(read_list_v1("b", query("max-keys=7"))->message.keys_max, 7U);
    EXPECT_EQ(read_list_v1("b", query("max-keys=0"))->message.keys_max, 0U);
    EXPECT_EQ(read_list_v1("b", query("max-keys=2147483647"))->message.keys_max, 1000U);
}

TEST(S3Listing, refuses_arguments_that_have_no_meaning) {
    expect_refused(read_list_v1("b", query("max-keys=x")), "max-keys");
    expect_refused(read_list_v1("b", query("max-keys=-1")), "max-keys");
    expect_refused(read_list_v1("b", query("max-keys=2147483648")), "max-keys");
    expect_refused(read_list_v1("b", query("encoding-type=base64")), "encoding-type");
    expect_refused(read_list_v2("b", query("list-type=3")), "list-type");
    expect_refused(read_list_v2("b", query("list-type=2&continuation-token=")),
                   "continuation-token");
    expect_refused(read_list_v2("b", query("list-type=2&continuation-token=bad*")),
                   "continuation-token");
    // Base64, but none of ours.
    expect_refused(read_list_v2("b", query("list-type=2&continuation-token=MmFiYw==")),
                   "continuation-token");
}

TEST(S3Listing, version_1_goes_on_after_its_marker) {
    const auto wanted = read_list_v1("b", query("marker=a%20b&prefix=a&delimiter=%2F"));
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->message.bucket, "b");
    EXPECT_EQ(wanted->message.after, "a b");
    EXPECT_EQ(wanted->message.prefix, "a");
    EXPECT_EQ(wanted->message.delimiter, "/");
}

TEST(S3Listing, version_2_goes_on_where_its_own_token_says) {
    auto list = list_of({"a", "k\xC3\xA4y"});
    list.is_truncated = true;
    list.next_after = "k\xC3\xA4y";
    const auto first = read_list_v2("b", query("list-type=2&start-after=A"));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->message.after, "A");
    const std::string xml = render_list_v2(*first, list);
    const std::string open = "<NextContinuationToken>";
    const auto start = xml.find(open) + open.size();
    const std::string token = xml.substr(start, xml.find('<', start) - start);
    const auto next = read_list_v2("b", {{.name = "list-type", .value = "2"},
                                         {.name = "start-after", .value = "A"},
                                         {.name = "continuation-token", .value = token}});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->message.after, "k\xC3\xA4y");
    const std::string rest = render_list_v2(*next, list);
    EXPECT_TRUE(has(rest, "<ContinuationToken>" + token + "</ContinuationToken>"));
    EXPECT_TRUE(has(xml, "<StartAfter>A</StartAfter>"));
    EXPECT_FALSE(has(rest, "StartAfter"));
}

TEST(S3Listing, version_2_echoes_the_question) {
    const auto wanted =
        read_list_v2("b", query("list-type=2&prefix=p&delimiter=%2F&start-after=s&max-keys=9"));
    ASSERT_TRUE(wanted);
    auto list = list_of({"p1"});
    list.common_prefixes = {"p/"};
    const std::string xml = render_list_v2(*wanted, list);
    for (const std::string_view part :
         {"<Name>b</Name>", "<Prefix>p</Prefix>", "<Delimiter>/</Delimiter>",
          "<StartAfter>s</StartAfter>", "<MaxKeys>9</MaxKeys>", "<KeyCount>2</KeyCount>",
          "<IsTruncated>false</IsTruncated>", "<Key>p1</Key>", "<ETag>&quot;e&quot;</ETag>",
          "<Size>5</Size>", "<LastModified>1970-01-01T00:00:00.000Z</LastModified>",
          "<StorageClass>STANDARD</StorageClass>",
          "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"}) {
        EXPECT_TRUE(has(xml, part)) << part << "\n" << xml;
    }
    EXPECT_FALSE(has(xml, "EncodingType"));
    EXPECT_FALSE(has(xml, "ContinuationToken"));
    EXPECT_FALSE(has(xml, "Owner"));
}

TEST(S3Listing, names_are_form_encoded_when_asked_but_slashes_stay) {
    const auto wanted = read_list_v2(
        "b", query("list-type=2&encoding-type=url&prefix=a%20&start-after=%01&delimiter=%2F"));
    ASSERT_TRUE(wanted);
    auto list = list_of({"a /\xC3\xA4+*~\x01"});
    list.common_prefixes = {"a &/"};
    const std::string xml = render_list_v2(*wanted, list);
    for (const std::string_view part :
         {"<EncodingType>url</EncodingType>", "<Prefix>a+</Prefix>", "<StartAfter>%01</StartAfter>",
          "<Key>a+/%C3%A4%2B*%7E%01</Key>", "<Prefix>a+%26/</Prefix>",
          "<Delimiter>/</Delimiter>"}) {
        EXPECT_TRUE(has(xml, part)) << part << "\n" << xml;
    }
}

TEST(S3Listing, the_owner_is_shown_in_version_1_and_in_version_2_when_asked_for) {
    const auto list = list_of({"a"});
    EXPECT_TRUE(has(render_list_v1(*read_list_v1("b", {}), list), "<Owner><ID>"));
    EXPECT_TRUE(has(render_list_v2(*read_list_v2("b", query("list-type=2&fetch-owner=true")), list),
                    "<Owner>"));
}

TEST(S3Listing, version_1_states_the_next_marker_only_with_a_delimiter) {
    auto list = list_of({"a"});
    list.is_truncated = true;
    list.next_after = "a";
    EXPECT_FALSE(has(render_list_v1(*read_list_v1("b", {}), list), "NextMarker"));
    EXPECT_TRUE(has(render_list_v1(*read_list_v1("b", query("delimiter=/")), list),
                    "<NextMarker>a</NextMarker>"));
}

TEST(S3Listing, times_are_whole_seconds) {
    auto list = list_of({"a"});
    list.objects.front().last_modified = Timestamp(std::chrono::milliseconds(7999));
    EXPECT_TRUE(has(render_list_v1(*read_list_v1("b", {}), list),
                    "<LastModified>1970-01-01T00:00:07.000Z</LastModified>"));
}

TEST(S3Listing, a_stored_checksum_is_named) {
    auto list = list_of({"a"});
    list.objects.front().checksum_algorithm = "CRC32";
    EXPECT_TRUE(has(render_list_v1(*read_list_v1("b", {}), list),
                    "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT<"));
}

}  // namespace
}  // namespace onput::gateway::s3
