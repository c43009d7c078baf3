// What all lists have in common: prefix, delimiter, start. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::storage {

// The common prefix that rolls `key` up: up to the first delimiter behind `prefix`. Empty: none.
std::string_view common_prefix(std::string_view key, std::string_view prefix,
                               std::string_view delimiter);

// `invalid_argument` for one that is longer than any key.
Result<void> check_listing_texts(std::initializer_list<const std::string*> texts);

// Rows read at a time: few where the next common prefix may be near, more the longer none comes.
inline constexpr std::size_t listing_page_min = 16;

}  // namespace onput::storage
