// SigV2 in the query, as boto3 and AWS CLI v1 presign for a custom endpoint:
//     /bucket/key?AWSAccessKeyId=AKID&Signature=base64&Expires=1141889120
// S3 only. The Authorization header of SigV2 is refused by `parse_claim`.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/claim.hpp"
#include "common/auth/request_view.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

// Fails with permission_denied `access_denied` when Signature or Expires is missing or unreadable.
Result<Claim> parse_sigv2_query(const RequestView& request);

// Method, Content-MD5, Content-Type, Expires, x-amz- headers, and the resource with its
// sub-resources. Headers that the presigner put into the query count as headers.
// `host_bucket` is the bucket when the host names it, else empty.
Result<std::string> sigv2_string_to_sign(const RequestView& request, std::string_view host_bucket);

}  // namespace onput::auth
