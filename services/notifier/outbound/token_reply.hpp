// What an authorization server answers a client of OAuth (RFC 6749, 5.1). Pure; hostile input.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::notifier {

inline constexpr std::size_t token_bytes_max = 16 * 1024;
// Of a token whose answer says nothing of its time.
inline constexpr Duration token_age_default = std::chrono::minutes(5);
inline constexpr Duration token_age_max = std::chrono::hours(24);

struct Token {
    std::string text;
    Duration expires_in{};  // 0 to token_age_max.
};

// Fails with invalid_argument: it is no JSON with an access_token of visible characters, or its
// token_type is another than Bearer.
Result<Token> read_token(std::string_view body);

}  // namespace onput::notifier
