// The key that `onput dev` makes for what is to be encrypted (SSE-S3) and for secrets that are kept
// sealed, and nobody has given it one.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::ctl {

// "DATA/master.keys": one line as master_keys_secret wants it (services/storage/README.md), read
// by its owner alone. It is no part of a backup, since whoever has both has the objects.
std::string master_key_file(const std::string& data);

// What the storage service and the notifier of an instance in `data` get in their environment: the
// file, which is made when it is not there and is durable then, and that only what is to be
// encrypted is. Nothing where our own environment names keys. A file that is lost is replaced by
// one with a key of another name: what the lost one has sealed is refused by name, and can be read
// again once it is back in its place.
Result<std::vector<std::string>> master_key_environment(const std::string& data);

}  // namespace onput::ctl
