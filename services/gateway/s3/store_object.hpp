// How bytes become an object, or a part of one, in storage. Few bytes go in one message after all
// of them are verified; many go piece by piece into a write session, and are verified before it is
// finished.
#pragma once

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/byte_source.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

// The object that a request wants to have made, as its head says.
schema::PutObject describe_object(const S3Request& request);

// Fills size, etag and checksums of `object` by what it read. Errors: those of the source, of
// storage, and of memory (memory_budget.hpp); nothing is visible then.
http::Task<Result<schema::ObjectPut>> store_object(RequestContext& context, ByteSource& source,
                                                   schema::PutObject& object);

}  // namespace onput::gateway::s3
