// How accounts are shown to S3's clients. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput::gateway::s3 {

// 64 hexadecimal digits, stable per account.
std::string canonical_user_id(std::string_view account);

}  // namespace onput::gateway::s3
