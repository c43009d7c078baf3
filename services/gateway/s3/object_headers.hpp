// An object's headers: those of a PUT that are kept with it, and those of a GET that show it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Fills content_type, headers and metadata. aws-chunked is framing of the body and no encoding of
// the object: it is taken off Content-Encoding, other codings stay.
void keep_headers(const http::RequestHead& head, schema::PutObject& object);

// All that the answer to a GET or HEAD shows of an object, checksums excepted, with the query's
// response-* parameters in place of what is stored.
Headers show_object(const schema::ObjectInfo& object, const http::RequestHead& head,
                    const std::vector<http::QueryParameter>& query);

// Whether the query has a response-* parameter.
bool overrides_answer(const std::vector<http::QueryParameter>& query);

// x-amz-checksum-* and x-amz-checksum-type; for whole objects only: a client would compare it with
// the part it got. `type` as schema::ObjectInfo has it.
void show_checksums(const std::vector<schema::Checksum>& checksums, std::string_view type,
                    Headers& headers);

// That of most is kept empty.
std::string_view shown_checksum_type(std::string_view type);

// "bytes 0-9/100"
std::string content_range(const schema::PartSpan& part, std::uint64_t size_bytes);

// The bytes of an object that a range names, for who does not read them. invalid_range, as storage
// has it, when there are none.
Result<schema::PartSpan> resolve_range(const schema::ByteRange& range, std::uint64_t size_bytes);

}  // namespace onput::gateway::s3
