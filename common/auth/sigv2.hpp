// SigV2, for S3 only. In the query, as boto3 and AWS CLI v1 presign for a custom endpoint:
//     /bucket/key?AWSAccessKeyId=AKID&Signature=base64&Expires=1141889120
// and in a header, as older Go, C and backup clients send it:
//     Authorization: AWS AKID:base64
// It covers neither the body (only a Content-MD5 of it) nor the query but for sub-resources.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/claim.hpp"
#include "common/auth/request_view.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

// Fails with permission_denied `access_denied` when Signature or Expires is missing or unreadable.
Result<Claim> parse_sigv2_query(const RequestView& request);

// `authorization` is the value of the header, "AWS " at its beginning. Fails with
// permission_denied `access_denied` when there is no usable date, and with invalid_argument
// `invalid_authorization_header` when key and signature cannot be told apart.
Result<Claim> parse_sigv2_header(const RequestView& request, std::string_view authorization);

// Method, Content-MD5, Content-Type, Expires or Date, x-amz- headers, and the resource with its
// sub-resources. In the query form headers that the presigner put into the query count as headers.
// In the header form x-amz-date takes the place of Date, which then stands for nothing.
// `host_bucket` is the bucket when the host names it, else empty.
Result<std::string> sigv2_string_to_sign(const RequestView& request, Scheme scheme,
                                         std::string_view host_bucket);

}  // namespace onput::auth
