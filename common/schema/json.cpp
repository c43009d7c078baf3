#include "common/schema/json.hpp"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/printable.hpp"

namespace onput::schema {
namespace {

// A JSON escape of one code point: a pair of surrogates beyond the first 65,536.
void append_escaped(std::string& out, char32_t point) {
    const auto unit = [&out](char32_t value) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
    };
    if (point <= 0xffff) return unit(point);
    unit(0xd800 + ((point - 0x10000) >> 10U));
    unit(0xdc00 + ((point - 0x10000) & 0x3ffU));
}

constexpr char32_t replacement = 0xfffd;

// Also what a terminal obeys is escaped: these lines are for programs, but people look at them.
void append_quoted(std::string& out, std::string_view utf8) {
    out += '"';
    while (!utf8.empty()) {
        std::string_view rest = utf8;
        // Values are looked at before; a map's key may be anything.
        const char32_t point = next_code_point(rest).value_or(replacement);
        if (rest.size() == utf8.size()) rest.remove_prefix(1);
        switch (point) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (is_hidden(point) || point == replacement) {
                    append_escaped(out, point);
                } else {
                    out += utf8.substr(0, utf8.size() - rest.size());
                }
        }
        utf8 = rest;
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
