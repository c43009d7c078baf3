#include "services/gateway/s3/delete_document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"

namespace onput::gateway::s3 {
namespace {

Result<Deletion> read(std::string_view body) {
    ONPUT_TRY(const auto document,
              aws::read_xml(body, "Delete", *aws::s3_model().find_shape("Delete")));
    return read_deletion(document);
}

std::string objects(std::size_t count) {
    std::string text = "<Delete>";
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("<Object><Key>{}</Key></Object>", i);
    return text + "</Delete>";
}

TEST(S3DeleteDocument, names_keys_versions_and_etags) {
    const auto deletion = read(
        "<Delete xmlns='x'><Quiet>true</Quiet><Object><Key>a&amp;b</Key><VersionId>v</VersionId>"
        "</Object><Object><ETag>\"e\"</ETag><Key>c</Key></Object></Delete>");
    ASSERT_TRUE(deletion);
    EXPECT_TRUE(deletion->is_quiet);
    const std::vector<schema::DeleteEntry> expected{{.key = "a&b", .version_id = "v"},
                                                    {.key = "c", .if_match = "\"e\""}};
    EXPECT_EQ(deletion->entries, expected);
}

TEST(S3DeleteDocument, has_1_to_1000_keys) {
    EXPECT_EQ(read(objects(1000))->entries.size(), 1000U);
    for (const std::string& body :
         {objects(0), objects(1001), std::string("<Delete><Object/></Delete>"),
          std::string("<Delete><Object><Key></Key></Object></Delete>"),
          std::string("<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>")}) {
        const auto deletion = read(body);
        ASSERT_FALSE(deletion);
        EXPECT_EQ(deletion.error().reason, "malformed_xml");
    }
}

TEST(S3DeleteDocument, conditions_of_directory_buckets_are_not_passed_over) {
    const auto deletion = read("<Delete><Object><Key>a</Key><Size>1</Size></Object></Delete>");
    ASSERT_FALSE(deletion);
    EXPECT_EQ(deletion.error().code, ErrorCode::unimplemented);
}

TEST(S3DeleteDocument, shows_what_became_of_each_key) {
    const Deletion asked{.entries = {{.key = "a"}, {.key = "b", .version_id = "v"}, {.key = "c"}}};
    schema::ObjectsDeleted deleted;
    deleted.entries.resize(3);
    deleted.entries[0].deleted = {.existed = true, .version_id = "m", .is_delete_marker = true};
    deleted.entries[1].error_reason = "object_locked";
    deleted.entries[1].error_message = "Access Denied because object protected by object lock.";
    deleted.entries[2].error_reason = "invalid_argument";
    deleted.entries[2].error_message = "why not";
    const std::string xml = render_deletion(asked, deleted);
    for (const std::string_view part :
         {"<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m<",
          "<Error><Key>b</Key><VersionId>v</VersionId><Code>AccessDenied</Code><Message>Access "
          "Denied because object protected by object lock.</Message></Error>",
          "<Error><Key>c</Key><Code>InvalidArgument</Code><Message>why not</Message></Error>"})
        EXPECT_TRUE(xml.contains(part)) << part << " in " << xml;
}

TEST(S3DeleteDocument, quiet_shows_errors_only) {
    Deletion asked{.entries = {{.key = "a"}, {.key = "b"}}, .is_quiet = true};
    schema::ObjectsDeleted deleted;
    deleted.entries.resize(2);
    deleted.entries[1].error_reason = "storage_full";
    const std::string xml = render_deletion(asked, deleted);
    EXPECT_FALSE(xml.contains("<Deleted>"));
    EXPECT_TRUE(xml.contains("<Error><Key>b</Key><Code>InsufficientStorage</Code>"));
}

}  // namespace
}  // namespace onput::gateway::s3
