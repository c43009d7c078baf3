// Conditional headers and ranges of HTTP (RFC 9110), as S3 reads them. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

// Dates that cannot be read are ignored, as RFC 9110 says, and so is a future If-Modified-Since: no
// object is from then. `prefix`: before the names of the headers, "x-amz-copy-source-" for those
// about the source of a copy.
schema::Conditions read_conditions(const http::RequestHead& head, Timestamp now,
                                   std::string_view prefix = {});

// Whether S3 has the conditions of a request that writes an object: If-Match with an etag, or
// If-None-Match: *, and not both. All others would be taken for conditions that hold. unimplemented
// in S3's words, with Header and additionalMessage.
Result<void> check_write_conditions(const http::RequestHead& head);

// The same for one that removes an object: conditions on its size and time are for buckets of
// another kind.
Result<void> check_removal_conditions(const http::RequestHead& head);

// "bytes=0-9", "bytes=5-", "bytes=-5". Anything else, and several ranges, are ignored: the whole
// object is served.
std::optional<schema::ByteRange> read_range(std::string_view header);

}  // namespace onput::gateway::s3
