// Conditional headers and ranges of HTTP (RFC 9110), as S3 reads them. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

// Dates that cannot be read are ignored, as RFC 9110 says.
schema::Conditions read_conditions(const http::RequestHead& head);

// "bytes=0-9", "bytes=5-", "bytes=-5". Anything else, and several ranges, are ignored: the whole
// object is served.
std::optional<schema::ByteRange> read_range(std::string_view header);

}  // namespace onput::gateway::s3
