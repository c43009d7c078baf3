// Small facts about who and what, shared by the operations of S3.
#pragma once

#include <string>
#include <string_view>

#include "services/gateway/request_context.hpp"

namespace onput::gateway::s3 {

// 64 hexadecimal digits, stable per account.
std::string canonical_user_id(std::string_view account);

// For operations with small bodies, read whole: the stated x-amz-content-sha256, Content-MD5 and
// length must fit. Chunked uploads are refused: no client sends configuration that way.
Result<void> check_body_hash(RequestContext& context, std::string_view body);

}  // namespace onput::gateway::s3
