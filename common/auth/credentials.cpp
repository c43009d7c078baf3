#include "common/auth/credentials.hpp"

#include <algorithm>

#include "common/auth/iam_arn.hpp"

namespace onput::auth {
namespace {

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

bool is_user_name(std::string_view text) {
    return !text.empty() && text.size() <= user_bytes_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("+=,.@_-").contains(c);
    });
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved into the ring.
Result<void> KeyRing::add(std::string access_key, Credential credential) {
    if (access_key.empty() || access_key.size() > access_key_bytes_max || !is_visible(access_key)) {
        return fail(ErrorCode::invalid_argument,
                    "an access key is 1 to 128 visible ASCII characters");
    }
    if (credential.secret.empty() || credential.secret.size() > secret_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "the secret of access key " + access_key + " is not 1 to 256 bytes");
    }
    if (!is_account(credential.account_id)) {
        return fail(ErrorCode::invalid_argument,
                    "the account of access key " + access_key + " is not twelve digits");
    }
    const bool has_user = !credential.user.empty();
    if (has_user && !is_user_name(credential.user)) {
        return fail(ErrorCode::invalid_argument,
                    "the user of access key " + access_key +
                        " is not 1 to 64 letters, digits and any of +=,.@_-");
    }
    if (credentials_.size() >= keys_max) {
        return fail(ErrorCode::resource_exhausted, "more than 10000 access keys");
    }
    const auto [at, added] = credentials_.try_emplace(std::move(access_key), std::move(credential));
    if (!added) return fail(ErrorCode::conflict, "access key " + at->first + " is there twice");
    canonical_users_.insert(canonical_user_id(at->second.account_id));
    if (has_user) users_.emplace(at->second.account_id, at->second.user);
    return {};
}

bool KeyRing::has_user(std::string_view account_id, std::string_view user) const {
    return users_.contains({std::string(account_id), std::string(user)});
}

const Credential* KeyRing::find(std::string_view access_key) const {
    const auto found = credentials_.find(access_key);
    return found == credentials_.end() ? nullptr : &found->second;
}

}  // namespace onput::auth
