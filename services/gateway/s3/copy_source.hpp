// What CopyObject and UploadPartCopy say of the object that they read. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/s3/address.hpp"

namespace onput::gateway::s3 {

struct CopySource {
    std::string bucket;
    std::string key;
    std::string version_id{};  // Empty: the current one.
};

// x-amz-copy-source: "[/]bucket/key[?versionId=id]", percent-encoded but for the version.
// invalid_argument in S3's words.
Result<CopySource> read_copy_source(std::string_view header);

// x-amz-copy-source-range, both ends stated. Nothing without the header.
Result<std::optional<schema::ByteRange>> read_source_range(const http::RequestHead& head);

// Whether something of the source is kept, or comes with the request.
enum class Directive : std::uint8_t { copy, replace };

struct CopyRequest {
    CopySource source;
    Directive metadata = Directive::copy;
    Directive tagging = Directive::copy;
    std::string checksum_algorithm{};  // Empty: the source's.
};
// Errors: those above, an unknown directive, and invalid_request for a copy of an object to itself
// that changes nothing.
Result<CopyRequest> read_copy_request(const http::RequestHead& head, const Address& destination);

// What storage says of the source, as the copy's client is told: any condition that does not hold
// is precondition_failed.
Error explain_source_error(Error error, const schema::Conditions& conditions);

}  // namespace onput::gateway::s3
