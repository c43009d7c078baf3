#include "common/speech/xml_tree.hpp"

#include <gtest/gtest.h>

namespace onput::speech {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

TEST(XmlTreeTest, every_byte_of_a_text_knows_its_bytes_in_the_document) {
    const std::string document = "<a>x &amp; <b k='1'>y</b>\r\n<![CDATA[<z>]]>&#233;</a>";
    const auto root = read_xml_tree(document);
    ASSERT_TRUE(root) << root.error().message;
    ASSERT_EQ(root->children.size(), 3U);
    const auto shown = [&](const SourceText& text, std::size_t begin, std::size_t end) {
        const SourceSpan span = text.source(begin, end);
        return document.substr(span.begin, span.end - span.begin);
    };
    const SourceText& first = root->children[0].text;
    EXPECT_EQ(first.text(), "x & ");
    EXPECT_EQ(shown(first, 0, 1), "x");
    EXPECT_EQ(shown(first, 2, 3), "&amp;");
    EXPECT_EQ(shown(first, 0, 4), "x &amp; ");
    const SourceText& last = root->children[2].text;
    EXPECT_EQ(last.text(), "\n<z>\u00e9");
    EXPECT_EQ(shown(last, 0, 1), "\r\n");
    EXPECT_EQ(shown(last, 1, 4), "<z>");
    EXPECT_EQ(shown(last, 4, 6), "&#233;");
}

TEST(XmlTreeTest, an_element_knows_its_tags) {
    const std::string document = "<a><b/><c>d</c></a>";
    const auto root = read_xml_tree(document);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->source, (SourceSpan{0, 19}));
    EXPECT_EQ(root->children[0].source, (SourceSpan{3, 7}));
    EXPECT_EQ(root->children[1].source, (SourceSpan{7, 15}));
}

TEST(XmlTreeTest, what_is_no_document_is_refused_with_its_place) {
    for (const std::string_view document : {"", "a", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>",
                                            "<a>\xff</a>", "<a b='1' b='2'/>"}) {
        const auto root = read_xml_tree(document);
        ASSERT_FALSE(root) << document;
        EXPECT_EQ(root.error().code, ErrorCode::invalid_argument);
        EXPECT_NE(root.error().message.find("line "), std::string::npos);
    }
}

TEST(XmlTreeTest, a_document_type_is_refused_before_its_entities_are_read) {
    const auto root = read_xml_tree(R"(<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>)");
    ASSERT_FALSE(root);
    EXPECT_TRUE(root.error().message.starts_with("a document type declaration"));
}

TEST(XmlTreeTest, depth_number_and_length_have_limits) {
    const auto nested = [](std::size_t depth) {
        return read_xml_tree(repeat("<a>", depth) + repeat("</a>", depth));
    };
    EXPECT_TRUE(nested(xml_depth_max));
    EXPECT_FALSE(nested(xml_depth_max + 1));
    EXPECT_FALSE(read_xml_tree("<a>" + repeat("<b/>", xml_nodes_max) + "</a>"));
    EXPECT_FALSE(read_xml_tree("<a>" + std::string(xml_document_bytes_max, 'x') + "</a>"));
}

// Each line is told apart; the time is that of a text of so many bytes, not of their square.
TEST(XmlTreeTest, many_lines_are_one_text) {
    const std::string lines(500'000, '\n');
    const auto root = read_xml_tree("<speak>" + lines + "</speak>");
    ASSERT_TRUE(root) << root.error().message;
    ASSERT_EQ(root->children.size(), 1U);
    EXPECT_EQ(root->children[0].text.text().size(), lines.size());
}

}  // namespace
}  // namespace onput::speech
