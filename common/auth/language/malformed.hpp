// How a bucket's policy is refused: in S3's words.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::auth {

// Of what a policy says, so much is repeated to its sender.
inline constexpr std::size_t policy_detail_bytes_max = 256;

// `detail`: the part of the policy that is meant; empty: none.
inline std::unexpected<Error> malformed(std::string message, std::string_view detail = {}) {
    Error error{.code = ErrorCode::invalid_argument,
                .message = std::move(message),
                .reason = "malformed_policy",
                .details = {}};
    if (!detail.empty())
        error.details.emplace_back("Detail", detail.substr(0, policy_detail_bytes_max));
    return std::unexpected(std::move(error));
}

}  // namespace onput::auth
