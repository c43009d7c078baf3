#include "common/pattern/filter_condition.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <optional>

#include "common/base/text.hpp"
#include "common/pattern/decimal.hpp"

namespace onput::pattern {
namespace {

struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 4;
};

std::optional<Address> parse_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
    std::ranges::copy(text, terminated.begin());
    Address address;
    if (inet_pton(AF_INET, terminated.data(), address.bytes.data()) == 1) return address;
    address.size = 16;
    if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

bool test(const ExactText& exact, const FilterValue& value) {
    return value.kind == JsonKind::text && value.text == exact.text;
}

bool test(const ExactLiteral& exact, const FilterValue& value) {
    return value.kind == exact.literal;
}

bool test(const Prefix& prefix, const FilterValue& value) {
    return value.kind == JsonKind::text && value.text.starts_with(prefix.text);
}

bool test(const Suffix& suffix, const FilterValue& value) {
    return value.kind == JsonKind::text && value.text.ends_with(suffix.text);
}

bool test(const EqualsIgnoreCase& exact, const FilterValue& value) {
    return value.kind == JsonKind::text && equal_ignoring_case(value.text, exact.text);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() &&
           equal_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

bool test(const PrefixIgnoreCase& prefix, const FilterValue& value) {
    return value.kind == JsonKind::text && starts_with_ignoring_case(value.text, prefix.text);
}

bool test(const SuffixIgnoreCase& suffix, const FilterValue& value) {
    return value.kind == JsonKind::text && ends_with_ignoring_case(value.text, suffix.text);
}

bool test(const WildcardText& pattern, const FilterValue& value) {
    return value.kind == JsonKind::text && pattern.wildcard.matches(value.text);
}

// Values that are no texts are anything but the texts.
template <typename List, typename Test>
bool is_none_of(const List& list, const FilterValue& value, Test holds) {
    return value.kind != JsonKind::text ||
           std::ranges::none_of(list, [&](const auto& one) { return holds(value.text, one); });
}

bool test(const AnythingButTexts& others, const FilterValue& value) {
    return value.kind != JsonKind::text || !std::ranges::binary_search(others.texts, value.text);
}

bool test(const AnythingButNumbers& others, const FilterValue& value) {
    return value.kind != JsonKind::number ||
           !std::ranges::binary_search(others.numbers, value.number);
}

bool test(const AnythingButPrefixes& others, const FilterValue& value) {
    return is_none_of(others.texts, value, [](std::string_view text, std::string_view prefix) {
        return text.starts_with(prefix);
    });
}

bool test(const AnythingButSuffixes& others, const FilterValue& value) {
    return is_none_of(others.texts, value, [](std::string_view text, std::string_view suffix) {
        return text.ends_with(suffix);
    });
}

bool test(const AnythingButIgnoringCase& others, const FilterValue& value) {
    return is_none_of(others.texts, value, equal_ignoring_case);
}

bool test(const AnythingButWildcards& others, const FilterValue& value) {
    return is_none_of(others.wildcards, value, [](std::string_view text, const Wildcard& wildcard) {
        return wildcard.matches(text);
    });
}

bool test(const DecimalRange& range, const FilterValue& value) {
    if (value.kind != JsonKind::number) return false;
    const auto number = parse_decimal(value.text);
    return number && *number >= range.bottom && *number <= range.top;
}

bool test(const AnythingButDecimals& others, const FilterValue& value) {
    if (value.kind != JsonKind::number) return true;
    const auto number = parse_decimal(value.text);
    return !number || !std::ranges::binary_search(others.numbers, *number);
}

bool test(const ExactNumber& exact, const FilterValue& value) {
    return value.kind == JsonKind::number && value.text == exact.text;
}

bool test(const NumberRange& range, const FilterValue& value) {
    if (value.kind != JsonKind::number) return false;
    const double number = value.number;
    return (number > range.bottom || (range.bottom_included && number == range.bottom)) &&
           (number < range.top || (range.top_included && number == range.top));
}

bool test(const AddressBlock& block, const FilterValue& value) {
    if (value.kind != JsonKind::text) return false;
    const auto address = parse_address(value.text);
    if (!address || address->size != block.address_bytes) return false;
    const std::size_t whole = block.mask_bits / 8;
    const std::size_t rest = block.mask_bits % 8;
    if (!std::equal(block.address.begin(), block.address.begin() + whole, address->bytes.begin())) {
        return false;
    }
    return rest == 0 || (block.address[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace

bool matches(const FilterCondition& condition, const FilterValue& value) {
    return std::visit([&](const auto& kind) { return test(kind, value); }, condition);
}

Result<AddressBlock> parse_address_block(std::string_view cidr) {
    const auto refuse = [](std::string text) {
        return fail(ErrorCode::invalid_argument, std::move(text));
    };
    const std::size_t slash = cidr.find('/');
    if (slash == cidr.npos || cidr.find('/', slash + 1) != cidr.npos || slash + 1 == cidr.size()) {
        return refuse("Malformed CIDR, one '/' required");
    }
    const std::string_view bits = cidr.substr(slash + 1);
    const auto mask = parse_number<int>(bits);
    if (!mask) return refuse("Malformed CIDR, mask bits must be an integer");
    if (*mask < 0) return refuse("Malformed CIDR, mask bits must not be negative");
    const auto address = parse_address(cidr.substr(0, slash));
    if (!address) {
        return refuse("Nonstandard IP address: " + std::string(cidr.substr(0, slash)));
    }
    if (address->size == 4 && *mask > 32) return refuse("IPv4 mask bits must be <= 32");
    if (*mask > 128) return refuse("IPv6 mask bits must be <= 128");
    return AddressBlock{.address = address->bytes,
                        .address_bytes = address->size,
                        .mask_bits = static_cast<std::size_t>(*mask)};
}

Result<double> parse_attribute_number(std::string_view text) {
    const auto number = onput::parse_number<double>(text);
    if (!number) return fail(ErrorCode::invalid_argument, "not a number");
    return *number;
}

}  // namespace onput::pattern
