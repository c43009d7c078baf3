#include "common/pattern/json_reader.hpp"

#include <charconv>
#include <system_error>
#include <utility>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"

namespace onput::pattern {
namespace {

constexpr std::string_view any_value =
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or "
    "'false')";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

JsonToken JsonReader::next() {
    if (holds_) {
        holds_ = false;
        return held_;
    }
    if (!failure_.empty()) return token(JsonKind::invalid, failed_at_);
    skip_space();
    if (open_.empty() && !std::exchange(started_, true)) return value();
    if (open_.empty()) {
        if (at_ == source_.size()) return token(JsonKind::end, at_);
        return unexpected("was expecting the end of the text");
    }
    if (at_ == source_.size()) return unexpected({});
    const bool in_object = open_.back() == '{';
    if (source_[at_] == (in_object ? '}' : ']')) return close();
    if (!std::exchange(empty_, false)) {
        if (source_[at_] != ',') {
            return unexpected(in_object ? "was expecting comma to separate Object entries"
                                        : "was expecting comma to separate Array entries");
        }
        ++at_;
        skip_space();
    }
    return in_object ? name() : value();
}

bool JsonReader::skip(const JsonToken& first) {
    std::size_t depth = 0;
    for (JsonToken token = first;; token = next()) {
        switch (token.kind) {
            case JsonKind::begin_object:
            case JsonKind::begin_array: ++depth; break;
            case JsonKind::end_object:
            case JsonKind::end_array: --depth; break;
            case JsonKind::invalid: return false;
            default: break;
        }
        if (depth == 0) return true;
    }
}

void JsonReader::skip_space() {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
    while (at_ < source_.size() && is_space(source_[at_])) ++at_;
}

JsonToken JsonReader::value() {
    switch (peek()) {
        case '{': return open(JsonKind::begin_object);
        case '[': return open(JsonKind::begin_array);
        case '"': return text();
        case 't': return literal("true", JsonKind::literal_true);
        case 'f': return literal("false", JsonKind::literal_false);
        case 'n': return literal("null", JsonKind::literal_null);
        default: break;
    }
    return peek() == '-' || is_digit(peek()) ? number() : unexpected(any_value);
}

JsonToken JsonReader::name() {
    if (peek() != '"') return unexpected("was expecting double-quote to start field name");
    JsonToken name = text();
    if (name.kind == JsonKind::invalid) return name;
    name.kind = JsonKind::name;
    skip_space();
    if (peek() != ':') {
        return unexpected("was expecting a colon to separate field name and value");
    }
    ++at_;
    skip_space();
    held_ = value();
    if (held_.kind == JsonKind::invalid) return held_;
    holds_ = true;
    name.seen = name.end = held_.seen;
    return name;
}

JsonToken JsonReader::text() {
    const std::size_t begin = ++at_;
    const auto is_plain = [](char c) {
        return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
    };
    while (at_ < source_.size() && is_plain(source_[at_])) ++at_;
    std::string_view content = source_.substr(begin, at_ - begin);
    if (peek() == '\\') {
        // An escape is never shorter than what it stands for, so this holds every string.
        if (unescaped_.capacity() < source_.size()) unescaped_.reserve(source_.size());
        const std::size_t start = unescaped_.size();
        unescaped_.append(content);
        while (at_ < source_.size() && source_[at_] != '"') {
            if (source_[at_] == '\\') {
                if (!escape(unescaped_)) return token(JsonKind::invalid, failed_at_);
                continue;
            }
            if (!is_plain(source_[at_])) break;
            unescaped_ += source_[at_++];
        }
        content = std::string_view(unescaped_).substr(start);
    }
    if (at_ == source_.size()) return unexpected({});
    if (source_[at_] != '"') {
        return refuse("Illegal unquoted character ((CTRL-CHAR, code " +
                          std::to_string(static_cast<unsigned char>(source_[at_])) +
                          ")): has to be escaped using backslash to be included in string value",
                      at_ + 1);
    }
    ++at_;
    JsonToken text = token(JsonKind::text, begin);
    text.text = content;
    return text;
}

bool JsonReader::escape(std::string& out) {
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++at_;
    const std::size_t letter = at_ < source_.size() ? letters.find(source_[at_]) : letters.npos;
    if (letter != letters.npos) {
        out += meanings[letter];
        ++at_;
        return true;
    }
    std::uint32_t unit = 0;
    if (peek() != 'u' || !code_unit(unit)) {
        if (at_ >= source_.size()) {
            unexpected({});
        } else {
            refuse("Unrecognized character escape", at_ + 1);
        }
        return false;
    }
    const bool high = unit >= 0xd800 && unit < 0xdc00;
    if (high && source_.substr(at_).starts_with("\\u")) {
        const std::size_t back = at_++;
        std::uint32_t low = 0;
        if (code_unit(low) && low >= 0xdc00 && low < 0xe000) {
            append_utf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
            return true;
        }
        at_ = back;
    }
    // Half of a pair stands for no character, and UTF-8 cannot hold it.
    append_utf8(unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit, out);
    return true;
}

// Reads "u" and four hexadecimal digits.
bool JsonReader::code_unit(std::uint32_t& unit) {
    const std::string_view hex = source_.substr(at_ + 1, 4);
    const auto read = onput::parse_number<std::uint32_t>(hex, 16);
    if (hex.size() < 4 || !read) return false;
    unit = *read;
    at_ += 5;
    return true;
}

std::size_t JsonReader::digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ - begin;
}

JsonToken JsonReader::number() {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
        ++at_;
    } else if (digits() == 0) {
        return unexpected("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    if (peek() == '.') {
        ++at_;
        if (digits() == 0) return unexpected("Decimal point not followed by a digit");
    }
    if (peek() == 'e' || peek() == 'E') {
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (digits() == 0) return unexpected("Exponent indicator not followed by a digit");
    }
    const std::string_view written = source_.substr(begin, at_ - begin);
    JsonToken number = token(JsonKind::number, at_);
    number.text = written;
    const auto error =
        std::from_chars(written.data(), written.data() + written.size(), number.number).ec;
    if (error != std::errc()) return refuse("Number out of range", at_);
    return number;
}

JsonToken JsonReader::literal(std::string_view word, JsonKind kind) {
    if (!source_.substr(at_).starts_with(word)) return unexpected(any_value);
    at_ += word.size();
    return token(kind, at_);
}

JsonToken JsonReader::open(JsonKind kind) {
    if (open_.size() == json_depth_max) return refuse("Too deeply nested", at_ + 1);
    open_ += source_[at_++];
    empty_ = true;
    return token(kind, at_);
}

JsonToken JsonReader::close() {
    const JsonKind kind = open_.back() == '{' ? JsonKind::end_object : JsonKind::end_array;
    open_.pop_back();
    empty_ = false;
    ++at_;
    return token(kind, at_);
}

JsonToken JsonReader::token(JsonKind kind, std::size_t seen) const {
    return {.kind = kind, .seen = seen, .end = at_};
}

JsonToken JsonReader::refuse(std::string failure, std::size_t seen) {
    failure_ = std::move(failure);
    failed_at_ = seen;
    return token(JsonKind::invalid, seen);
}

JsonToken JsonReader::unexpected(std::string_view expecting) {
    if (at_ >= source_.size()) return refuse("Unexpected end-of-input", source_.size());
    const auto code = static_cast<unsigned char>(source_[at_]);
    const bool printable = code >= 0x20 && code < 0x7f;
    std::string failure = "Unexpected character (";
    failure += printable ? "'" + std::string(1, source_[at_]) + "' (" : "(CTRL-CHAR, ";
    failure += "code " + std::to_string(code) + ")): ";
    failure += expecting;
    return refuse(std::move(failure), at_ + 1);
}

}  // namespace onput::pattern
