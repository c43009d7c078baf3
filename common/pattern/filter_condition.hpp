// One value of a key of a filter policy or an event pattern, as a test of one value of a message or
// an event. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/pattern/json_reader.hpp"
#include "common/pattern/wildcard.hpp"

namespace onput::pattern {

// A scalar of a message or an event. `kind` is text, number or one of the literals; `text` is a
// text's content or, of an event, a number as it is written.
struct FilterValue {
    JsonKind kind = JsonKind::literal_null;
    std::string_view text;
    double number = 0;
};

struct ExactText {
    std::string text;
};
struct ExactLiteral {
    JsonKind literal = JsonKind::literal_null;
};
struct Prefix {
    std::string text;
};
struct Suffix {
    std::string text;
};
// Only the letters A to Z have a case.
struct EqualsIgnoreCase {
    std::string text;
};
struct PrefixIgnoreCase {
    std::string text;
};
struct SuffixIgnoreCase {
    std::string text;
};
struct WildcardText {
    Wildcard wildcard;
};
// Anything-but matches any present value, of whatever kind, that is not in its list.
struct AnythingButTexts {
    std::vector<std::string> texts;  // Sorted.
};
struct AnythingButNumbers {
    std::vector<double> numbers;  // Sorted.
};
struct AnythingButPrefixes {
    std::vector<std::string> texts;
};
struct AnythingButSuffixes {
    std::vector<std::string> texts;
};
struct AnythingButIgnoringCase {
    std::vector<std::string> texts;
};
struct AnythingButWildcards {
    std::vector<Wildcard> wildcards;
};
// An exact number is a range with one number in it.
struct NumberRange {
    double bottom = -std::numeric_limits<double>::infinity();
    double top = std::numeric_limits<double>::infinity();
    bool bottom_included = true;
    bool top_included = true;
};
// SNS compares numbers as doubles, EventBridge as decimals (decimal.hpp); these are EventBridge's.
// Numbers that are no decimals are in no range, and are anything but a decimal.
struct DecimalRange {
    std::int64_t bottom = std::numeric_limits<std::int64_t>::min();  // Both included.
    std::int64_t top = std::numeric_limits<std::int64_t>::max();
};
struct AnythingButDecimals {
    std::vector<std::int64_t> numbers;  // Sorted.
};
// A number that is no decimal, as it is written.
struct ExactNumber {
    std::string text;
};
// Addresses of one family whose first `mask_bits` bits are these.
struct AddressBlock {
    std::array<std::uint8_t, 16> address{};
    std::size_t address_bytes = 4;  // 4 or 16.
    std::size_t mask_bits = 0;
};

using FilterCondition =
    std::variant<ExactText, ExactLiteral, Prefix, Suffix, EqualsIgnoreCase, PrefixIgnoreCase,
                 SuffixIgnoreCase, WildcardText, AnythingButTexts, AnythingButNumbers,
                 AnythingButPrefixes, AnythingButSuffixes, AnythingButIgnoringCase,
                 AnythingButWildcards, NumberRange, DecimalRange, AnythingButDecimals, ExactNumber,
                 AddressBlock>;

bool matches(const FilterCondition& condition, const FilterValue& value);

// "10.0.0.0/24", "2001:db8::/32". Fails with invalid_argument and SNS's text.
Result<AddressBlock> parse_address_block(std::string_view cidr);

// A number attribute's text as a whole: no space, no leading plus, finite.
Result<double> parse_attribute_number(std::string_view text);

}  // namespace onput::pattern
