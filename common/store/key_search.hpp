// Finds where keys become readable again behind a damaged block, when all that can be asked is
// whether one key can be sought. Pure. Internal to store.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace onput::store {

// The first key from `from` on for which `is_good` holds, provided that bad keys lie together;
// nothing when no key is good. `from` itself is bad. Keys are compared as bytes; the answer is at
// most 64 bytes longer than `from`, so good keys just before it may be missed when they agree in
// more bytes than that with the bad ones.
std::optional<std::string> first_key_that(std::string from,
                                          const std::function<bool(const std::string&)>& is_good);

}  // namespace onput::store
