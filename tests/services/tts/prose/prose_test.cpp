#include "services/tts/prose/prose.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace onput::tts {
namespace {

struct Prose {
    std::string text;
    std::vector<Heading> headings;
};

Prose read(std::string_view type, std::string_view document, std::size_t piece_bytes = 1000) {
    auto reader = ProseReader::open(type).value();
    Prose prose;
    for (std::size_t at = 0; at < document.size(); at += piece_bytes)
        reader->read(document.substr(at, piece_bytes), prose.text);
    reader->finish(prose.text);
    prose.headings = reader->headings();
    return prose;
}

std::string markdown(std::string_view document) {
    return read("markdown", document).text;
}
std::string html(std::string_view document) {
    return read("html", document).text;
}
std::string subtitles(std::string_view document) {
    return read("subtitles", document).text;
}

// --- Which type -------------------------------------------------------------------------------

TEST(DocumentType, a_content_type_that_says_something_wins_over_the_extension) {
    EXPECT_EQ(document_type("notes.md", "text/plain"), "markdown");
    EXPECT_EQ(document_type("notes.md", "text/html; charset=utf-8"), "html");
    EXPECT_EQ(document_type("notes", "text/markdown"), "markdown");
    EXPECT_EQ(document_type("a/PAGE.HTM", "binary/octet-stream"), "html");
    EXPECT_EQ(document_type("film.srt", ""), "subtitles");
    EXPECT_EQ(document_type("film.vtt", ""), "subtitles");
    EXPECT_EQ(document_type("novel.EPUB", ""), "epub");
    EXPECT_EQ(document_type("novel", "application/epub+zip"), "epub");
    EXPECT_EQ(document_type("book.txt", "text/plain"), "");
    EXPECT_EQ(document_type("", ""), "");
}

TEST(DocumentType, a_type_of_a_newer_version_is_refused_by_name) {
    const auto reader = ProseReader::open("papyrus");
    EXPECT_EQ(reader.error().reason, "unknown_document");
    EXPECT_NE(reader.error().message.find("papyrus"), std::string::npos);
}

// --- Markdown ---------------------------------------------------------------------------------

TEST(Markdown, words_are_said_without_their_marks) {
    EXPECT_EQ(markdown("Some *very* **bold** and `code` ~~gone~~ _words_."),
              "Some very bold and code gone words.");
    EXPECT_EQ(markdown("A snake_case_name, 2 * 3, and \\*stars\\*."),
              "A snake_case_name, 2 * 3, and *stars*.");
    EXPECT_EQ(markdown("Salt &amp; pepper, a < b, <b>tags</b><!-- not this -->."),
              "Salt & pepper, a < b, tags.");
}

TEST(Markdown, links_and_images_are_their_texts) {
    EXPECT_EQ(markdown("See [the *page*](http://x.org/a(b)) and ![a cat](cat.jpg)."),
              "See the page and a cat.");
    EXPECT_EQ(markdown("As [said][1] in [brackets]; <http://x.org>.\n\n[1]: http://x.org"),
              "As said in [brackets]; .");
    EXPECT_EQ(markdown("A [broken link( and [another](never closed"),
              "A [broken link( and [another](never closed");
}

TEST(Markdown, headings_of_both_kinds_are_paragraphs_and_are_found) {
    const auto prose =
        read("markdown", "# One #\ntext\n\nTwo\n===\nmore\nThree *it*\n---\n#not one");
    EXPECT_EQ(prose.text, "One\n\ntext\n\nTwo\n\nmore\n\nThree it\n\n#not one");
    ASSERT_EQ(prose.headings.size(), 3U);
    EXPECT_EQ(prose.headings[0].title, "One");
    EXPECT_EQ(prose.headings[1].level, 1U);
    EXPECT_EQ(prose.headings[2].title, "Three it");
    EXPECT_EQ(prose.headings[2].level, 2U);
    EXPECT_EQ(prose.text.substr(prose.headings[2].offset, 5), "Three");
}

TEST(Markdown, items_and_rows_are_paragraphs) {
    EXPECT_EQ(markdown("Buy:\n- milk\n* bread\n1. first\n- [x] done"),
              "Buy:\n\nmilk\n\nbread\n\n1. first\n\ndone");
    EXPECT_EQ(markdown("| a | b |\n|---|:-:|\n| 1 | 2 |\n"), "a, b\n\n1, 2");
    EXPECT_EQ(markdown("> quoted\n> text"), "quoted\ntext");
}

TEST(Markdown, code_front_matter_and_rules_are_not_said) {
    EXPECT_EQ(markdown("---\ntitle: x\n---\nText.\n\n```cpp\nint x;\n```\n\n***\n\nEnd."),
              "Text.\n\nEnd.");
    EXPECT_EQ(markdown("~~~\n```\nstill code\n~~~\nText"), "Text");
    EXPECT_EQ(markdown("```\nnever closed"), "");
}

TEST(Markdown, a_rule_on_the_first_line_swallows_nothing) {
    EXPECT_EQ(markdown("---\nOne.\n\nTwo."), "One.\n\nTwo.");
    EXPECT_EQ(markdown("---\n\nOne.\n\n---\n\nTwo."), "One.\n\nTwo.");
    EXPECT_EQ(markdown("---"), "");
    EXPECT_EQ(markdown("---\ntitle: x\n...\nOne."), "One.");
    std::string many = "---\n";
    for (int i = 0; i < 300; ++i) many += "line\n";
    EXPECT_TRUE(markdown(many + "\n---\nend").ends_with("\nline\n\nend"));
    const std::string wide = "---\n" + std::string(20'000, 'a') + "\n---\nend";
    EXPECT_TRUE(markdown(wide).starts_with("aaa"));
}

// --- HTML -------------------------------------------------------------------------------------

TEST(Html, the_text_of_the_body_is_said) {
    EXPECT_EQ(html("<html><head><title>T</title><style>p{}</style></head><body><p>One <b>bo</b>ld."
                   "<p>Two<br>lines<script>var x = '<p>';</script></body></html>"),
              "One bold.\n\nTwo\nlines");
    EXPECT_EQ(html("<ul><li>a<li>b</ul><img alt='a cat'> &eacute;&amp;&#x4eca;"),
              "a\n\nb\n\na cat \u00e9&\u4eca");
    EXPECT_EQ(html("<table><tr><td>1</td><td>2</td></tr></table>after"), "1, 2\n\nafter");
}

TEST(Html, headings_are_found) {
    const auto prose = read("html", "<h1>One <i>two</i></h1><p>text</p><h3>Th\u1ee9 ba</h3>");
    EXPECT_EQ(prose.text, "One two\n\ntext\n\nTh\u1ee9 ba");
    ASSERT_EQ(prose.headings.size(), 2U);
    EXPECT_EQ(prose.headings[0].title, "One two");
    EXPECT_EQ(prose.headings[1].level, 3U);
    EXPECT_EQ(prose.text.substr(prose.headings[1].offset), "Th\u1ee9 ba");
}

// --- Subtitles --------------------------------------------------------------------------------

TEST(Subtitles, the_words_of_the_cues_are_said) {
    EXPECT_EQ(subtitles("1\n00:00:01,000 --> 00:00:02,000\n<i>Hello,</i>\nworld.\n\n"
                        "2\n00:00:02,500 --> 00:00:03,000\n{\\an8}Again.\n\n"
                        "3\n00:00:09,000 --> 00:00:10,000\n1984\n"),
              "Hello,\nworld.\nAgain.\n\n1984");
    EXPECT_EQ(subtitles("WEBVTT - a title\n\n00:01.000 --> 00:02.000 align:start\nHello.\n"),
              "Hello.");
}

// --- All --------------------------------------------------------------------------------------

TEST(Prose, pieces_of_any_size_give_the_same_prose) {
    const std::vector<std::pair<std::string_view, std::string_view>> documents{
        {"markdown", "# A *b*\n\ntext [l](u) `c`\n\n- x\n- y\n\n| a | b |\n"},
        {"html", "<h1>T&#x1ea1;i <b>x</b></h1><p>one &amp; two</p><table><tr><td>1<td>2</table>"},
        {"subtitles",
         "1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:00:09,000 --> 00:00:10,000\nTwo"}};
    for (const auto& [type, document] : documents) {
        const auto whole = read(type, document);
        for (const std::size_t piece : {1, 2, 3, 7}) {
            const auto pieces = read(type, document, piece);
            EXPECT_EQ(pieces.text, whole.text) << type << piece;
            EXPECT_EQ(pieces.headings.size(), whole.headings.size()) << type << piece;
        }
    }
}

TEST(Prose, hostile_documents_give_some_prose_and_never_a_crash) {
    static const std::vector<std::string> pieces{"#",
                                                 "*",
                                                 "_",
                                                 "`",
                                                 "[",
                                                 "]",
                                                 "(",
                                                 ")",
                                                 "|",
                                                 "\n",
                                                 "---",
                                                 "```",
                                                 "<",
                                                 ">",
                                                 "!",
                                                 "&",
                                                 "\\",
                                                 "<h1>",
                                                 "</h1>",
                                                 "<script>",
                                                 "<!--",
                                                 "-->",
                                                 "00:00:01,000",
                                                 "{\\",
                                                 "1",
                                                 " ",
                                                 "\u4eca",
                                                 "- "};
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Random random(seed);
        std::string document;
        while (document.size() < 3000) document += pieces[random.below(pieces.size())];
        for (const std::string_view type : {"markdown", "html", "subtitles"}) {
            const auto prose = read(type, document);
            EXPECT_LE(prose.text.size(), 3 * document.size());
            for (const Heading& heading : prose.headings)
                EXPECT_LT(heading.offset, prose.text.size()) << type << seed;
        }
    }
    EXPECT_FALSE(markdown(std::string(100'000, '[')).empty());
    EXPECT_FALSE(html(std::string("<p>") + std::string(200'000, 'a')).empty());
}

TEST(Prose, headings_are_bounded) {
    std::string document;
    for (std::size_t i = 0; i < headings_max + 10; ++i) document += "# h\n";
    document += "# " + std::string(1000, 'x') + "\n";
    const auto prose = read("markdown", document);
    EXPECT_EQ(prose.headings.size(), headings_max);
    EXPECT_TRUE(prose.text.ends_with(std::string(1000, 'x')));
    const auto one = read("markdown", "# " + std::string(1000, 'x'));
    EXPECT_EQ(one.headings.at(0).title.size(), heading_bytes_max);
}

TEST(DeclaredCharset, is_what_a_document_says_of_itself) {
    EXPECT_EQ(charset_in_document("<?xml version='1.0' encoding='ISO-8859-5'?><html>"),
              "iso-8859-5");
    EXPECT_EQ(charset_in_document("<!DOCTYPE html><html><head><META CharSet=\"CP866\">"), "cp866");
    EXPECT_EQ(charset_in_document("<meta name=a><meta http-equiv='Content-Type' "
                                  "content='text/html; charset=koi8-r'>"),
              "koi8-r");
    EXPECT_EQ(charset_in_document("<meta charset = windows-1251 />"), "windows-1251");
    EXPECT_EQ(charset_in_document("<html><p>charset=cp866</p>"), "");
    EXPECT_EQ(charset_in_document("<meta charset"), "");
    EXPECT_EQ(charset_in_document("<meta charset="), "");
    EXPECT_EQ(charset_in_document("<?xml encoding"), "");
    EXPECT_EQ(charset_in_document(std::string(declaration_bytes_max, ' ') + "<meta charset=cp866>"),
              "");
}

}  // namespace
}  // namespace onput::tts
