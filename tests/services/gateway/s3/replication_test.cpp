#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/replication_document.hpp"
#include "services/gateway/s3/replication_rules.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view role = "<Role>arn:aws:iam::000000000000:role/r</Role>";
constexpr std::string_view to_target =
    "<Destination><Bucket>arn:aws:s3:::target</Bucket></Destination>";
constexpr std::string_view markers =
    "<DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication>";
constexpr std::string_view no_markers =
    "<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication>";

std::string configuration_of(std::string_view rules) {
    return fmt::format("<ReplicationConfiguration>{}{}</ReplicationConfiguration>", role, rules);
}

// Of version 2.
struct Rule {
    std::string_view id = "r";
    std::string_view priority = "1";
    std::string_view filter = "<Filter></Filter>";
    std::string_view criteria = "";
    std::string_view destination = to_target;
    std::string_view delete_markers = no_markers;
};
std::string text_of(const Rule& rule) {
    return fmt::format(
        "<Rule><ID>{}</ID><Priority>{}</Priority>{}<Status>Enabled</Status>{}{}{}</Rule>", rule.id,
        rule.priority, rule.filter, rule.criteria, rule.destination, rule.delete_markers);
}

std::string old_rule(std::string_view prefix, std::string_view id) {
    return fmt::format("<Rule><ID>{}</ID><Prefix>{}</Prefix><Status>Enabled</Status>{}</Rule>", id,
                       prefix, to_target);
}

std::string destination(std::string_view inside, std::string_view bucket = "target") {
    return fmt::format("<Destination><Bucket>arn:aws:s3:::{}</Bucket>{}</Destination>", bucket,
                       inside);
}

// "ok", or the code and the message of the refusal.
std::string judge(std::string_view rules) {
    const auto read = read_replication(configuration_of(rules));
    if (!read) return std::string(name_of(read.error()).code);
    const auto checked = check_replication("source", *read);
    if (checked) return "ok";
    return fmt::format("{}: {}", name_of(checked.error()).code, checked.error().message);
}

// What GET answers of what was put, from the first rule on.
std::string echo(std::string_view rules) {
    const auto read = read_replication(configuration_of(rules));
    if (!read) return read.error().message;
    std::string shown = render_replication(*read);
    if (!shown.contains(role)) return shown;
    shown = shown.substr(shown.find("<Rule>"));
    return shown.substr(0, shown.find("</ReplicationConfiguration>"));
}

TEST(S3Replication, is_answered_as_it_was_sent) {
    const std::string whole =
        "<Rule><ID>a</ID><Priority>7</Priority><Filter><And><Prefix>logs/</Prefix>"
        "<Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Disabled</Status>"
        "<SourceSelectionCriteria>"
        "<SseKmsEncryptedObjects><Status>Disabled</Status></SseKmsEncryptedObjects>"
        "<ReplicaModifications><Status>Enabled</Status></ReplicaModifications>"
        "</SourceSelectionCriteria>"
        "<ExistingObjectReplication><Status>Disabled</Status></ExistingObjectReplication>"
        "<Destination><Bucket>arn:aws:s3:::target</Bucket><Account>111111111111</Account>"
        "<StorageClass>STANDARD_IA</StorageClass>"
        "<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>"
        "<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time>"
        "</ReplicationTime>"
        "<Metrics><Status>Enabled</Status><EventThreshold><Minutes>15</Minutes></EventThreshold>"
        "</Metrics></Destination>"
        "<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>";
    EXPECT_EQ(echo(whole), whole);
    EXPECT_EQ(judge(whole), "ok");
    for (const std::string_view filter :
         {"<Filter></Filter>", "<Filter><Prefix></Prefix></Filter>",
          "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"}) {
        const std::string rule = text_of({.filter = filter});
        EXPECT_EQ(echo(rule), rule);
        EXPECT_EQ(judge(rule), "ok");
    }
    EXPECT_EQ(echo(old_rule("a/", "x")), old_rule("a/", "x"));
    EXPECT_EQ(judge(old_rule("a/", "x") + old_rule("b/", "y")), "ok");
    const std::string metrics_alone =
        text_of({.destination = destination("<Metrics><Status>Enabled</Status></Metrics>")});
    EXPECT_TRUE(echo(metrics_alone).contains("<Metrics><Status>Enabled</Status></Metrics>"));
}

TEST(S3Replication, a_rule_without_an_id_gets_one_that_stays) {
    const std::string nameless =
        fmt::format("<Rule><Prefix/><Status>Enabled</Status>{}</Rule>", to_target);
    const auto read = read_replication(configuration_of(nameless + nameless));
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->rules[0].id.empty());
    EXPECT_NE(read->rules[0].id, read->rules[1].id);
    EXPECT_EQ(read, read_replication(configuration_of(nameless + nameless)));
}

TEST(S3Replication, too_many_rules_are_refused_before_any_is_read) {
    std::string rules = text_of({.filter = "<Filter/><Prefix>a</Prefix>"});
    for (std::size_t i = 0; i < schema::replication_rules_max; ++i)
        rules += old_rule(std::to_string(i), std::to_string(i));
    const auto read = read_replication(configuration_of(rules));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message,
              "The number of replication rules must not exceed the allowed limit of 1000 rules");
}

TEST(S3Replication, rules_name_so_many_destinations) {
    std::string rules;
    const auto add = [&rules](std::size_t number) {
        const std::string name = fmt::format("target-{}", number);
        const std::string to = destination("", name);
        rules += text_of({.id = name, .priority = std::to_string(number), .destination = to});
    };
    for (std::size_t i = 0; i < schema::replication_destinations_max; ++i) add(i);
    EXPECT_EQ(judge(rules), "ok");
    add(schema::replication_destinations_max);
    EXPECT_EQ(judge(rules),
              "InvalidRequest: The rules of a bucket name at most 100 destination buckets, not "
              "101.");
}

TEST(S3Replication, what_does_not_fit_the_shape_is_malformed) {
    for (const std::string& rules :
         {std::string(), text_of({.filter = ""}),
          text_of({.filter = "<Filter/><Prefix>a</Prefix>"}),
          text_of({.filter = "<Filter><And><Prefix>a</Prefix></And></Filter>"}),
          text_of({.priority = "x"}), text_of({.priority = "-1"}), text_of({.destination = ""}),
          text_of({.delete_markers = "<DeleteMarkerReplication/>"}),
          text_of({.criteria = "<SourceSelectionCriteria/>"}),
          text_of({.destination = "<Destination/>"}),
          text_of({.destination = "<Destination><Bucket>arn:aws:s3:::t</Bucket><StorageClass>"
                                  "WARM</StorageClass></Destination>"}),
          text_of({.filter = "<Filter><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
                             "</Filter>"})}) {
        EXPECT_EQ(judge(rules), "MalformedXML") << rules;
    }
    EXPECT_FALSE(read_replication("<ReplicationConfiguration/>"));
}

TEST(S3Replication, each_refusal_has_the_words_of_s3) {
    using Case = std::pair<std::string, std::string_view>;
    const std::string timed =
        "<ReplicationTime><Status>Enabled</Status><Time><Minutes>{}</Minutes></Time>"
        "</ReplicationTime>";
    for (const auto& [rules, refusal] : std::vector<Case>{
             {text_of({.id = "a"}) + text_of({.id = "b"}),
              "InvalidRequest: Priority must be unique. Found the same Priority [1] for more than "
              "one rule"},
             {text_of({}) + text_of({.priority = "2"}),
              "InvalidArgument: Rule ID must be unique. Found same ID for more than one rule"},
             {text_of({.delete_markers = ""}),
              "InvalidRequest: DeleteMarkerReplication must be specified for this version of Cross "
              "Region Replication configuration schema. Please refer to S3 Developer Guide for "
              "more information."},
             {fmt::format("<Rule><Filter/><Status>Enabled</Status>{}{}</Rule>", to_target, markers),
              "InvalidRequest: Priority must be specified for this version of Cross Region "
              "Replication configuration schema. Please refer to S3 Developer Guide for more "
              "information."},
             {text_of({.filter = "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>",
                       .delete_markers = markers}),
              "InvalidRequest: Delete marker replication is not supported if any Tag filter is "
              "specified. Please refer to S3 Developer Guide for more information."},
             {text_of({.destination = destination("", "source")}),
              "InvalidRequest: Destination bucket cannot be the same as the source bucket."},
             {text_of({.destination = "<Destination><Bucket>target</Bucket></Destination>"}),
              "InvalidArgument: Invalid bucket ARN."},
             {text_of({.destination = destination("", "target/a")}),
              "InvalidArgument: Invalid bucket ARN."},
             {text_of({.destination = destination("<AccessControlTranslation><Owner>Destination"
                                                  "</Owner></AccessControlTranslation>")}),
              "InvalidRequest: Account must be specified in Destination when "
              "AccessControlTranslation is."},
             {text_of({.destination = destination(fmt::format(fmt::runtime(timed), 10))}),
              "InvalidArgument: ReplicationTime Minutes must be 15"},
             {text_of({.destination = destination(fmt::format(fmt::runtime(timed), 15))}),
              "InvalidRequest: Metrics must be enabled when ReplicationTime is enabled."},
             {old_rule("", "x") + text_of({}),
              "InvalidRequest: Base level prefix cannot be used in Replication V2, prefixes are "
              "only supported in the Filter."},
             {old_rule("a", "x") + old_rule("ab", "y"),
              "InvalidRequest: Found overlapping prefixes in the rules: each must differ."},
             {old_rule("a", "x") + old_rule("a", "y"),
              "InvalidRequest: Found overlapping prefixes in the rules: each must differ."},
             {text_of({.id = std::string(256, 'i')}),
              "InvalidArgument: ID length should not exceed allowed limit of 255"},
             {text_of({.criteria = "<ExistingObjectReplication><Status>Enabled</Status>"
                                   "</ExistingObjectReplication>"}),
              "InvalidRequest: ExistingObjectReplication is not supported: objects that are there "
              "already are replicated in a batch (onput replicate)."}}) {
        EXPECT_EQ(judge(rules), refusal) << rules;
    }
    const auto no_role = read_replication(fmt::format(
        "<ReplicationConfiguration><Role>me</Role>{}</ReplicationConfiguration>", text_of({})));
    ASSERT_TRUE(no_role);
    EXPECT_EQ(check_replication("source", *no_role).error().message,
              "Invalid IAM role ARN in the replication configuration.");
}

TEST(S3Replication, keys_of_kms_are_not_implemented) {
    const std::string encrypted = text_of(
        {.destination = destination("<EncryptionConfiguration><ReplicaKmsKeyID>k</ReplicaKmsKeyID>"
                                    "</EncryptionConfiguration>")});
    EXPECT_EQ(judge(encrypted), "NotImplemented");
    const std::string selected = text_of(
        {.criteria = "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>"
                     "</SseKmsEncryptedObjects></SourceSelectionCriteria>"});
    EXPECT_TRUE(judge(selected).starts_with("NotImplemented")) << judge(selected);
}

}  // namespace
}  // namespace onput::gateway::s3
