#include "common/schema/tag_rules.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/base/encoding.hpp"

namespace onput::schema {
namespace {

constexpr std::string_view system_prefix = "aws:";

std::unexpected<Error> invalid_tag(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "invalid_tag");
}

std::size_t characters_of(std::string_view text) {
    // Each byte but those that continue a character.
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Letters, digits and spaces of any script, and + - = . _ : / @. Beyond ASCII nothing is told
// apart.
bool is_tag_text(std::string_view text) {
    static constexpr std::string_view signs = " +-=._:/@";
    const auto is_allowed = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z') || signs.contains(c);
    };
    return is_utf8(text) && std::ranges::all_of(text, is_allowed);
}

}  // namespace

Result<void> check_tags(const std::vector<Tag>& tags, const TagRules& rules) {
    if (tags.size() > rules.count_max) {
        return fail(ErrorCode::invalid_argument, std::string(rules.too_many), "too_many_tags");
    }
    std::set<std::string_view> keys;
    for (const auto& tag : tags) {
        if (tag.key.empty() || characters_of(tag.key) > tag_key_characters_max ||
            !is_tag_text(tag.key)) {
            return invalid_tag("The TagKey you have provided is invalid");
        }
        if (characters_of(tag.value) > tag_value_characters_max || !is_tag_text(tag.value)) {
            return invalid_tag("The TagValue you have provided is invalid");
        }
        if (tag.key.starts_with(system_prefix)) {
            return invalid_tag("System tags cannot be added/updated by requester");
        }
        if (!keys.insert(tag.key).second) {
            return invalid_tag("Cannot provide multiple Tags with the same key");
        }
    }
    return {};
}

}  // namespace onput::schema
