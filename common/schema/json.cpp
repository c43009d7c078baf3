#include "common/schema/json.hpp"

#include <cmath>

#include <fmt/format.h>

#include "common/base/encoding.hpp"

namespace onput::schema {
namespace {

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

}  // namespace

void JsonWriter::separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

void JsonWriter::begin_object() {
    separate();
    out_ += '{';
    needs_comma_ = false;
}
void JsonWriter::end_object() {
    out_ += '}';
    needs_comma_ = true;
}
void JsonWriter::begin_array() {
    separate();
    out_ += '[';
    needs_comma_ = false;
}
void JsonWriter::end_array() {
    out_ += ']';
    needs_comma_ = true;
}
void JsonWriter::name(std::string_view name) {
    separate();
    append_quoted(out_, name);
    out_ += ':';
    needs_comma_ = false;
}
void JsonWriter::null() {
    separate();
    out_ += "null";
}
void JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
}
void JsonWriter::integer(std::int64_t value) {
    separate();
    out_ += std::to_string(value);
}
void JsonWriter::natural(std::uint64_t value) {
    separate();
    out_ += std::to_string(value);
}
void JsonWriter::real(double value) {
    separate();
    // JSON has no word for the others.
    out_ += std::isfinite(value) ? fmt::format("{}", value) : "null";
}
void JsonWriter::text(std::string_view value) {
    separate();
    if (is_utf8(value)) {
        append_quoted(out_, value);
    } else {
        out_ += "{\"base64\":\"" + to_base64(value) + "\"}";
    }
}

}  // namespace onput::schema
