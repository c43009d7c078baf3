// The key that notifications are signed with: made at the first start of a store, and kept in it.
#pragma once

#include <string>

#include "common/base/rsa_key.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

// Makes one when the store has none, which takes some 100 ms. Its row is committed before anything
// else of this life, so whatever is signed with it and waits for its own commit to be durable waits
// for the key's as well. `corruption`: the row is there and no key.
Result<RsaKey> load_or_make_signing_key(store::Store& store, const std::string& region,
                                        Timestamp now);

// Makes the store's directory its owner's alone: the key is in it.
Result<void> protect_directory(const std::string& directory);

}  // namespace onput::notifier
