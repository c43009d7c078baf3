#include "services/gateway/s3/object_settings.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/lock_document.hpp"
#include "services/gateway/s3/tags.hpp"

namespace onput::gateway::s3 {
namespace {

Result<schema::PutObject> keep(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    schema::PutObject object;
    ONPUT_TRY_VOID(keep_settings(head, object));
    return object;
}

std::string error_of(const std::vector<http::Header>& headers) {
    const auto kept = keep(headers);
    return kept ? std::string() : std::string(name_of(kept.error()).code);
}

Result<aws::Value> document(std::string_view body, std::string_view root, std::string_view shape) {
    return aws::read_xml(body, root, *aws::s3_model().find_shape(shape));
}

TEST(S3ObjectSettings, tags_come_as_a_query) {
    const auto object = keep({{"x-amz-tagging", "a=1&b%20c=%2B&d"}});
    const std::vector<schema::Tag> expected{{"a", "1"}, {"b c", "+"}, {"d", ""}};
    ASSERT_TRUE(object);
    EXPECT_EQ(object->tags, expected);
    for (const std::string_view header : {"a=1&a=2", "%FF=1", "a=%G", "=1"})
        EXPECT_EQ(error_of({{"x-amz-tagging", std::string(header)}}), "InvalidArgument") << header;
}

TEST(S3ObjectSettings, classes_are_kept_and_standard_is_none) {
    EXPECT_EQ(keep({{"x-amz-storage-class", "GLACIER_IR"}})->storage_class, "GLACIER_IR");
    EXPECT_EQ(keep({{"x-amz-storage-class", "STANDARD"}})->storage_class, "");
    EXPECT_EQ(keep({{"x-amz-storage-class", "GLACIER"}})->storage_class, "GLACIER");
    EXPECT_EQ(keep({{"x-amz-storage-class", "DEEP_ARCHIVE"}})->storage_class, "DEEP_ARCHIVE");
    EXPECT_EQ(error_of({{"x-amz-storage-class", "OUTPOSTS"}}), "InvalidStorageClass");
    EXPECT_EQ(error_of({{"x-amz-storage-class", ""}}), "InvalidStorageClass");
}

TEST(S3ObjectSettings, a_redirect_leads_to_a_key_or_a_url) {
    for (const std::string_view place : {"/a", "http://a", "https://a"})
        EXPECT_EQ(keep({{"x-amz-website-redirect-location", std::string(place)}})->website_redirect,
                  place);
    EXPECT_EQ(error_of({{"x-amz-website-redirect-location", "a"}}), "InvalidRedirectLocation");
    const std::string longest = "/" + std::string(2047, 'a');
    EXPECT_TRUE(keep({{"x-amz-website-redirect-location", longest}}));
    const std::string longer = longest + "a";
    EXPECT_EQ(error_of({{"x-amz-website-redirect-location", longer}}), "InvalidRedirectLocation");
}

TEST(S3ObjectSettings, a_lock_has_a_mode_and_a_date_or_none) {
    const http::Header mode{"x-amz-object-lock-mode", "GOVERNANCE"};
    const http::Header until{"x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05Z"};
    const auto object = keep({mode, until, {"x-amz-object-lock-legal-hold", "ON"}});
    ASSERT_TRUE(object);
    EXPECT_EQ(object->lock.mode, "GOVERNANCE");
    EXPECT_EQ(format_iso8601_millis(object->lock.retain_until), "2030-01-02T03:04:05.000Z");
    EXPECT_TRUE(object->lock.has_legal_hold);
    EXPECT_EQ(keep({{"x-amz-object-lock-legal-hold", "OFF"}})->lock,
              schema::ObjectLock{.was_hold_set = true});
    EXPECT_EQ(error_of({mode}), "InvalidArgument");
    EXPECT_EQ(error_of({until}), "InvalidArgument");
    EXPECT_EQ(error_of({{"x-amz-object-lock-mode", "governance"}, until}), "InvalidArgument");
    EXPECT_EQ(error_of({mode, {"x-amz-object-lock-retain-until-date", "soon"}}), "InvalidArgument");
    EXPECT_EQ(error_of({{"x-amz-object-lock-legal-hold", "on"}}), "InvalidArgument");
}

TEST(S3ObjectSettings, integrity_is_stated_by_a_checksum_and_not_by_words_about_it) {
    for (const http::Header& header :
         {http::Header{"Content-MD5", "m"}, http::Header{"x-amz-checksum-crc32", "c"},
          http::Header{"x-amz-trailer", "x-amz-checksum-sha256"}})
        EXPECT_TRUE(keep({header})->is_integrity_stated) << header.name;
    for (const http::Header& header : {http::Header{"x-amz-checksum-mode", "ENABLED"},
                                       http::Header{"x-amz-sdk-checksum-algorithm", "CRC32"},
                                       http::Header{"x-amz-checksum-algorithm", "CRC32"}})
        EXPECT_FALSE(keep({header})->is_integrity_stated) << header.name;
}

TEST(S3ObjectSettings, an_end_and_a_restore_are_shown_as_s3_writes_them) {
    schema::ObjectInfo object;
    object.expiration = {.at = from_seconds(1'356'048'000), .rule_id = "two days"};
    object.restore = {.is_ongoing = true};
    Headers headers;
    show_settings(object, headers);
    EXPECT_EQ(headers,
              (Headers{{"x-amz-expiration",
                        "expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\", rule-id=\"two%20days\""},
                       {"x-amz-restore", "ongoing-request=\"true\""}}));
    object.expiration.reset();
    object.restore = {.is_ongoing = false, .expires_at = from_seconds(1'356'048'000)};
    headers.clear();
    show_settings(object, headers);
    EXPECT_EQ(headers, (Headers{{"x-amz-restore",
                                 "ongoing-request=\"false\", "
                                 "expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\""}}));
}

TEST(S3ObjectSettings, reads_show_what_is_set_and_nothing_else) {
    schema::ObjectInfo object;
    Headers headers;
    show_settings(object, headers);
    EXPECT_TRUE(headers.empty());
    object.tags = {{"a", "1"}};
    object.storage_class = "STANDARD_IA";
    object.website_redirect = "/there";
    object.lock = {.mode = "COMPLIANCE", .retain_until = from_seconds(0), .has_legal_hold = true};
    show_settings(object, headers);
    const Headers expected{{"x-amz-tagging-count", "1"},
                           {"x-amz-storage-class", "STANDARD_IA"},
                           {"x-amz-website-redirect-location", "/there"},
                           {"x-amz-object-lock-mode", "COMPLIANCE"},
                           {"x-amz-object-lock-retain-until-date", "1970-01-01T00:00:00.000Z"},
                           {"x-amz-object-lock-legal-hold", "ON"}};
    EXPECT_EQ(headers, expected);
}

TEST(S3Tags, a_document_has_a_set_of_whole_tags) {
    const auto read = [](std::string_view body) -> Result<std::vector<schema::Tag>> {
        ONPUT_TRY(const auto tagging, document(body, "Tagging", "Tagging"));
        return read_tagging(tagging);
    };
    const std::vector<schema::Tag> tags{{"a", "1"}, {"b", ""}};
    EXPECT_EQ(*read(render_tagging(tags)), tags);
    EXPECT_TRUE(read("<Tagging><TagSet/></Tagging>")->empty());
    for (const std::string_view body :
         {"<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"})
        EXPECT_FALSE(read(body)) << body;
}

TEST(S3LockDocument, a_default_retention_has_one_period) {
    const auto read = [](std::string_view retention) -> Result<schema::DefaultRetention> {
        const auto body =
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>" +
            std::string(retention) + "</ObjectLockConfiguration>";
        ONPUT_TRY(const auto configuration,
                  document(body, "ObjectLockConfiguration", "ObjectLockConfiguration"));
        return read_lock_configuration(configuration);
    };
    const auto rule = [](std::string_view members) {
        return "<Rule><DefaultRetention>" + std::string(members) + "</DefaultRetention></Rule>";
    };
    EXPECT_EQ(*read(""), schema::DefaultRetention{});
    EXPECT_EQ(*read(rule("<Mode>GOVERNANCE</Mode><Years>2</Years>")),
              (schema::DefaultRetention{.mode = "GOVERNANCE", .days = 0, .years = 2}));
    const auto reason = [&](std::string_view members) {
        return read(rule(members)).error().reason;
    };
    EXPECT_EQ(reason("<Mode>GOVERNANCE</Mode>"), "malformed_xml");
    EXPECT_EQ(reason("<Mode>ANY</Mode><Days>1</Days>"), "malformed_xml");
    EXPECT_EQ(reason("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"), "malformed_xml");
    EXPECT_EQ(reason("<Mode>GOVERNANCE</Mode><Days>0</Days>"), "invalid_argument");
    EXPECT_EQ(reason("<Mode>GOVERNANCE</Mode><Days>4294967297</Days>"), "invalid_argument");
    EXPECT_FALSE(read_lock_configuration(aws::Value(aws::Value::Map())));
}

TEST(S3LockDocument, a_retention_is_whole_or_empty) {
    const auto read = [](std::string_view body) -> Result<Retention> {
        ONPUT_TRY(const auto retention, document(body, "Retention", "ObjectLockRetention"));
        return read_retention(retention);
    };
    const schema::ObjectLock lock{.mode = "GOVERNANCE", .retain_until = from_seconds(7)};
    EXPECT_EQ(read(render_retention(lock))->until, lock.retain_until);
    EXPECT_EQ(read("<Retention/>")->mode, "");
    EXPECT_FALSE(read("<Retention><Mode>GOVERNANCE</Mode></Retention>"));
    EXPECT_FALSE(
        read("<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>x</RetainUntilDate>"
             "</Retention>"));
}

TEST(S3LockDocument, a_legal_hold_is_on_or_off) {
    const auto read = [](std::string_view body) -> Result<LegalHold> {
        ONPUT_TRY(const auto hold, document(body, "LegalHold", "ObjectLockLegalHold"));
        return read_legal_hold(hold);
    };
    for (const auto hold : {LegalHold::on, LegalHold::off})
        EXPECT_EQ(*read(render_legal_hold(hold)), hold);
    EXPECT_FALSE(read("<LegalHold/>"));
}

}  // namespace
}  // namespace onput::gateway::s3
