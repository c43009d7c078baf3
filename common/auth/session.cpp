#include "common/auth/session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/cipher.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view sealed_for = "onput session 1";

std::unexpected<Error> invalid_token() {
    return fail(ErrorCode::invalid_argument,
                "The provided token is malformed or otherwise invalid.", "invalid_token");
}

// "000000000000\nfunction.texts\n1767225600"
std::optional<Session> parse_session(std::string_view text) {
    const std::size_t first = text.find('\n');
    const std::size_t last = text.rfind('\n');
    if (first == std::string_view::npos || last == first) return std::nullopt;
    const auto expires = parse_number<std::int64_t>(text.substr(last + 1));
    if (!expires) return std::nullopt;
    return Session{.account_id = std::string(text.substr(0, first)),
                   .user = std::string(text.substr(first + 1, last - first - 1)),
                   .expires_at = from_seconds(*expires)};
}

}  // namespace

Result<SessionKey> SessionKey::parse(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    ONPUT_TRY(const std::string key, from_hex(text));
    if (key.size() != session_key_bytes) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("a session key is {} bytes in hexadecimal", session_key_bytes));
    }
    SessionKey made;
    std::ranges::copy(key, made.key_.begin());
    return made;
}

std::string SessionKey::derive(std::string_view purpose, std::string_view of) const {
    return hmac_sha256({key_.data(), key_.size()}, fmt::format("{}\n{}", purpose, of));
}

std::string SessionKey::access_key_of(std::string_view token) const {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr std::size_t count = 16;
    std::string name = "ASIA";
    for (const char byte : derive("access key", token).substr(0, count))
        name += digits.at(static_cast<unsigned char>(byte) % digits.size());
    return name;
}

SessionCredentials SessionKey::issue(const Session& session, std::string_view nonce) const {
    ONPUT_CHECK(nonce.size() == session_nonce_bytes);
    const std::string text =
        fmt::format("{}\n{}\n{}", session.account_id, session.user, to_seconds(session.expires_at));
    std::string token = to_base64(seal(derive("seal", ""), nonce, sealed_for, text));
    return {.access_key = access_key_of(token),
            .secret = to_base64(derive("secret", token)),
            .token = std::move(token)};
}

Result<Credential> SessionKey::open(std::string_view access_key, std::string_view token,
                                    Timestamp now) const {
    if (token.size() > session_token_bytes_max) return invalid_token();
    const auto sealed = from_base64(token);
    if (!sealed) return invalid_token();
    const auto text = unseal(derive("seal", ""), sealed_for, *sealed);
    if (!text) return invalid_token();
    auto session = parse_session(*text);
    if (!session || !equal_constant_time(access_key_of(token), access_key)) return invalid_token();
    if (session->expires_at <= now) {
        return fail(ErrorCode::invalid_argument, "The provided token has expired.",
                    "expired_token");
    }
    return Credential{.secret = to_base64(derive("secret", token)),
                      .account_id = std::move(session->account_id),
                      .user = std::move(session->user)};
}

}  // namespace onput::auth
