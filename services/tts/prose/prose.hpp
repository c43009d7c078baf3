// Documents as prose: what a reader would read aloud, with its paragraphs and headings, of
// Markdown, HTML and subtitles. Streaming and in constant memory, but for the headings. EPUB is no
// text, and has a reader of its own (epub.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

// By the object's Content-Type, when it names one of these, else by the extension of its key:
// "markdown", "html", "subtitles", "epub"; empty: a plain text.
std::string document_type(std::string_view key, std::string_view content_type);
inline constexpr std::string_view epub_type = "epub";

// What an HTML or XML document says at its beginning of its own charset, as it says it: in its
// <?xml?>, or in a <meta> of its first so many bytes; empty: nothing.
inline constexpr std::size_t declaration_bytes_max = 1024;
std::string charset_in_document(std::string_view beginning);

inline constexpr std::size_t headings_max = 10'000;  // More are read, and have no chapter.
inline constexpr std::size_t heading_bytes_max = 200;

struct Heading {
    std::uint64_t offset = 0;  // In the prose: where it begins.
    std::uint32_t level = 1;   // 1 to 6.
    std::string title = {};
};

class ProseReader {
public:
    // A type that document_type names, but for EPUB.
    static Result<std::unique_ptr<ProseReader>> open(std::string_view type);
    virtual ~ProseReader() = default;
    ProseReader(const ProseReader&) = delete;
    ProseReader& operator=(const ProseReader&) = delete;

    // The next piece of the document: appends the prose of it to `out`. Well-formed UTF-8 with
    // '\n' as its line end, as TextDecoder makes it; a piece may end anywhere.
    void read(std::string_view text, std::string& out);
    // After the last piece.
    void finish(std::string& out);

    [[nodiscard]] const std::vector<Heading>& headings() const { return headings_; }

protected:
    ProseReader() = default;

    // For the reader of a type. White space is collapsed to one space.
    virtual void take(std::string_view text) = 0;
    virtual void end() = 0;

    void say(std::string_view text);
    void end_line();
    void end_paragraph();
    // What is said until end_heading is one.
    void begin_heading(std::uint32_t level);
    void end_heading();

private:
    enum class Gap : std::uint8_t { none, space, line, paragraph };
    void widen(Gap gap);

    std::string prose_;  // Not handed out yet.
    std::uint64_t handed_out_ = 0;
    Gap gap_ = Gap::none;  // Before the next word.
    bool is_begun_ = false;
    bool is_heading_ = false;
    bool has_heading_begun_ = false;
    std::uint32_t level_ = 1;
    std::vector<Heading> headings_;
};

// Pieces of text -> lines, for the readers of types that are made of lines. A longer line is cut.
inline constexpr std::size_t prose_line_bytes_max = 64 * 1024;

class LineReader : public ProseReader {
protected:
    void take(std::string_view text) final;
    void end() final;
    virtual void take_line(std::string_view line) = 0;
    virtual void end_lines() {}

private:
    std::string line_;
};

std::unique_ptr<ProseReader> make_markdown_reader();
std::unique_ptr<ProseReader> make_subtitle_reader();
std::unique_ptr<ProseReader> make_html_reader();

}  // namespace onput::tts
