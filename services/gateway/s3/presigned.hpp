// Headers that a presigned URL carries as query parameters, such as x-amz-meta-author or
// content-type: whoever signed the URL meant them as headers, and the signature covers them. Pure.
#pragma once

#include <vector>

#include "common/auth/claim.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

// `head` with the query's x-amz-* parameters, content-type and content-md5 as further headers,
// except those that are the signature's own; conditions (if-match and its like) too, where the
// scheme signs every parameter, which SigV2 does not. A checksum of the body is none: S3 supports
// it in a presigned URL only as a header that is sent, and SDKs put that of no bytes there.
//
// A header that was sent wins over a parameter, and the first of two parameters over the second:
// the signature is verified by the same rule. Views point into both arguments.
http::RequestHead with_url_headers(const http::RequestHead& head,
                                   const std::vector<http::QueryParameter>& query,
                                   auth::Scheme scheme);

}  // namespace onput::gateway::s3
