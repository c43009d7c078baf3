#include "services/gateway/aws/xml_reader.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/json.hpp"
#include "tests/services/gateway/aws/sample.hpp"

namespace onput::gateway::aws {
namespace {

std::string read(std::string_view inner) {
    const std::string body = "<Planting xmlns=\"urn:sample\">" + std::string(inner) + "</Planting>";
    const auto value = read_xml(body, "Planting", *sample_model().find_shape("Plan"));
    return value ? write_json(*value) : value.error().reason;
}

TEST(AwsXmlReader, elements_are_members_by_their_wire_names_in_any_order) {
    EXPECT_EQ(read("<Count>3</Count><colour>red</colour><Nested><Name>ab</Name></Nested>"),
              R"({"Colour":"red","Count":"3","Nested":{"Name":"ab"}})");
}

TEST(AwsXmlReader, booleans_have_one_spelling_however_they_are_written) {
    for (const char* text : {"true", "TRUE", "True", "1"})
        EXPECT_EQ(read(std::string("<Wet>") + text + "</Wet>"), R"({"Wet":"true"})") << text;
    for (const char* text : {"false", "FALSE", "False", "0"})
        EXPECT_EQ(read(std::string("<Wet>") + text + "</Wet>"), R"({"Wet":"false"})") << text;
    // Whoever checks the document refuses it.
    EXPECT_EQ(read("<Wet>yes</Wet>"), R"({"Wet":"yes"})");
}

TEST(AwsXmlReader, lists_and_maps_are_flattened_or_not) {
    EXPECT_EQ(read("<Labels><member>a</member><member>b</member></Labels><Item>x</Item>"
                   "<Item>y</Item>"),
              R"({"Flat":["x","y"],"Labels":["a","b"]})");
    EXPECT_EQ(read("<Tags><entry><key>k</key><value>v</value></entry></Tags>"
                   "<Tag><Key>a</Key><Value>b</Value></Tag>"),
              R"({"FlatTags":{"a":"b"},"Tags":{"k":"v"}})");
}

TEST(AwsXmlReader, what_the_shape_has_not_is_malformed) {
    for (const std::string_view inner :
         {"<Unknown/>", "text", "<Colour>red</Colour>", "<colour>a</colour><colour>b</colour>",
          "<colour><b/></colour>", "<Labels><Item>a</Item></Labels>", "<Bed>x</Bed>",
          "<Tag><Value>b</Value></Tag>", "<Tag><Key>a</Key></Tag><Tag><Key>a</Key></Tag>",
          "<Labels/><Labels/>"}) {
        EXPECT_EQ(read(inner), "malformed_xml") << inner;
    }
    EXPECT_FALSE(read_xml("<Other/>", "Planting", *sample_model().find_shape("Plan")));
}

}  // namespace
}  // namespace onput::gateway::aws
