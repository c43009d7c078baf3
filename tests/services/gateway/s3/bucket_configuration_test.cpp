#include "services/gateway/s3/bucket_configuration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using enum ConfigurationKind;

// What is stored of a body, or the code of the error.
std::string stored(ConfigurationKind kind, std::string_view body, std::string_view bucket = "b") {
    const auto read = read_configuration(
        {.kind = kind, .bucket = bucket, .id = schema::has_ids(kind) ? "i" : ""}, body);
    return read ? *read : std::string(name_of(read.error()).code);
}

std::string tag(std::string_view key, std::string_view value) {
    return fmt::format("<Tag><Key>{}</Key><Value>{}</Value></Tag>", key, value);
}

std::string tags(std::string_view inside) {
    return fmt::format("<Tagging><TagSet>{}</TagSet></Tagging>", inside);
}

std::string inventory_to(std::string_view destination, std::string_view more = {}) {
    return fmt::format(
        "<InventoryConfiguration><Id>i</Id><IsEnabled>true</IsEnabled>"
        "<IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency>"
        "</Schedule><Destination><S3BucketDestination><Bucket>{}</Bucket><Format>CSV</Format>"
        "</S3BucketDestination></Destination>{}</InventoryConfiguration>",
        destination, more);
}

std::string metrics_of(std::string_view filter) {
    return fmt::format("<MetricsConfiguration><Id>i</Id>{}</MetricsConfiguration>", filter);
}

std::string tiering_of(std::string_view tierings) {
    return fmt::format(
        "<IntelligentTieringConfiguration><Id>i</Id><Status>Enabled</Status>{}"
        "</IntelligentTieringConfiguration>",
        tierings);
}

std::string tiering(std::string_view tier, std::string_view days) {
    return fmt::format("<Tiering><Days>{}</Days><AccessTier>{}</AccessTier></Tiering>", days, tier);
}

constexpr std::string_view xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

TEST(S3BucketConfiguration, is_stored_as_it_is_answered_in_the_models_order) {
    const std::string answered =
        stored(request_payment,
               "<RequestPaymentConfiguration xmlns=\"x\">\n <Payer>Requester</Payer>\n"
               "</RequestPaymentConfiguration>");
    EXPECT_TRUE(answered.starts_with(xml_head)) << answered;
    EXPECT_TRUE(answered.ends_with(
        "<RequestPaymentConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "<Payer>Requester</Payer></RequestPaymentConfiguration>"))
        << answered;
    EXPECT_TRUE(stored(inventory, inventory_to("arn:aws:s3:::d"))
                    .contains("><Destination><S3BucketDestination><Bucket>arn:aws:s3:::d</Bucket>"
                              "<Format>CSV</Format></S3BucketDestination></Destination>"
                              "<IsEnabled>true</IsEnabled><Id>i</Id>"));
    // What is answered is taken back as it is.
    EXPECT_EQ(stored(request_payment, answered), answered);
}

TEST(S3BucketConfiguration, what_does_not_fit_the_model_is_malformed) {
    for (const auto& [kind, body] : std::vector<std::pair<ConfigurationKind, std::string>>{
             {tagging, "<Tagging/>"},
             {tagging, "<Tags/>"},
             {tagging, tags("<Tag><Key>a</Key></Tag>")},
             {request_payment, "<RequestPaymentConfiguration/>"},
             {request_payment,
              "<RequestPaymentConfiguration><Payer>Me</Payer></RequestPaymentConfiguration>"},
             {accelerate, "<AccelerateConfiguration/>"},
             {accelerate, "<AccelerateConfiguration><Status>On</Status></AccelerateConfiguration>"},
             {inventory, "<InventoryConfiguration><Id>i</Id></InventoryConfiguration>"},
             {metrics, metrics_of("<Filter/>")},
             {metrics, metrics_of("<Filter><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value>"
                                  "</Tag></Filter>")},
             {metrics, metrics_of("<Filter><And><Prefix>a</Prefix></And></Filter>")},
             {metrics, metrics_of("<Else/>")},
             {analytics, "<AnalyticsConfiguration><Id>i</Id></AnalyticsConfiguration>"},
             {intelligent_tiering, tiering_of("")},
             {intelligent_tiering, tiering_of(tiering("GLACIER", "100"))},
             {intelligent_tiering, tiering_of(tiering("ARCHIVE_ACCESS", "many"))},
             {intelligent_tiering,
              tiering_of(tiering("ARCHIVE_ACCESS", "90") + tiering("ARCHIVE_ACCESS", "91"))}}) {
        EXPECT_EQ(stored(kind, body), "MalformedXML") << body;
    }
}

TEST(S3BucketConfiguration, tags_are_judged_as_those_of_a_bucket) {
    std::string many;
    for (int i = 0; i < 50; ++i) many += tag(fmt::format("k{}", i), "v");
    EXPECT_TRUE(stored(tagging, tags(many)).contains("<Key>k49</Key>"));
    const auto too_many =
        read_configuration({.kind = tagging, .bucket = "b"}, tags(many + tag("one", "more")));
    ASSERT_FALSE(too_many);
    EXPECT_EQ(name_of(too_many.error()).code, "BadRequest");
    EXPECT_EQ(too_many.error().message, "Bucket tag count cannot be greater than 50");
    EXPECT_EQ(stored(tagging, tags(tag("a", "1") + tag("a", "2"))), "InvalidTag");
    EXPECT_EQ(stored(tagging, tags(tag("aws:a", "1"))), "InvalidTag");
    EXPECT_EQ(stored(tagging, tags(tag("", "1"))), "InvalidTag");
}

TEST(S3BucketConfiguration, an_empty_set_of_tags_is_none) {
    EXPECT_EQ(stored(tagging, tags("")), "");
}

TEST(S3BucketConfiguration, acceleration_is_not_for_names_with_dots) {
    const std::string body =
        "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>";
    EXPECT_TRUE(stored(accelerate, body).contains("Enabled"));
    EXPECT_EQ(stored(accelerate, body, "a.b"), "InvalidRequest");
}

TEST(S3BucketConfiguration, filters_and_tiers_that_s3_takes_are_kept_whole) {
    const std::string filter =
        "<Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>";
    EXPECT_TRUE(stored(metrics, metrics_of(filter)).contains(filter));
    const std::string tiers =
        tiering("ARCHIVE_ACCESS", "90") + tiering("DEEP_ARCHIVE_ACCESS", "730");
    EXPECT_TRUE(stored(intelligent_tiering, tiering_of(tiers)).contains(tiers));
}

TEST(S3BucketConfiguration, values_that_s3_does_not_take_are_invalid_arguments) {
    EXPECT_EQ(stored(inventory, inventory_to("d")), "InvalidArgument");
    for (const auto& tiers : {tiering("ARCHIVE_ACCESS", "89"), tiering("ARCHIVE_ACCESS", "731"),
                              tiering("DEEP_ARCHIVE_ACCESS", "179")}) {
        EXPECT_EQ(stored(intelligent_tiering, tiering_of(tiers)), "InvalidArgument") << tiers;
    }
}

TEST(S3BucketConfiguration, an_id_is_the_same_in_the_url_and_in_the_document) {
    const auto other =
        read_configuration({.kind = metrics, .bucket = "b", .id = "j"}, metrics_of(""));
    ASSERT_FALSE(other);
    EXPECT_EQ(name_of(other.error()).code, "InvalidArgument");
    for (const std::string& id : {std::string(), std::string("a b"), std::string(65, 'a')})
        EXPECT_FALSE(check_configuration_id(id)) << id;
    EXPECT_TRUE(check_configuration_id("A.b_c-9"));
}

TEST(S3BucketConfiguration, objects_belong_to_whom_the_one_rule_says) {
    const auto controls = [](std::string_view rules) {
        return fmt::format("<OwnershipControls>{}</OwnershipControls>", rules);
    };
    const auto rule = [](std::string_view ownership) {
        return fmt::format("<Rule><ObjectOwnership>{}</ObjectOwnership></Rule>", ownership);
    };
    const std::string enforced = rule("BucketOwnerEnforced");
    EXPECT_TRUE(stored(ownership_controls, controls(enforced)).contains(enforced));
    for (const char* other : {"ObjectWriter", "BucketOwnerPreferred"})
        EXPECT_TRUE(stored(ownership_controls, controls(rule(other))).contains(rule(other)));
    EXPECT_EQ(stored(ownership_controls, controls(rule("Me"))), "MalformedXML");
    EXPECT_EQ(stored(ownership_controls, controls("")), "MalformedXML");
    EXPECT_EQ(stored(ownership_controls, controls(enforced + enforced)), "MalformedXML");
    EXPECT_TRUE(render_unset(ownership_controls).contains(enforced));
}

TEST(S3BucketConfiguration, a_block_of_public_access_that_is_not_named_is_off) {
    EXPECT_TRUE(stored(public_access_block,
                       "<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>"
                       "</PublicAccessBlockConfiguration>")
                    .contains("<BlockPublicAcls>false</BlockPublicAcls>"
                              "<IgnorePublicAcls>false</IgnorePublicAcls>"
                              "<BlockPublicPolicy>true</BlockPublicPolicy>"
                              "<RestrictPublicBuckets>false</RestrictPublicBuckets>"));
    EXPECT_EQ(stored(public_access_block,
                     "<PublicAccessBlockConfiguration><BlockPublicAcls>some</BlockPublicAcls>"
                     "</PublicAccessBlockConfiguration>"),
              "MalformedXML");
    EXPECT_FALSE(render_unset(public_access_block).contains("false"));
}

TEST(S3BucketConfiguration, what_was_never_put_is_shown_as_s3_shows_it) {
    EXPECT_TRUE(render_unset(request_payment).contains("<Payer>BucketOwner</Payer>"));
    EXPECT_TRUE(render_unset(accelerate).contains("<AccelerateConfiguration xmlns="));
    EXPECT_FALSE(render_unset(accelerate).contains("Status"));
}

TEST(S3BucketConfiguration, a_page_shows_documents_and_where_the_next_begins) {
    schema::BucketConfigurationList page{.is_truncated = true};
    page.configurations.push_back(
        {.kind = metrics, .id = "i", .document = stored(metrics, metrics_of(""))});
    const auto shown = render_configurations(metrics, "dG9rZW4=", page);
    ASSERT_TRUE(shown);
    EXPECT_TRUE(shown->contains("<ListMetricsConfigurationsResult xmlns="));
    EXPECT_TRUE(shown->contains("<MetricsConfiguration><Id>i</Id></MetricsConfiguration>"));
    EXPECT_TRUE(shown->contains("<IsTruncated>true</IsTruncated>"));
    EXPECT_TRUE(shown->contains("<ContinuationToken>dG9rZW4=</ContinuationToken>"));
    EXPECT_TRUE(shown->contains("<NextContinuationToken>aQ==</NextContinuationToken>"));
    EXPECT_EQ(read_continuation_token("aQ=="), "i");
    EXPECT_EQ(read_continuation_token(""), "");
    EXPECT_FALSE(read_continuation_token("?"));
    EXPECT_FALSE(read_continuation_token("IA=="));  // A blank.
}

TEST(S3BucketConfiguration, a_stored_document_that_is_none_is_corruption) {
    schema::BucketConfigurationList page;
    page.configurations.push_back({.kind = metrics, .id = "i", .document = "<x"});
    const auto shown = render_configurations(metrics, "", page);
    ASSERT_FALSE(shown);
    EXPECT_EQ(shown.error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace onput::gateway::s3
