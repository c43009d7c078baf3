// HTML: the text of its body, by libxml2's parser, without a tree. Scripts, styles and the like are
// not said; an image is its alternative text. The one place of this service that knows libxml2.
#include <algorithm>
#include <array>
#include <libxml/HTMLparser.h>

#include "services/tts/prose/prose.hpp"

namespace onput::tts {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 12> unsaid{"head",   "iframe", "math", "noscript", "object",   "script",
                                       "select", "style",  "svg",  "template", "textarea", "title"};
constexpr std::array<Names, 30> blocks{
    "address", "article", "aside",  "blockquote", "body",    "caption", "dd",      "div",
    "dl",      "dt",      "figure", "figcaption", "footer",  "form",    "header",  "hr",
    "li",      "main",    "nav",    "ol",         "p",       "pre",     "section", "table",
    "tbody",   "tr",      "ul",     "fieldset",   "details", "summary"};
constexpr std::array<Names, 2> cells{"td", "th"};

bool is_one_of(std::string_view name, const auto& names) {
    return std::ranges::find(names, name) != names.end();
}

// 1 to 6 of "h1" to "h6"; 0 of others.
std::uint32_t heading_level(std::string_view name) {
    const bool is_heading = name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
    return is_heading ? static_cast<std::uint32_t>(name[1] - '0') : 0;
}

std::string_view view_of(const xmlChar* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

class HtmlReader final : public ProseReader {
public:
    HtmlReader() {
        handler_.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
            static_cast<HtmlReader*>(self)->begin_element(view_of(name), attributes);
        };
        handler_.endElement = [](void* self, const xmlChar* name) {
            static_cast<HtmlReader*>(self)->end_element(view_of(name));
        };
        handler_.characters = [](void* self, const xmlChar* text, int bytes) {
            static_cast<HtmlReader*>(self)->characters(
                {reinterpret_cast<const char*>(text), static_cast<std::size_t>(bytes)});
        };
        parser_ =
            htmlCreatePushParserCtxt(&handler_, this, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8);
        if (parser_ == nullptr) return;
        htmlCtxtUseOptions(parser_, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                        HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
    }
    HtmlReader(const HtmlReader&) = delete;
    HtmlReader& operator=(const HtmlReader&) = delete;
    ~HtmlReader() override {
        if (parser_ != nullptr) htmlFreeParserCtxt(parser_);
    }

private:
    void take(std::string_view text) override {
        if (parser_ == nullptr || text.empty()) return;
        htmlParseChunk(parser_, text.data(), static_cast<int>(text.size()), 0);
    }
    void end() override {
        if (parser_ != nullptr) htmlParseChunk(parser_, nullptr, 0, 1);
    }

    void begin_element(std::string_view name, const xmlChar** attributes) {
        if (is_one_of(name, unsaid)) ++unsaid_;
        if (unsaid_ > 0) return;
        if (const auto level = heading_level(name)) return begin_heading(level);
        if (is_one_of(name, blocks)) return end_paragraph();
        if (is_one_of(name, cells)) return begin_cell();
        if (name == "br") return end_line();
        if (name != "img" || attributes == nullptr) return;
        for (; attributes[0] != nullptr; attributes += 2) {
            if (view_of(attributes[0]) == "alt") say(view_of(attributes[1]));
        }
    }

    void end_element(std::string_view name) {
        if (is_one_of(name, unsaid) && unsaid_ > 0) --unsaid_;
        if (unsaid_ > 0) return;
        if (heading_level(name) > 0) return end_heading();
        if (name == "tr") is_in_row_ = false;
        if (is_one_of(name, blocks)) end_paragraph();
    }

    void characters(std::string_view text) {
        if (unsaid_ == 0) say(text);
    }

    void begin_cell() {
        if (is_in_row_) say(", ");
        is_in_row_ = true;
    }

    htmlSAXHandler handler_{};
    htmlParserCtxtPtr parser_ = nullptr;
    std::size_t unsaid_ = 0;  // Elements that are open and not said.
    bool is_in_row_ = false;
};

}  // namespace

std::unique_ptr<ProseReader> make_html_reader() {
    return std::make_unique<HtmlReader>();
}

}  // namespace onput::tts
