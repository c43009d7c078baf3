// XML as all services write it: an append-only text. Reading is in xml_reader.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace onput::gateway::aws {

class XmlWriter {
public:
    // What becomes of control characters, which XML 1.0 cannot hold.
    enum class Controls : std::uint8_t {
        referenced,  // "&#xN;", as S3 writes them.
        replaced,    // U+FFFD: the document stays one that every parser reads.
    };

    explicit XmlWriter(Controls controls = Controls::referenced)
        : controls_(controls), out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

    void begin(std::string_view name);
    // The root. One that nothing is written into is <name xmlns=".."/>, as S3 has it.
    void begin_in_namespace(std::string_view name, std::string_view uri);
    void end(std::string_view name);
    void empty(std::string_view name);                         // <name/>
    void text(std::string_view name, std::string_view value);  // <name>value</name>, escaped.
    void number(std::string_view name, std::uint64_t value);
    void flag(std::string_view name, bool value);  // NOLINT: the value itself, not a mode.
    void content(std::string_view value);          // Of the element that was begun last, escaped.

    std::string take() { return std::move(out_); }

private:
    Controls controls_;
    std::string out_;
    std::size_t begin_of_content_ = 0;  // Of the root.
};

// Escaped for element content. In text that is not UTF-8, every byte above 0x7f becomes U+FFFD.
void append_escaped(std::string& out, std::string_view value,
                    XmlWriter::Controls controls = XmlWriter::Controls::referenced);

}  // namespace onput::gateway::aws
