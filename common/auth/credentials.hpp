// KeyRing: the access keys that this installation knows. Filled at start from configuration, then
// only read; one copy per process. Secrets are kept as they are, because a signature needs them.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/base/result.hpp"

namespace onput::auth {

constexpr std::size_t access_key_bytes_max = 128;
constexpr std::size_t secret_bytes_max = 256;
constexpr std::size_t user_bytes_max = 64;
constexpr std::size_t keys_max = 10'000;

// Keys belong to accounts; an account may have several.
struct Credential {
    std::string secret;
    std::string account_id;  // Twelve digits.
    std::string user = {};   // Whose key it is: a name as IAM has them; empty: the account's own.
};

// 1 to user_bytes_max letters, digits and "+=,.@_-".
bool is_user_name(std::string_view text);

class KeyRing {
public:
    // Fails with invalid_argument on an empty or overlong part, a control character or space in the
    // key, an account id that is not twelve digits, or a user that is no name; with conflict on a
    // key that is there already; with resource_exhausted at `keys_max`.
    Result<void> add(std::string access_key, Credential credential);

    // Null for an unknown key. Valid until the next `add`.
    [[nodiscard]] const Credential* find(std::string_view access_key) const;

    // Whether a key belongs to this user of this account.
    [[nodiscard]] bool has_user(std::string_view account_id, std::string_view user) const;

    // Whether a key belongs to the account that S3 shows by this id.
    [[nodiscard]] bool has_canonical_user(std::string_view id) const {
        return canonical_users_.contains(id);
    }

    [[nodiscard]] std::size_t size() const { return credentials_.size(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, Credential, Hash, std::equal_to<>> credentials_;
    std::set<std::pair<std::string, std::string>> users_;  // Account and user.
    std::set<std::string, std::less<>> canonical_users_;   // Of all accounts.
};

}  // namespace onput::auth
