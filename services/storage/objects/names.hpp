// What S3 allows as the name of a bucket, the key of an object and the texts beside it. Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::storage {

// Beside user_metadata_bytes_max: what else a caller may make us keep with one object.
inline constexpr std::size_t headers_bytes_max = 8 * 1024;  // Names and values, content type too.
inline constexpr std::size_t checksums_max = 8;
inline constexpr std::size_t website_redirect_bytes_max = 2048;
inline constexpr std::size_t short_text_bytes_max = 256;  // etag, request id, idempotency key, ...

// Fails with `invalid_bucket_name`.
Result<void> check_bucket_name(std::string_view name);

// Fails with `invalid_location_constraint`.
Result<void> check_region(std::string_view region);

// Fails with `key_too_long`, or `invalid_argument` when it is empty or not UTF-8.
Result<void> check_key(std::string_view key);

// The same for what is to be written: no NUL either, which no list could show in XML, and which
// separates keys in rows.
Result<void> check_new_key(std::string_view key);

// Fails with `entity_too_large`.
Result<void> check_size(std::uint64_t size_bytes);

// What a client says of an object beside its bytes, and what of the request is kept:
// `metadata_too_large`, `invalid_argument`.
Result<void> check_traits(const schema::PutObject& put);

// Those, and size, etag and checksums: `entity_too_large`.
Result<void> check_put(const schema::PutObject& put);

}  // namespace onput::storage
