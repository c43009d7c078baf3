#include "common/auth/events_token.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view purpose = "onput events";
constexpr std::size_t token_bytes_max = access_key_bytes_max + 1 + 64;

}  // namespace

std::string events_token_of(std::string_view access_key, std::string_view secret) {
    return std::string(access_key) + '.' + to_hex(hmac_sha256(secret, purpose));
}

const Credential* find_by_events_token(const KeyRing& keys, std::string_view token) {
    const auto dot = token.rfind('.');
    if (token.size() > token_bytes_max || dot == std::string_view::npos) return nullptr;
    const std::string_view access_key = token.substr(0, dot);
    const Credential* found = keys.find(access_key);
    if (found == nullptr) return nullptr;
    return equal_constant_time(token, events_token_of(access_key, found->secret)) ? found : nullptr;
}

}  // namespace onput::auth
