// Principals: who asks, and whom a policy names. Pure.
//
//     123456789012, arn:aws:iam::123456789012:root     everyone in the account
//     arn:aws:iam::123456789012:user/team/ada          the user
//     arn:aws:iam::123456789012:role/team/reader       all sessions of the role
//     arn:aws:sts::123456789012:assumed-role/reader/x  the session of that name
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace onput::auth {

// Who asks. A service acts on behalf of a resource, which is in the request's context.
struct PolicyPrincipal {
    std::string account_id = {};  // Of an AWS principal; empty for a service or nobody.
    std::string user = {};        // Of the account; empty: the account's own key, or a session.
    std::string service = {};     // "s3.amazonaws.com"; empty for an AWS principal or nobody.
    std::string path = "/";       // Of the user or the role.
    std::string role = {};        // Whose session it is; empty: no session.
    std::string session = {};     // Its name.
    std::string id = {};          // "AIDA...", "AROA..."; empty: it is made of the name.
    std::vector<std::pair<std::string, std::string>> tags = {};  // Of the user or role.
    Timestamp token_issued_at = {};  // Of temporary credentials; the default: there are none.

    // Whether it is the account's own key, AWS's root.
    [[nodiscard]] bool is_root() const {
        return !account_id.empty() && user.empty() && role.empty();
    }
};

// How a policy comes to speak of somebody.
enum class Naming : std::uint8_t {
    none,
    by_account,  // It leaves it to the account: within the account identity policies decide.
    directly,
};

struct NamedPrincipal {
    enum class Kind : std::uint8_t { account, user, role, session };

    Kind kind = Kind::account;
    std::string account;
    std::string path = "/";  // Of a user or role.
    std::string name;        // Of a user or role; a session's role.
    std::string session;

    [[nodiscard]] Naming names(const PolicyPrincipal& principal) const;

    // As an ARN.
    [[nodiscard]] std::string text() const;
};

// Nothing for a text that is none of the above.
std::optional<NamedPrincipal> parse_principal(std::string_view text);

// "NAME.amazonaws.com", without wildcards.
bool is_service_principal(std::string_view text);

}  // namespace onput::auth
