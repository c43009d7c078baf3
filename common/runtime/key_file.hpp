// Key files: secrets that processes of one machine share, one hexadecimal line each.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace onput::runtime {

// The key in the file, without its line's end; made of `bytes` random ones, for nobody but our user
// (0600), when there is none. Whoever comes first makes it, whole or not at all, and all others
// read the same. unavailable: it can neither be read nor made.
Result<std::string> load_or_make_key(const std::string& path, std::size_t bytes);

}  // namespace onput::runtime
