// What a client sets of an object beside its bytes and metadata: tags, storage class, website
// redirect, lock. Pure.
#pragma once

#include <optional>

#include "common/base/result.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {

// Fills tags, storage_class, website_redirect, lock and is_integrity_stated from the headers of a
// write. Errors: invalid_argument in S3's words; invalid_storage_class, invalid_redirect_location.
Result<void> keep_settings(const http::RequestHead& head, schema::PutObject& object);

// What GET and HEAD show of them.
void show_settings(const schema::ObjectInfo& object, Headers& headers);

// x-amz-expiration, of a write too.
void show_expiration(const std::optional<schema::ScheduledAction>& expiration, Headers& headers);

}  // namespace onput::gateway::s3
