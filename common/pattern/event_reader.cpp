#include "common/pattern/event_reader.hpp"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/pattern/json_reader.hpp"

namespace onput::pattern {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t highs = 0x8080808080808080;

// The high bit of each byte that is zero; bytes behind the first such one may be wrong.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
    return (word - ones) & ~word & highs;
}

// The first quote, backslash or control character.
const char* find_end_of_plain(const char* at, const char* end) {
    static_assert(std::endian::native == std::endian::little);
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i control =
            _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
        const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        const auto found = static_cast<unsigned>(
            _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
        if (found != 0) return at + std::countr_zero(found);
    }
#endif
    for (; end - at >= 8; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        const std::uint64_t found = zero_bytes(word ^ (ones * '"')) |
                                    zero_bytes(word ^ (ones * '\\')) |
                                    ((word - ones * 0x20) & ~word & highs);
        if (found != 0) return at + std::countr_zero(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
    return at;
}

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Of a number or a literal.
bool is_in_scalar(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

}  // namespace

bool EventReader::read(std::string_view event, const PathNames& names) {
    names_ = &names;
    at_ = event.data();
    end_ = at_ + event.size();
    arrays_ = 0;
    values_.clear();
    elements_.assign(1, {});
    unescaped_.clear();
    skip_space();
    bool is_good = at_ < end_ && *at_ == '{' && object({});
    skip_space();
    is_good = is_good && at_ == end_;
    if (!is_good) values_.clear();
    return is_good;
}

void EventReader::skip_space() {
    while (at_ < end_ && is_space(*at_)) ++at_;
}

bool EventReader::take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
}

bool EventReader::value(const Place& place) {
    skip_space();
    if (at_ == end_) return false;
    if (*at_ == '{') {
        return names_->has_children(place.node) ? object(place) : skip_value(place.depth);
    }
    if (*at_ == '[') return array(place);
    if (names_->path_of(place.node) == PathNames::no_path) return skip_value(place.depth);
    FilterValue found;
    if (!scalar(found)) return false;
    add(place, found);
    return true;
}

bool EventReader::object(const Place& place) {
    if (place.depth >= json_depth_max) return false;
    ++at_;
    if (take('}')) return true;
    do {
        std::string_view name;
        skip_space();
        if (!text(name) || !take(':')) return false;
        const auto node = names_->find(place.node, name);
        const bool is_good =
            node ? value({.node = *node, .element = place.element, .depth = place.depth + 1})
                 : skip_value(place.depth + 1);
        if (!is_good) return false;
    } while (take(','));
    return take('}');
}

// Each object in it is an element; what is no object belongs to the element that the array is in.
bool EventReader::array(const Place& place) {
    if (place.depth >= json_depth_max) return false;
    ++at_;
    const std::uint32_t number = arrays_++;
    if (take(']')) return true;
    do {
        Place inside = place;
        ++inside.depth;
        skip_space();
        if (at_ < end_ && *at_ == '{' && names_->has_children(place.node)) {
            inside.element = static_cast<std::uint32_t>(elements_.size());
            elements_.push_back({.parent = place.element, .array = number});
        }
        if (!value(inside)) return false;
    } while (take(','));
    return take(']');
}

void EventReader::add(const Place& place, const FilterValue& value) {
    values_.push_back(
        {.path = names_->path_of(place.node), .element = place.element, .value = value});
}

bool EventReader::text(std::string_view& content) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* const begin = ++at_;
    at_ = find_end_of_plain(at_, end_);
    bool has_escapes = false;
    while (at_ < end_ && *at_ == '\\') {
        has_escapes = true;
        if (end_ - at_ < 2) return false;
        at_ = find_end_of_plain(at_ + 2, end_);
    }
    if (at_ == end_ || *at_ != '"') return false;
    content = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    ++at_;
    return !has_escapes || unescape(std::string_view(begin - 1, content.size() + 2), content);
}

// `raw` has its quotes.
bool EventReader::unescape(std::string_view raw, std::string_view& content) {
    JsonReader reader(raw);
    const JsonToken token = reader.next();
    if (token.kind != JsonKind::text) return false;
    unescaped_.push_back(std::make_unique<std::string>(token.text));
    content = *unescaped_.back();
    return true;
}

bool EventReader::scalar(FilterValue& value) {
    if (*at_ == '"') {
        value.kind = JsonKind::text;
        return text(value.text);
    }
    const char* const begin = at_;
    while (at_ < end_ && is_in_scalar(*at_)) ++at_;
    value.text = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    if (value.text == "true") {
        value.kind = JsonKind::literal_true;
    } else if (value.text == "false") {
        value.kind = JsonKind::literal_false;
    } else if (value.text == "null") {
        value.kind = JsonKind::literal_null;
    } else {
        value.kind = JsonKind::number;
        return !value.text.empty() && (*begin == '-' || (*begin >= '0' && *begin <= '9'));
    }
    return true;
}

// Its opening quote is next.
bool EventReader::skip_text() {
    at_ = find_end_of_plain(at_ + 1, end_);
    while (end_ - at_ >= 2 && *at_ == '\\') at_ = find_end_of_plain(at_ + 2, end_);
    if (at_ == end_ || *at_ != '"') return false;
    ++at_;
    return true;
}

// Goes by quotes and brackets alone.
bool EventReader::skip_value(std::size_t depth) {
    const std::size_t outside = depth;
    skip_space();
    do {
        if (at_ == end_) return false;
        const char c = *at_;
        if (c == '"') {
            if (!skip_text()) return false;
        } else if (c == '{' || c == '[') {
            if (++depth > json_depth_max) return false;
            ++at_;
        } else if (depth == outside) {
            FilterValue passed;
            return scalar(passed);
        } else {
            if (c == '}' || c == ']') --depth;
            ++at_;
        }
    } while (depth > outside);
    return true;
}

}  // namespace onput::pattern
