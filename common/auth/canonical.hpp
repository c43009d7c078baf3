// The canonical request of SigV4: the one spelling of a request that both sides hash.
//
//     GET
//     /photos/a%20b.jpg
//     list-type=2&prefix=a
//     host:s3.example.com
//     x-amz-date:20130524T000000Z
//
//     host;x-amz-date
//     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/auth/request_view.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

// S3 signs the path as it is sent. Every other service removes "." and ".." segments and repeated
// slashes, then encodes the encoded path once more.
enum class PathEncoding { once, twice };
PathEncoding path_encoding_of(std::string_view service);

// What clients of HTTP/2 sign in the place of "host": its value is the Host's.
inline constexpr std::string_view signed_authority = ":authority";

struct CanonicalInput {
    RequestView request;
    std::string_view signed_headers;           // "host;x-amz-date", in the signer's order.
    std::string_view payload;                  // Last line: a hexadecimal hash or a token.
    std::string_view left_out_parameter = {};  // "X-Amz-Signature" for the query form, else empty.
    PathEncoding path_encoding = PathEncoding::once;
};

// Fails with invalid_argument `invalid_uri` on broken percent-encoding of the path.
// A signed header that the request lacks counts as empty, so that its signature cannot match.
Result<std::string> canonical_request(const CanonicalInput& input);

}  // namespace onput::auth
