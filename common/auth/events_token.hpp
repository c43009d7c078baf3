// The bearer token of a key, for programs that cannot sign: with it, and nothing but it, the events
// of the key's account can be read. It follows from the key's secret and ends with the key; nobody
// learns the secret from it. Pure.
//
//     <access key>.<64 hexadecimal digits: HMAC-SHA-256 of "onput events" with the secret>
#pragma once

#include <string>
#include <string_view>

#include "common/auth/credentials.hpp"

namespace onput::auth {

std::string events_token_of(std::string_view access_key, std::string_view secret);

// Null when it is no token of any of these keys. In time that does not tell how much of it is
// right. Valid until the next `add`.
const Credential* find_by_events_token(const KeyRing& keys, std::string_view token);

}  // namespace onput::auth
