// JSON as text: compact, or with line breaks for people. Strings are escaped by base's
// append_json_string. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/value.hpp"

namespace onput::json {

// Writes piece by piece, without a tree. The caller opens and closes, and names each member before
// its value.
class Writer {
public:
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void name(std::string_view name);
    void null();
    void boolean(bool value);  // NOLINT: the value itself, not a mode.
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    void real(double value);  // null, when JSON has no word for it.
    // Bytes that are no UTF-8 become U+FFFD.
    void text(std::string_view value);
    // Bytes that are no UTF-8 make it {"base64": "..."}.
    void text_or_base64(std::string_view value);
    void value(const Value& value);

    std::string take() { return std::move(out_); }

private:
    void separate();

    std::string out_;
    bool needs_comma_ = false;
};

// Compact, members in their order. What is written is read back to the same text.
std::string write(const Value& value);

// One member or item a line, `indent` spaces further in than what holds it.
std::string write_indented(const Value& value, std::size_t indent = 2);

// A text in quotes.
std::string quoted(std::string_view text);

}  // namespace onput::json
