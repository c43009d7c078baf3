// Globs: '*' is any text, '?' any one byte. Linear in the text for each '*'.
#pragma once

#include <string_view>

namespace onput::events {

bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace onput::events
