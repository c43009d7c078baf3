#include "services/gateway/aws/xml_writer.hpp"

#include <fmt/format.h>

#include "common/base/encoding.hpp"

namespace onput::gateway::aws {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace

void append_escaped(std::string& out, std::string_view value, XmlWriter::Controls controls) {
    // Hostile bytes come back in error texts; one bad byte would make the whole document
    // unreadable.
    const bool is_text = is_utf8(value);
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && !is_text) {
            out += replacement;
            continue;
        }
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default:
                if (byte < 0x20 && c != '\t' && c != '\n') {
                    // Of these, XML has the carriage return only, and only as a reference.
                    const bool is_lost = controls == XmlWriter::Controls::replaced && c != '\r';
                    out += is_lost ? std::string(replacement) : fmt::format("&#x{:x};", byte);
                } else {
                    out += c;
                }
        }
    }
}

void XmlWriter::begin(std::string_view name) {
    ((out_ += '<') += name) += '>';
}

void XmlWriter::begin_in_namespace(std::string_view name, std::string_view uri) {
    out_ += fmt::format("<{} xmlns=\"{}\">", name, uri);
    begin_of_content_ = out_.size();
}

void XmlWriter::end(std::string_view name) {
    if (out_.size() == begin_of_content_) {
        out_.back() = '/';
        out_ += '>';
        return;
    }
    ((out_ += "</") += name) += '>';
}

void XmlWriter::empty(std::string_view name) {
    ((out_ += '<') += name) += "/>";
}

void XmlWriter::text(std::string_view name, std::string_view value) {
    begin(name);
    append_escaped(out_, value, controls_);
    end(name);
}

void XmlWriter::content(std::string_view value) {
    append_escaped(out_, value, controls_);
}

void XmlWriter::number(std::string_view name, std::uint64_t value) {
    text(name, fmt::format("{}", value));
}

void XmlWriter::flag(std::string_view name, bool value) {
    text(name, value ? "true" : "false");
}

}  // namespace onput::gateway::aws
