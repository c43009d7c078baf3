// KeyRing: the access keys that this installation knows. Filled at start from configuration, then
// only read; one copy per process. Secrets are kept as they are, because a signature needs them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::auth {

constexpr std::size_t access_key_bytes_max = 128;
constexpr std::size_t secret_bytes_max = 256;
constexpr std::size_t user_bytes_max = 64;
constexpr std::size_t keys_max = 10'000;

// A user or a session of a role that IAM knows: it may do only what policies allow.
struct LimitedIdentity {
    std::string id;            // Of the user or role: "AIDA...", "AROA...".
    std::string path = "/";    // Of the user or role.
    std::string role = {};     // Whose session it is; empty: a user's own key, or session.
    std::string session = {};  // Its name.
    std::vector<std::string> session_policies = {};  // That must allow what it does as well.
    Timestamp issued_at = {};  // Of temporary credentials; the default: there are none.
    std::vector<std::string> session_policy_arns = {};  // Managed ones, which count with those.

    [[nodiscard]] bool has_session_policies() const {
        return !session_policies.empty() || !session_policy_arns.empty();
    }

    friend bool operator==(const LimitedIdentity&, const LimitedIdentity&) = default;
};

// Keys belong to accounts; an account may have several.
struct Credential {
    std::string secret;
    std::string account_id;  // Twelve digits.
    // Whose key it is: a name as IAM has them; empty: the account's own, or a role's session.
    std::string user = {};
    // Nothing: it may do all that no policy denies.
    std::optional<LimitedIdentity> limited = {};
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
