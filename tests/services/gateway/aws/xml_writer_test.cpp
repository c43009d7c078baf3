#include "services/gateway/aws/xml_writer.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::aws {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

TEST(AwsXml, markup_in_text_is_escaped) {
    EXPECT_EQ(escaped("<a href=\"x\">&'</a>]]>"),
              "&lt;a href=&quot;x&quot;&gt;&amp;'&lt;/a&gt;]]&gt;");
}

TEST(AwsXml, control_characters_become_references) {
    EXPECT_EQ(escaped(std::string_view("\0\x01\r\x1f", 4)), "&#x0;&#x1;&#xd;&#x1f;");
    EXPECT_EQ(escaped("tab\tline\n"), "tab\tline\n");
}

TEST(AwsXml, control_characters_can_be_replaced_to_keep_the_document_readable) {
    XmlWriter xml(XmlWriter::Controls::replaced);
    xml.text("A", std::string_view("\0x\r\t", 4));
    EXPECT_TRUE(xml.take().ends_with("<A>\xEF\xBF\xBDx&#xd;\t</A>"));
}

TEST(AwsXml, utf8_stays_and_other_bytes_cannot_break_the_document) {
    EXPECT_EQ(escaped("\xC3\xA4\xF0\x9F\x98\x80"), "\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(escaped("a\xff<"), "a\xEF\xBF\xBD&lt;");
}

TEST(AwsXml, elements_nest_in_the_order_they_are_written) {
    XmlWriter xml;
    xml.begin_in_namespace("Root", "urn:x");
    xml.begin("A");
    xml.number("N", 18'446'744'073'709'551'615ULL);
    xml.flag("F", true);
    xml.end("A");
    xml.content("<");
    xml.end("Root");
    EXPECT_EQ(xml.take(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root xmlns=\"urn:x\"><A>"
              "<N>18446744073709551615</N><F>true</F></A>&lt;</Root>");
}

TEST(AwsXml, a_root_without_content_closes_itself) {
    XmlWriter xml;
    xml.begin_in_namespace("Root", "urn:x");
    xml.end("Root");
    EXPECT_TRUE(xml.take().ends_with("\n<Root xmlns=\"urn:x\"/>"));
}

}  // namespace
}  // namespace onput::gateway::aws
