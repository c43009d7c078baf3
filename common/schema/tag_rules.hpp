// What AWS allows as tags of objects and of buckets. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_versions.hpp"

namespace onput::schema {

inline constexpr std::size_t tag_key_characters_max = 128;
inline constexpr std::size_t tag_value_characters_max = 256;

struct TagRules {
    std::size_t count_max = 0;
    std::string_view too_many;  // The message beyond it.
};
inline constexpr TagRules object_tag_rules{.count_max = object_tags_max,
                                           .too_many = "Object tags cannot be greater than 10"};
inline constexpr TagRules bucket_tag_rules{
    .count_max = 50, .too_many = "Bucket tag count cannot be greater than 50"};

// Both invalid_argument: `too_many_tags`, `invalid_tag`.
Result<void> check_tags(const std::vector<Tag>& tags, const TagRules& rules);

}  // namespace onput::schema
