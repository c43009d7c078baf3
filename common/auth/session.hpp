// Sessions: temporary credentials that nobody keeps. Whoever has the session key issues them, and
// whoever has it verifies them: what a session is, is sealed in its token.
//
//     function worker ──issue──> key, secret, token ──> handler ──signs──> gateway ──open──> whose
//
// Pure. A session cannot be taken back before it ends, but what its role or user may do can;
// another session key ends all of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/credentials.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::auth {

inline constexpr std::size_t session_key_bytes = 32;
inline constexpr std::size_t session_nonce_bytes = 12;
inline constexpr std::size_t session_token_bytes_max = 6144;
// Documents and ARNs of policies that a session is begun with, in whole.
inline constexpr std::size_t session_policies_bytes_max = 2048;

struct Session {
    std::string account_id;                       // Twelve digits.
    std::string user;                             // As Credential has it.
    Timestamp expires_at;                         // Whole seconds.
    std::optional<LimitedIdentity> limited = {};  // As Credential has it.

    friend bool operator==(const Session&, const Session&) = default;
};

struct SessionCredentials {
    std::string access_key;  // "ASIA" and sixteen more.
    std::string secret;
    std::string token;  // Base64.
};

class SessionKey {
public:
    // invalid_argument: not session_key_bytes in hexadecimal, blanks around it apart.
    static Result<SessionKey> parse(std::string_view text);

    // `nonce`: session_nonce_bytes, random, for this session alone.
    [[nodiscard]] SessionCredentials issue(const Session& session, std::string_view nonce) const;

    // The session's credential. invalid_argument: `invalid_token`, not a token of this key, or of
    // another access key; `expired_token`.
    [[nodiscard]] Result<Credential> open(std::string_view access_key, std::string_view token,
                                          Timestamp now) const;

private:
    SessionKey() = default;
    [[nodiscard]] std::string derive(std::string_view purpose, std::string_view of) const;
    [[nodiscard]] std::string access_key_of(std::string_view token) const;

    std::array<char, session_key_bytes> key_{};
};

}  // namespace onput::auth
