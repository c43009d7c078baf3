// One value of a filter policy's key, as a test of one value of a message. Pure.
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

namespace onput::pattern {

// A scalar of a message. `kind` is text, number or one of the literals.
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
struct EqualsIgnoreCase {
    std::string text;  // Only the letters A to Z have a case.
};
// Anything-but matches any present value, of whatever kind, that is not in its list.
struct AnythingButTexts {
    std::vector<std::string> texts;  // Sorted.
};
struct AnythingButNumbers {
    std::vector<double> numbers;  // Sorted.
};
struct AnythingButPrefix {
    std::string text;
};
// An exact number is a range with one number in it.
struct NumberRange {
    double bottom = -std::numeric_limits<double>::infinity();
    double top = std::numeric_limits<double>::infinity();
    bool bottom_included = true;
    bool top_included = true;
};
// Addresses of one family whose first `mask_bits` bits are these.
struct AddressBlock {
    std::array<std::uint8_t, 16> address{};
    std::size_t address_bytes = 4;  // 4 or 16.
    std::size_t mask_bits = 0;
};

using FilterCondition =
    std::variant<ExactText, ExactLiteral, Prefix, Suffix, EqualsIgnoreCase, AnythingButTexts,
                 AnythingButNumbers, AnythingButPrefix, NumberRange, AddressBlock>;

bool matches(const FilterCondition& condition, const FilterValue& value);

// "10.0.0.0/24", "2001:db8::/32". Fails with invalid_argument and SNS's text.
Result<AddressBlock> parse_address_block(std::string_view cidr);

// A number attribute's text as a whole: no space, no leading plus, finite.
Result<double> parse_attribute_number(std::string_view text);

}  // namespace onput::pattern
