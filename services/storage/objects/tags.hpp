// What S3 allows as tags of an object. Pure.
#pragma once

#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_versions.hpp"

namespace onput::storage {

inline constexpr std::size_t tag_key_characters_max = 128;
inline constexpr std::size_t tag_value_characters_max = 256;

// `too_many_tags` or `invalid_tag`.
Result<void> check_object_tags(const std::vector<schema::Tag>& tags);

}  // namespace onput::storage
