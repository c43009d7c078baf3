// What S3 allows as the name of a bucket, the key of an object and the texts beside it. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::storage {

// Beside user_metadata_bytes_max: what else a caller may make us keep with one object.
inline constexpr std::size_t headers_bytes_max = 8 * 1024;  // Names and values, content type too.
inline constexpr std::size_t checksums_max = 8;
inline constexpr std::size_t short_text_bytes_max = 256;  // etag, request id, idempotency key, ...

// Fails with `invalid_bucket_name`.
Result<void> check_bucket_name(std::string_view name);

// Fails with `invalid_location_constraint`.
Result<void> check_region(std::string_view region);

// Fails with `key_too_long`, or `invalid_argument` when it is empty or not UTF-8.
Result<void> check_key(std::string_view key);

// Fails with `entity_too_large`.
Result<void> check_size(std::uint64_t size_bytes);

// Every field but bucket, key and conditions: `entity_too_large`, `metadata_too_large`,
// `invalid_argument`.
Result<void> check_put(const schema::PutObject& put);

}  // namespace onput::storage
