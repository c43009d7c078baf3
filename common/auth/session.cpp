#include "common/auth/session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/cipher.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view sealed_for = "onput session 2";
// Of one with managed policies: whoever does not know of them must not take it for a wider one.
constexpr std::string_view sealed_with_managed_for = "onput session 3";

std::unexpected<Error> invalid_token() {
    return fail(ErrorCode::invalid_argument,
                "The provided token is malformed or otherwise invalid.", "invalid_token");
}

// {"account":"000000000000","user":"function.texts","expires":1767225600}, and of a limited
// identity "id", "path", "role", "session", "issued", "policies" and "managed".
std::string write_session(const Session& session) {
    json::Value made;
    made["account"] = session.account_id;
    made["user"] = session.user;
    made["expires"] = to_seconds(session.expires_at);
    if (session.limited) {
        made["id"] = session.limited->id;
        made["path"] = session.limited->path;
        made["role"] = session.limited->role;
        made["session"] = session.limited->session;
        made["issued"] = to_seconds(session.limited->issued_at);
        made["policies"] = json::Value::Array();
        for (const std::string& policy : session.limited->session_policies)
            made["policies"].push_back(policy);
        made["managed"] = json::Value::Array();
        for (const std::string& arn : session.limited->session_policy_arns)
            made["managed"].push_back(arn);
    }
    return json::write(made);
}

std::string text_of(const json::Value& value, std::string_view name) {
    const json::Value* found = value.find(name);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string();
}

std::optional<Session> parse_session(std::string_view text) {
    const auto value = json::read(text);
    const auto* expires = value ? value->find("expires") : nullptr;
    const auto* seconds = expires != nullptr ? expires->integer() : nullptr;
    if (seconds == nullptr) return std::nullopt;
    Session session{.account_id = text_of(*value, "account"),
                    .user = text_of(*value, "user"),
                    .expires_at = from_seconds(*seconds)};
    const json::Value* policies = value->find("policies");
    if (policies == nullptr || policies->array() == nullptr) return session;
    session.limited.emplace(LimitedIdentity{.id = text_of(*value, "id"),
                                            .path = text_of(*value, "path"),
                                            .role = text_of(*value, "role"),
                                            .session = text_of(*value, "session")});
    if (const auto* issued = value->find("issued");
        issued != nullptr && issued->integer() != nullptr)
        session.limited->issued_at = from_seconds(*issued->integer());
    for (const json::Value& policy : *policies->array()) {
        if (policy.text() != nullptr) session.limited->session_policies.push_back(*policy.text());
    }
    const json::Value* managed = value->find("managed");
    if (managed == nullptr || managed->array() == nullptr) return session;
    for (const json::Value& arn : *managed->array()) {
        if (arn.text() != nullptr) session.limited->session_policy_arns.push_back(*arn.text());
    }
    return session;
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
    const bool has_managed = session.limited && !session.limited->session_policy_arns.empty();
    const std::string_view purpose = has_managed ? sealed_with_managed_for : sealed_for;
    std::string token = to_base64(seal(derive("seal", ""), nonce, purpose, write_session(session)));
    return {.access_key = access_key_of(token),
            .secret = to_base64(derive("secret", token)),
            .token = std::move(token)};
}

Result<Credential> SessionKey::open(std::string_view access_key, std::string_view token,
                                    Timestamp now) const {
    if (token.size() > session_token_bytes_max) return invalid_token();
    const auto sealed = from_base64(token);
    if (!sealed) return invalid_token();
    auto text = unseal(derive("seal", ""), sealed_for, *sealed);
    if (!text) text = unseal(derive("seal", ""), sealed_with_managed_for, *sealed);
    if (!text) return invalid_token();
    auto session = parse_session(*text);
    if (!session || !equal_constant_time(access_key_of(token), access_key)) return invalid_token();
    if (session->expires_at <= now) {
        return fail(ErrorCode::invalid_argument, "The provided token has expired.",
                    "expired_token");
    }
    return Credential{.secret = to_base64(derive("secret", token)),
                      .account_id = std::move(session->account_id),
                      .user = std::move(session->user),
                      .limited = std::move(session->limited)};
}

}  // namespace onput::auth
