// What every engine of Store refuses, in one place, so that a service meets the same errors on
// each.
#pragma once

#include <string_view>

#include "common/store/store.hpp"

namespace onput::store {

// A partition has 1 to partition_bytes_max bytes, none of them NUL: engines end the name with one.
Result<void> check_partition(std::string_view partition);

// A key has 1 to key_bytes_max bytes.
Result<void> check_key(std::string_view key);

// The partition, every key and every value of the batch; all or nothing is applied.
Result<void> check_batch(const Batch& batch);

// The partition, the bounds and the limit of a scan. A range that ends before it starts is empty,
// not an error. Bounds may be one byte longer than a key, for the page that starts after one.
Result<void> check_scan(std::string_view partition, const Range& range, std::size_t limit);

}  // namespace onput::store
