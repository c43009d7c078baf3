// How a body becomes an object in storage.
#pragma once

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/body.hpp"

namespace onput::gateway::s3 {

// Fills size, etag and checksums of `object` by what it read. Errors: those of the body, of
// storage, and of memory (memory_budget.hpp); nothing is visible then.
http::Task<Result<schema::ObjectPut>> store_body(S3Request& request, Body& body,
                                                 schema::PutObject& object);

}  // namespace onput::gateway::s3
