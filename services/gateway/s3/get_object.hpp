// How an object is answered, for all who answer with one.
#pragma once

#include <optional>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/read_ahead.hpp"

namespace onput::gateway::s3 {

// If-Range asks for the whole object when it has changed; RFC 9110 allows to send it in any case.
std::optional<schema::ByteRange> range_of(const http::RequestHead& head);

// The status of the answer, where it is not that of an object, and headers beside the object's.
struct SentAs {
    std::optional<int> status{};
    Headers headers{};
};
// An object that fetch_object has brought. An error: nothing has been answered.
Outcome send_object(S3Request& request, const FetchedObject& fetched, SentAs as);
// The answer to a HEAD for it. invalid_range.
Outcome send_head(S3Request& request, const schema::ObjectInfo& object);

// Of an object that is not sent after all.
void close_read(RequestContext& context, const schema::ObjectGot& got);

}  // namespace onput::gateway::s3
