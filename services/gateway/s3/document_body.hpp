// Documents in requests: bodies that S3 wants whole, and checked on their way.
#pragma once

#include <string>

#include "services/gateway/aws/value.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

// Whether the client gave a checksum of the body: Content-MD5, or x-amz-checksum-* in a header or
// trailer. Pure.
bool states_integrity(const http::RequestHead& head);

// invalid_request, where S3 demands one and there is none. Pure.
Result<void> require_integrity(const http::RequestHead& head);

// A body that must be there: missing_request_body, body_too_large, and those of a body that is not
// what was stated.
http::Task<Result<std::string>> read_document_body(S3Request& request, std::size_t bytes_max);

struct DocumentShape {
    std::string_view root;   // The name of the document's element.
    std::string_view shape;  // In S3's model.
    std::size_t bytes_max = 0;
};

// The document of an operation that demands a checksum of it. Errors, all invalid_argument:
// invalid_request without a checksum, missing_request_body, body_too_large, malformed_xml, and
// those of a body that is not what was stated.
http::Task<Result<aws::Value>> read_document(S3Request& request, DocumentShape wanted);

}  // namespace onput::gateway::s3
