// An XML document as a tree in which every byte of text knows where it came from: SSML's speech
// marks point into what the client sent. The one place that knows expat. Pure; the bytes are
// hostile.
//
// A document must be well-formed UTF-8 without a DTD, so there are no entities but XML's own five
// and numbers. Names keep their prefixes: "amazon:effect".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::speech {

inline constexpr std::size_t xml_document_bytes_max = 1024 * 1024;
inline constexpr std::size_t xml_depth_max = 32;
inline constexpr std::size_t xml_nodes_max = 100'000;

// Bytes of the document, from 0.
struct SourceSpan {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    friend bool operator==(const SourceSpan&, const SourceSpan&) = default;
};

// A text, and for each of its bytes the bytes of the document that stand for it: "&amp;" is one
// byte of text with five of the document.
class SourceText {
public:
    // A text that is its own source.
    static SourceText plain(std::string text);

    void append(std::string_view text, std::uint32_t begin);     // Byte for byte.
    void append_as_one(std::string_view text, SourceSpan span);  // All of it for all of that.
    void append(const SourceText& other);

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    [[nodiscard]] std::size_t size() const { return text_.size(); }
    // Where bytes `begin` to `end` came from; `begin` < `end` <= size().
    [[nodiscard]] SourceSpan source(std::size_t begin, std::size_t end) const;
    [[nodiscard]] SourceText part(std::size_t begin, std::size_t end) const;

private:
    std::string text_;
    std::vector<SourceSpan> spans_;
};

// An element, or, without a name, a text.
struct XmlNode {
    std::string name = {};
    std::vector<std::pair<std::string, std::string>> attributes = {};
    std::vector<XmlNode> children = {};
    SourceText text = {};
    SourceSpan source = {};  // From its tag to the end of its end tag.

    [[nodiscard]] bool is_text() const { return name.empty(); }
    [[nodiscard]] std::optional<std::string_view> attribute(std::string_view wanted) const;
};

// The root element. Fails with invalid_argument; the message says what is wrong, and in which line
// and column.
Result<XmlNode> read_xml_tree(std::string_view document);

}  // namespace onput::speech
