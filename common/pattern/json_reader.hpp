// JsonReader: JSON as a stream of tokens that know where they stand in the text.
//
// Beside common/json, for texts that are matched without a tree, whose numbers count as written,
// and whose mistakes are answered with line and column. Hostile bytes end in `invalid`,
// after which every further token is `invalid`. Allocates for strings with escapes only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace onput::pattern {

inline constexpr std::size_t json_depth_max = 128;

enum class JsonKind : std::uint8_t {
    begin_object,
    end_object,
    begin_array,
    end_array,
    name,
    text,
    number,
    literal_true,
    literal_false,
    literal_null,
    end,      // Of the whole text.
    invalid,  // See JsonReader::failure().
};

struct JsonToken {
    JsonKind kind = JsonKind::invalid;
    std::string_view text;  // A name's or text's content, a number as written. The reader's own.
    double number = 0;
    // How far one has read when the kind is known, as an offset: for a text past its opening quote,
    // for a name past what begins its value, for all others past them. SNS counts its error
    // positions like this.
    std::size_t seen = 0;
    std::size_t end = 0;  // Past the token; for a name the same as `seen`.
};

class JsonReader {
public:
    // `source` outlives the reader and its tokens.
    explicit JsonReader(std::string_view source) : source_(source) {}

    JsonToken next();
    // Passes over the rest of the value that began with `first`; false when it is invalid.
    bool skip(const JsonToken& first);
    // What was wrong, for example "Unexpected end-of-input".
    [[nodiscard]] const std::string& failure() const { return failure_; }

private:
    void skip_space();
    JsonToken value();
    JsonToken name();
    JsonToken text();
    JsonToken number();
    JsonToken literal(std::string_view word, JsonKind kind);
    JsonToken open(JsonKind kind);
    JsonToken close();
    bool escape(std::string& out);
    bool code_unit(std::uint32_t& unit);
    std::size_t digits();
    [[nodiscard]] char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }
    [[nodiscard]] JsonToken token(JsonKind kind, std::size_t seen) const;
    JsonToken refuse(std::string failure, std::size_t seen);
    JsonToken unexpected(std::string_view expecting);

    std::string_view source_;
    std::size_t at_ = 0;
    std::string open_;   // One '{' or '[' per level.
    bool empty_ = true;  // Nothing has been read in the innermost level yet.
    bool started_ = false;
    bool holds_ = false;
    JsonToken held_;         // The first token of a value whose name was returned.
    std::string unescaped_;  // Reserved as a whole before its first use: tokens point into it.
    std::string failure_;
    std::size_t failed_at_ = 0;
};

}  // namespace onput::pattern
