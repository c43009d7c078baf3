#include "services/gateway/s3/xml_reader.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view queue_arn = "arn:aws:sqs:us-east-1:000000000000:q";

std::string configuration(std::string_view inner) {
    return "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
           std::string(inner) + "</NotificationConfiguration>";
}

std::string queue_rule(std::string_view inner) {
    return configuration("<QueueConfiguration><Queue>" + std::string(queue_arn) + "</Queue>" +
                         std::string(inner) + "</QueueConfiguration>");
}

std::string filter_rule(std::string_view inner) {
    return queue_rule("<Event>e</Event><Filter><S3Key>" + std::string(inner) + "</S3Key></Filter>");
}

void expect_malformed(std::string_view xml) {
    const auto read = read_notification(xml);
    ASSERT_FALSE(read) << xml.substr(0, 200);
    EXPECT_EQ(read.error().reason, "malformed_xml") << xml.substr(0, 200);
}

TEST(S3XmlReader, reads_a_rule_whose_elements_come_in_any_order) {
    const auto read = read_notification(configuration(
        "<QueueConfiguration><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>"
        "<Value>in/</Value><Name>prefix</Name></FilterRule></S3Key></Filter><Id>one</Id>"
        "<Event>s3:ObjectRemoved:*</Event><Queue>arn:q</Queue></QueueConfiguration>"));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->rules.size(), 1U);
    const auto& rule = read->rules.front();
    EXPECT_EQ(rule.id, "one");
    EXPECT_EQ(rule.kind, schema::DestinationKind::queue);
    EXPECT_EQ(rule.destination_arn, "arn:q");
    EXPECT_EQ(rule.events, (std::vector<std::string>{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}));
    EXPECT_EQ(rule.filter, (std::vector<schema::FilterRule>{{.name = "prefix", .value = "in/"}}));
    EXPECT_TRUE(rule.has_filter);
}

TEST(S3XmlReader, reads_topics_and_functions_and_the_legacy_role) {
    const auto read = read_notification(configuration(
        "<TopicConfiguration><Topic>arn:t</Topic><Event>e</Event></TopicConfiguration>"
        "<CloudFunctionConfiguration><InvocationRole>r</InvocationRole><CloudFunction>arn:f"
        "</CloudFunction><Event>e</Event></CloudFunctionConfiguration>"));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->rules.size(), 2U);
    EXPECT_EQ(read->rules[0].kind, schema::DestinationKind::topic);
    EXPECT_EQ(read->rules[1].kind, schema::DestinationKind::function);
    EXPECT_FALSE(read->rules[1].has_filter);
}

TEST(S3XmlReader, prefixes_comments_and_blanks_between_elements_do_not_matter) {
    const auto read = read_notification(
        "<?xml version=\"1.0\"?><!-- c --><s3:NotificationConfiguration xmlns:s3=\"u\">\n  "
        "<s3:QueueConfiguration>\n<s3:Queue>arn:q</s3:Queue> <s3:Event>e</s3:Event>\n"
        "<!-- d --></s3:QueueConfiguration>\n</s3:NotificationConfiguration>\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rules.size(), 1U);
}

TEST(S3XmlReader, an_empty_element_is_an_empty_configuration) {
    const auto read = read_notification("<NotificationConfiguration/>");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->rules.empty());
}

TEST(S3XmlReader, filter_values_are_kept_to_the_blank) {
    const auto read =
        read_notification(filter_rule("<FilterRule><Name>prefix</Name><Value></Value></FilterRule>"
                                      "<FilterRule><Name>Suffix</Name><Value> </Value></FilterRule>"
                                      "<FilterRule><Name>x</Name><Value><![CDATA[<&]]>&lt;&#x41;"
                                      "</Value></FilterRule>"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rules.front().filter,
              (std::vector<schema::FilterRule>{{.name = "prefix", .value = ""},
                                               {.name = "Suffix", .value = " "},
                                               {.name = "x", .value = "<&<A"}}));
}

TEST(S3XmlReader, structure_that_does_not_fit_the_schema_is_malformed) {
    for (const std::string& xml :
         {std::string(),
          std::string(" "),
          std::string("<a/>"),
          std::string("text"),
          std::string("<NotificationConfiguration>"),
          configuration("text"),
          configuration("<Unknown/>"),
          configuration("<QueueConfiguration/>"),
          queue_rule("<Event>e</Event><Unknown/>"),
          queue_rule("<Event>e</Event>text"),
          queue_rule(""),
          queue_rule("<Event>e</Event><Queue>again</Queue>"),
          queue_rule("<Event>e</Event><Id>a</Id><Id>b</Id>"),
          queue_rule("<Event>e</Event><Topic>t</Topic>"),
          queue_rule("<Event><b/></Event>"),
          queue_rule("<Event>e</Event><Filter/><Filter/>"),
          queue_rule("<Event>e</Event><Filter><Tag/></Filter>"),
          queue_rule("<Event>e</Event><Filter>text</Filter>"),
          filter_rule("<Other/>"),
          filter_rule("<FilterRule><Name>prefix</Name></FilterRule>"),
          filter_rule("<FilterRule><Value>v</Value></FilterRule>"),
          filter_rule("<FilterRule><Name>a</Name><Name>b</Name><Value/></FilterRule>"),
          configuration("") + "<x/>"}) {
        expect_malformed(xml);
    }
}

TEST(S3XmlReader, hostile_documents_are_malformed) {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
    expect_malformed(deep);
    std::string deep_inside = "<NotificationConfiguration>";
    for (int i = 0; i < 200'000; ++i) deep_inside += "<a>";
    for (int i = 0; i < 200'000; ++i) deep_inside += "</a>";
    expect_malformed(deep_inside + "</NotificationConfiguration>");
    expect_malformed("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" + configuration(""));
    expect_malformed("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" +
                     configuration("<Id>&b;</Id>"));
    expect_malformed("<NotificationConfiguration>\xff</NotificationConfiguration>");
    expect_malformed(std::string_view("<NotificationConfiguration/>\0<x", 31));
    expect_malformed(queue_rule("<Event>e</Event><Id>&#xD800;</Id>"));
    expect_malformed(std::string(xml_body_bytes_max, '<'));
}

TEST(S3XmlReader, unknown_entities_are_text) {
    const auto read = read_notification(queue_rule("<Event>e</Event><Id>&secret;</Id>"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rules.front().id, "&secret;");
}

TEST(S3XmlReader, the_switch_of_event_bridge_is_read_and_written) {
    const auto read = read_notification(configuration("<EventBridgeConfiguration/>"));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->has_event_bridge);
    EXPECT_TRUE(read->rules.empty());
    EXPECT_EQ(*read_notification(write_notification(*read)), *read);
    EXPECT_FALSE(read_notification(configuration(""))->has_event_bridge);
    expect_malformed(configuration("<EventBridgeConfiguration/><EventBridgeConfiguration/>"));
    expect_malformed(configuration("<EventBridgeConfiguration><X/></EventBridgeConfiguration>"));
}

TEST(S3XmlReader, what_is_written_is_read_back_with_capital_filter_names) {
    schema::NotificationConfiguration written;
    written.rules = {
        {.id = "a & b",
         .kind = schema::DestinationKind::function,
         .destination_arn = "arn:f",
         .events = {"s3:ObjectCreated:*"},
         .filter = {{.name = "prefix", .value = "<in>\r\n"}, {.name = "SUFFIX", .value = " "}},
         .has_filter = true},
        {.id = "t",
         .kind = schema::DestinationKind::topic,
         .destination_arn = "arn:t",
         .events = {"e", "f"},
         .has_filter = true}};
    const auto read = read_notification(write_notification(written));
    ASSERT_TRUE(read);
    written.rules[0].filter[0].name = "Prefix";
    written.rules[0].filter[1].name = "Suffix";
    EXPECT_EQ(*read, written);
}

std::string constraint_of(std::string_view body) {
    const auto read = read_new_bucket(body);
    return read ? read->constraint : read.error().reason;
}

TEST(S3XmlReader, the_location_constraint_is_optional) {
    EXPECT_EQ(constraint_of(""), "");
    EXPECT_EQ(constraint_of("<CreateBucketConfiguration/>"), "");
    EXPECT_EQ(constraint_of("<CreateBucketConfiguration xmlns=\"u\">\n"
                            "<LocationConstraint>eu-west-1</LocationConstraint>"
                            "</CreateBucketConfiguration>"),
              "eu-west-1");
}

TEST(S3XmlReader, a_new_bucket_may_have_tags) {
    const auto tags_of = [](const std::string& tags) {
        const auto read = read_new_bucket("<CreateBucketConfiguration><Tags>" + tags +
                                          "</Tags></CreateBucketConfiguration>");
        return read ? read->tagging : read.error().reason;
    };
    const std::string tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
    EXPECT_NE(tags_of(tag).find("<TagSet>" + tag + "</TagSet></Tagging>"), std::string::npos);
    EXPECT_EQ(tags_of(""), "");
    EXPECT_EQ(tags_of(tag + tag), "invalid_tag");
    EXPECT_EQ(tags_of("<Tag><Key>k</Key></Tag>"), "malformed_xml");
}

TEST(S3XmlReader, buckets_of_other_kinds_are_not_implemented) {
    for (const std::string_view inner : {"<Location/>", "<Bucket/>"}) {
        const auto read = read_new_bucket("<CreateBucketConfiguration>" + std::string(inner) +
                                          "</CreateBucketConfiguration>");
        ASSERT_FALSE(read) << inner;
        EXPECT_EQ(read.error().code, ErrorCode::unimplemented) << inner;
    }
    const auto unknown =
        read_new_bucket("<CreateBucketConfiguration><X/></CreateBucketConfiguration>");
    EXPECT_EQ(unknown.error().reason, "malformed_xml");
}

}  // namespace
}  // namespace onput::gateway::s3
