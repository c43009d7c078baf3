// What tells another key of the same name: each key seals its own name once, and the store keeps
// that. Without it a wrong key would go unnoticed until an object is read, and what it has sealed
// meanwhile would be lost when the right one comes back. Pure.
#pragma once

#include <map>
#include <string>

#include "common/base/result.hpp"
#include "services/storage/encryption/object_key.hpp"

namespace onput::storage {

// By "sse-s3/NAME" and "sse-kms/NAME": what the key of that name has sealed.
using KeyChecks = std::map<std::string, std::string>;

// Adds the checks of new keys; whether there were any. `corruption`: a key is not the one that the
// name had before.
Result<bool> check_keys(const ServiceKeys& keys, const NewSecret& new_secret, KeyChecks& checks);

}  // namespace onput::storage
