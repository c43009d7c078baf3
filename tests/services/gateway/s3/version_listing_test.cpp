#include "services/gateway/s3/version_listing.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

Result<VersionQuery> read(std::string_view query) {
    return read_version_query("b", *http::parse_query(query));
}

schema::VersionSummary version_of(std::string key, std::string version_id) {
    schema::VersionSummary version{.object = {.key = std::move(key),
                                              .size_bytes = 5,
                                              .etag = "e",
                                              .last_modified = from_micros(1'500'000)},
                                   .version_id = std::move(version_id)};
    return version;
}

TEST(S3VersionListing, asks_for_what_stands_behind_both_markers) {
    const auto wanted = read("prefix=p&delimiter=%2F&key-marker=k&version-id-marker=v&max-keys=7");
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->message, (schema::ListVersions{.bucket = "b",
                                                     .prefix = "p",
                                                     .delimiter = "/",
                                                     .after_key = "k",
                                                     .after_version_id = "v",
                                                     .keys_max = 7}));
}

TEST(S3VersionListing, a_version_marker_needs_a_key_marker) {
    const auto wanted = read("version-id-marker=v");
    ASSERT_FALSE(wanted);
    EXPECT_EQ(wanted.error().message,
              "A version-id marker cannot be specified without a key marker.");
    EXPECT_FALSE(read("max-keys=x"));
    EXPECT_FALSE(read("encoding-type=hex"));
}

TEST(S3VersionListing, versions_and_markers_keep_their_order) {
    schema::VersionList list{.owner_account = "000000000000"};
    list.versions = {version_of("a", "2"), version_of("a", "1")};
    list.versions[0].is_delete_marker = true;
    list.versions[0].is_latest = true;
    const std::string xml = render_versions(*read(""), list);
    const auto marker = xml.find(
        "<DeleteMarker><Key>a</Key><VersionId>2</VersionId><IsLatest>true</IsLatest>"
        "<LastModified>1970-01-01T00:00:01.000Z</LastModified><Owner>");
    const auto version =
        xml.find("<Version><Key>a</Key><VersionId>1</VersionId><IsLatest>false</IsLatest>");
    ASSERT_NE(marker, std::string::npos) << xml;
    ASSERT_NE(version, std::string::npos) << xml;
    EXPECT_LT(marker, version);
    EXPECT_TRUE(xml.contains("<ETag>&quot;e&quot;</ETag><Size>5</Size><StorageClass>STANDARD<"))
        << xml;
}

TEST(S3VersionListing, a_page_that_is_not_the_last_says_where_to_go_on) {
    const schema::VersionList list{.common_prefixes = {"f g/"},
                                   .is_truncated = true,
                                   .next_key = "k l",
                                   .next_version_id = "v"};
    const std::string xml = render_versions(*read("encoding-type=url&prefix=a%20b"), list);
    for (const std::string_view part :
         {"<NextKeyMarker>k+l</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>",
          "<Prefix>a+b</Prefix>", "<EncodingType>url</EncodingType>",
          "<CommonPrefixes><Prefix>f+g/</Prefix></CommonPrefixes>",
          "<IsTruncated>true</IsTruncated>"})
        EXPECT_TRUE(xml.contains(part)) << part << " in " << xml;
    EXPECT_FALSE(render_versions(*read(""), {}).contains("NextKeyMarker"));
}

}  // namespace
}  // namespace onput::gateway::s3
