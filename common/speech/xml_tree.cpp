#include "common/speech/xml_tree.hpp"

#include <algorithm>
#include <expat.h>
#include <memory>
#include <type_traits>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::speech {
namespace {

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

// What expat's calls build.
class TreeBuilder {
public:
    explicit TreeBuilder(XML_Parser parser) : parser_(parser) {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    }

    [[nodiscard]] const std::string& fault() const { return fault_; }
    XmlNode take_root() { return std::move(root_); }

private:
    static TreeBuilder& of(void* self) { return *static_cast<TreeBuilder*>(self); }

    static void on_start(void* self, const char* name, const char** attributes) {
        of(self).start(name, attributes);
    }
    static void on_end(void* self, const char*) { of(self).end(); }
    static void on_text(void* self, const char* text, int bytes) {
        of(self).add_text({text, static_cast<std::size_t>(bytes)});
    }
    static void on_doctype(void* self, const char*, const char*, const char*, int) {
        of(self).stop("a document type declaration is not allowed");
    }

    // What expat looks at now.
    [[nodiscard]] SourceSpan source() const {
        const auto begin = static_cast<std::uint32_t>(XML_GetCurrentByteIndex(parser_));
        return {.begin = begin,
                .end = begin + static_cast<std::uint32_t>(XML_GetCurrentByteCount(parser_))};
    }

    void start(const char* name, const char** attributes) {
        if (open_.size() >= xml_depth_max) {
            return stop(fmt::format("elements are nested more than {} deep", xml_depth_max));
        }
        if (!count_node()) return;
        XmlNode node{.name = name, .source = source()};
        for (; *attributes != nullptr; attributes += 2) {
            node.attributes.emplace_back(attributes[0], attributes[1]);
        }
        open_.push_back(std::move(node));
    }

    void end() {
        if (!fault_.empty()) return;
        XmlNode node = std::move(open_.back());
        open_.pop_back();
        // An element without an end tag, "<p/>", ends where it begins: its one tag is both.
        node.source.end = std::max(node.source.end, source().end);
        (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(node);
    }

    // In pieces: each line, each entity.
    void add_text(std::string_view text) {
        if (!fault_.empty() || open_.empty()) return;
        auto& siblings = open_.back().children;
        if (siblings.empty() || !siblings.back().is_text()) {
            if (!count_node()) return;
            siblings.emplace_back().source = source();
        }
        XmlNode& node = siblings.back();
        const SourceSpan span = source();
        if (span.end - span.begin == text.size()) {
            node.text.append(text, span.begin);
        } else {
            node.text.append_as_one(text, span);
        }
        node.source.end = span.end;
    }

    bool count_node() {
        if (!fault_.empty()) return false;
        if (++nodes_ <= xml_nodes_max) return true;
        stop(fmt::format("there are more than {} elements and texts", xml_nodes_max));
        return false;
    }

    void stop(std::string fault) {
        if (!fault_.empty()) return;
        fault_ = std::move(fault);
        XML_StopParser(parser_, XML_FALSE);
    }

    XML_Parser parser_;
    std::vector<XmlNode> open_;
    XmlNode root_;
    std::size_t nodes_ = 0;
    std::string fault_;
};

}  // namespace

SourceText SourceText::plain(std::string text) {
    SourceText result;
    result.append(text, 0);
    return result;
}

void SourceText::append(std::string_view text, std::uint32_t begin) {
    text_ += text;
    for (std::size_t i = 0; i < text.size(); ++i, ++begin) spans_.push_back({begin, begin + 1});
}

void SourceText::append_as_one(std::string_view text, SourceSpan span) {
    text_ += text;
    spans_.insert(spans_.end(), text.size(), span);
}

void SourceText::append(const SourceText& other) {
    text_ += other.text_;
    spans_.insert(spans_.end(), other.spans_.begin(), other.spans_.end());
}

SourceSpan SourceText::source(std::size_t begin, std::size_t end) const {
    ONPUT_CHECK(begin < end && end <= spans_.size());
    return {.begin = spans_[begin].begin, .end = spans_[end - 1].end};
}

SourceText SourceText::part(std::size_t begin, std::size_t end) const {
    ONPUT_CHECK(begin <= end && end <= spans_.size());
    SourceText result;
    result.text_ = text_.substr(begin, end - begin);
    result.spans_.assign(spans_.begin() + static_cast<std::ptrdiff_t>(begin),
                         spans_.begin() + static_cast<std::ptrdiff_t>(end));
    return result;
}

std::optional<std::string_view> XmlNode::attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes) {
        if (key == wanted) return value;
    }
    return {};
}

Result<XmlNode> read_xml_tree(std::string_view document) {
    if (document.size() > xml_document_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the document has {} bytes, and {} are the most", document.size(),
                                xml_document_bytes_max));
    }
    // UTF-8 whatever the document says of itself: another encoding would move the offsets.
    const Parser parser(XML_ParserCreate("UTF-8"));
    if (!parser) return fail(ErrorCode::resource_exhausted, "no memory for the XML parser");
    TreeBuilder builder(parser.get());
    const auto status =
        XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
    if (status == XML_STATUS_OK) return builder.take_root();
    const std::string_view fault = builder.fault().empty()
                                       ? XML_ErrorString(XML_GetErrorCode(parser.get()))
                                       : std::string_view(builder.fault());
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} (line {}, column {})", fault, XML_GetCurrentLineNumber(parser.get()),
                    XML_GetCurrentColumnNumber(parser.get()) + 1));
}

}  // namespace onput::speech
