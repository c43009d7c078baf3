#include "common/pattern/filter_source.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::pattern {
namespace {

// How much of a refused text an error quotes, in characters.
constexpr std::size_t quoted_characters_max = 500;

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

struct Excerpt {
    std::string text;
    std::size_t left_out = 0;  // Characters.
};

// Error texts travel in XML, which has no control characters but these.
Excerpt excerpt(std::string_view text) {
    Excerpt quoted;
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (begins_character(text[i]) && ++characters > quoted_characters_max) {
            quoted.left_out = count_characters(text.substr(i));
            break;
        }
        const auto code = static_cast<unsigned char>(text[i]);
        if ((code < 0x20 && code != '\n' && code != '\r') || code == 0x7f) {
            quoted.text += fmt::format("\\u{:04X}", code);
        } else {
            quoted.text += text[i];
        }
    }
    return quoted;
}

void append_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

// The value that begins with `first`, without white space and with the last of each duplicate key
// alone. Nothing of use when the reader fails on the way.
std::string compact(JsonReader& reader, const JsonToken& first) {
    std::string out;
    switch (first.kind) {
        case JsonKind::text: append_text(out, first.text); return out;
        case JsonKind::number: return std::string(first.text);
        case JsonKind::literal_true: return "true";
        case JsonKind::literal_false: return "false";
        case JsonKind::literal_null: return "null";
        default: break;
    }
    const bool is_object = first.kind == JsonKind::begin_object;
    std::vector<std::string> members;
    std::map<std::string, std::size_t, std::less<>> places;
    for (JsonToken token = reader.next(); reader.failure().empty(); token = reader.next()) {
        if (token.kind == JsonKind::end_object || token.kind == JsonKind::end_array) break;
        std::string member;
        std::size_t place = members.size();
        if (is_object) {
            place = places.emplace(token.text, place).first->second;
            append_text(member, token.text);
            member += ':';
            token = reader.next();
        }
        member += compact(reader, token);
        if (place == members.size()) members.emplace_back();
        members[place] = std::move(member);
    }
    out = fmt::format("{}", fmt::join(members, ","));
    return is_object ? "{" + out + "}" : "[" + out + "]";
}

}  // namespace

std::unexpected<Error> refuse_whole(const FilterWords& words, std::string_view text) {
    return fail(ErrorCode::invalid_argument, std::string(words.before) + std::string(text),
                std::string(words.reason));
}

std::unexpected<Error> refuse_at(const FilterWords& words, std::string_view json,
                                 std::size_t offset, std::string_view text) {
    const std::string_view before = json.substr(0, offset);
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none.
    const Excerpt source = excerpt(json);
    const std::string truncated =
        source.left_out == 0 ? "" : fmt::format("[truncated {} chars]", source.left_out);
    return refuse_whole(
        words,
        fmt::format("{}\n at [Source: (String)\"{}\"{}; line: {}, column: {}]", excerpt(text).text,
                    source.text, truncated, 1 + std::ranges::count(before, '\n'),
                    1 + count_characters(before.substr(line_begin))));
}

Result<std::string> compact_filter(std::string_view json) {
    JsonReader reader(json);
    const JsonToken first = reader.next();
    std::string compacted = compact(reader, first);
    const JsonToken last = reader.next();
    if (last.kind != JsonKind::end) {
        return refuse_at(policy_words, json, last.seen,
                         "failed to parse JSON. " + reader.failure());
    }
    if (first.kind != JsonKind::begin_object) {
        return refuse_at(policy_words, json, first.seen, "Filter is not an object");
    }
    return compacted;
}

}  // namespace onput::pattern
