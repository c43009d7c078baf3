// Conditional requests (RFC 9110, section 13) and ranges, as S3 answers them. Pure.
//
//     If-Match fails, or without it If-Unmodified-Since ......... precondition_failed (412)
//     If-None-Match fails, or without it If-Modified-Since ...... not_modified (304) of a read
#pragma once

#include <optional>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::storage {

// What conditions are held against.
struct Validators {
    std::string_view etag;
    Timestamp last_modified;
};

// For GET and HEAD of an object that exists.
Result<void> check_read(const schema::Conditions& conditions, const Validators& object);

// For PUT: `current` is the object that would be replaced. If-Match without an object is
// `no_such_key`, as on AWS; dates are not asked.
Result<void> check_replace(const schema::Conditions& conditions,
                           const std::optional<Validators>& current);

// For DELETE of an object that exists: If-Match only.
Result<void> check_remove(const schema::Conditions& conditions, const Validators& object);

struct Span {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool is_partial = false;

    friend bool operator==(const Span&, const Span&) = default;
};

// The bytes that a range asks of `size_bytes`; nothing asked for is all of them. Fails with
// `invalid_range` when it lies outside; "5-2" is no range at all and is ignored.
Result<Span> resolve(const std::optional<schema::ByteRange>& range, std::uint64_t size_bytes);

}  // namespace onput::storage
