#include "services/tts/prose/epub.hpp"

#include <gtest/gtest.h>

#include "common/archive/zip.hpp"
#include "common/base/random.hpp"
#include "services/tts/prose/epub_package.hpp"

namespace onput::tts {
namespace {

using archive::ZipEntry;

const std::string container =
    R"(<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">)"
    R"(<rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>)";
const std::string package =
    R"(<package xmlns="http://www.idpf.org/2007/opf"><manifest>)"
    R"(<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>)"
    R"(<item id="one" href="text/one%20a.xhtml#top" media-type="application/xhtml+xml"/>)"
    R"(<item id="toc" href="nav.xhtml" media-type="application/xhtml+xml" properties="x nav"/>)"
    R"(<item id="note" href="note.xhtml" media-type="application/xhtml+xml"/>)"
    R"(<item id="map" href="map.svg" media-type="image/svg+xml"/>)"
    R"(</manifest><spine><itemref idref="toc"/><itemref idref="one"/><itemref idref="map"/>)"
    R"(<itemref idref="note" linear="no"/><itemref idref="two"/></spine></package>)";

std::vector<ZipEntry> book() {
    return {
        {.name = "mimetype", .bytes = "application/epub+zip"},
        {.name = "META-INF/container.xml", .bytes = container},
        {.name = "OEBPS/book.opf", .bytes = package},
        {.name = "OEBPS/nav.xhtml", .bytes = "<p>contents</p>"},
        {.name = "OEBPS/note.xhtml", .bytes = "<p>a note</p>"},
        {.name = "OEBPS/text/one a.xhtml",
         .bytes = "<?xml version='1.0'?><html><head><title/></head><body><h1>First</h1>"
                  "<p>One.</p></body></html>"},
        {.name = "OEBPS/text/two.xhtml",
         .bytes = "<html><body><p>Before.</p><h2>Second</h2><p>Th\u1ee9 hai.</p></body></html>"}};
}

struct Read {
    std::string text;
    std::vector<Heading> headings;
    std::string encoding;
    std::uint64_t characters = 0;
};

Result<Read> read(const std::vector<ZipEntry>& entries) {
    const std::string bytes = *archive::make_zip(entries);
    ONPUT_TRY(auto zip, archive::ZipReader::open(bytes, {.bytes_max = 1 << 20, .files_max = 100}));
    ONPUT_TRY(auto reader, EpubReader::open(std::move(zip)));
    Read all;
    for (;;) {
        ONPUT_TRY(const bool has_more, reader.read(all.text));
        if (!has_more) break;
    }
    all.headings = reader.headings();
    all.encoding = reader.encoding();
    all.characters = reader.characters();
    return all;
}

std::string reason(const std::vector<ZipEntry>& entries) {
    const auto all = read(entries);
    return all ? "" : all.error().reason;
}

void replace(std::string& text, std::string_view old, std::string_view by) {
    text.replace(text.find(old), old.size(), by);
}

TEST(Epub, its_chapters_are_read_in_the_order_of_the_spine) {
    const auto all = read(book());
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->text, "First\n\nOne.\n\nBefore.\n\nSecond\n\nTh\u1ee9 hai.");
    EXPECT_EQ(all->encoding, "utf-8");
    EXPECT_GT(all->characters, 40U);
}

TEST(Epub, headings_are_where_they_are_in_the_whole) {
    const auto all = read(book());
    ASSERT_EQ(all->headings.size(), 2U);
    EXPECT_EQ(all->headings[0].title, "First");
    EXPECT_EQ(all->headings[0].offset, 0U);
    EXPECT_EQ(all->headings[1].level, 2U);
    EXPECT_TRUE(all->text.substr(all->headings[1].offset).starts_with("Second"));
}

TEST(Epub, a_chapter_may_be_in_another_encoding) {
    auto entries = book();
    entries[5].bytes = "\xff\xfe";
    for (const char c : std::string("<html><body><p>One.</p></body></html>"))
        entries[5].bytes += {c, '\0'};
    const auto all = read(entries);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->text.starts_with("One.\n\nBefore."));
}

TEST(Epub, what_is_no_book_is_refused) {
    auto entries = book();
    EXPECT_EQ(reason({{.name = "a.txt", .bytes = "x"}}), "bad_epub");
    entries[1].bytes = "<container/>";
    EXPECT_EQ(reason(entries), "bad_epub");
    entries[1].bytes = "no xml";
    EXPECT_EQ(reason(entries), "bad_epub");
    entries = book();
    entries[2].bytes = "<package><manifest/><spine><itemref idref='x'/></spine></package>";
    EXPECT_EQ(reason(entries), "bad_epub");
    entries[2].bytes = "<package><manifest/><spine/></package>";
    EXPECT_EQ(reason(entries), "bad_epub");
}

TEST(Epub, a_chapter_that_is_not_there_is_named) {
    auto entries = book();
    entries.pop_back();
    const auto all = read(entries);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().reason, "zip_entry");
    EXPECT_NE(all.error().message.find("two.xhtml"), std::string::npos) << all.error().message;
}

TEST(Epub, a_copy_protected_book_is_refused_and_shuffled_fonts_are_none_of_our_business) {
    const auto encrypted = [](const std::string& path) {
        return ZipEntry{.name = "META-INF/encryption.xml",
                        .bytes = "<encryption><EncryptedData><CipherData><CipherReference URI='" +
                                 path + "'/></CipherData></EncryptedData></encryption>"};
    };
    auto entries = book();
    entries.push_back(encrypted("OEBPS/fonts/a.otf"));
    EXPECT_EQ(reason(entries), "");
    entries.back() = encrypted("OEBPS/text/two.xhtml");
    EXPECT_EQ(reason(entries), "encrypted_document");
}

TEST(Epub, limits_hold) {
    auto entries = book();
    entries[1].bytes += std::string(epub_container_bytes_max, ' ');
    EXPECT_EQ(reason(entries), "zip_entry");
    entries = book();
    entries.back().bytes = "<p>" + std::string(2 << 20, 'a');
    EXPECT_EQ(reason(entries), "zip_too_large");
}

TEST(Epub, entities_do_not_multiply) {
    auto entries = book();
    std::string bomb = "<!DOCTYPE p [<!ENTITY a0 'aaaaaaaaaa'>";
    for (int i = 1; i < 12; ++i) {
        bomb += "<!ENTITY a" + std::to_string(i) + " '";
        for (int j = 0; j < 10; ++j) bomb += "&a" + std::to_string(i - 1) + ";";
        bomb += "'>";
    }
    bomb += "]>";
    entries[2].bytes = bomb + "<package>&a11;<manifest><item id='&a11;'/></manifest></package>";
    EXPECT_EQ(reason(entries), "bad_epub");
    entries = book();
    entries.back().bytes = bomb + "<p>&a11;</p>";
    const auto all = read(entries);
    EXPECT_TRUE(!all || all->text.size() < 10'000);
}

TEST(Epub, damage_anywhere_ends_in_an_answer) {
    const std::string whole = *archive::make_zip(book());
    Random random(7);
    for (int i = 0; i < 500; ++i) {
        std::string bytes = whole;
        for (int j = 0; j < 3; ++j)
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        auto zip = archive::ZipReader::open(bytes, {.bytes_max = 1 << 20, .files_max = 100});
        if (!zip) continue;
        auto reader = EpubReader::open(*std::move(zip));
        std::string text;
        while (reader) {
            const auto more = reader->read(text);
            if (!more || !*more) break;
        }
        EXPECT_LT(text.size(), 100'000U);
    }
}

TEST(EpubPaths, lead_to_files_of_the_archive_only) {
    EXPECT_EQ(resolve_href("a.xhtml", "book.opf"), "a.xhtml");
    EXPECT_EQ(resolve_href("./b/../a%20b.xhtml#x", "OEBPS/book.opf"), "OEBPS/a b.xhtml");
    EXPECT_EQ(resolve_href("../a.xhtml", "OEBPS/book.opf"), "a.xhtml");
    EXPECT_EQ(resolve_href("/a.xhtml", "OEBPS/book.opf"), "a.xhtml");
    for (const char* href : {"../../a", "http://x.org/a", "", "#top", "a%00b"})
        EXPECT_EQ(resolve_href(href, "OEBPS/book.opf"), "") << href;
}

TEST(EpubPaths, an_ampersand_stays_one) {
    std::string one = package;
    replace(one, "text/two.xhtml", "a&amp;b.xhtml");
    EXPECT_EQ(find_chapters(one, "book.opf")->back(), "a&b.xhtml");
}

}  // namespace
}  // namespace onput::tts
