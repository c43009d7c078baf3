#include "common/auth/language/principal_values.hpp"

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view anonymous = "anonymous";

}  // namespace

void add_principal(const PolicyPrincipal& principal, RequestValues& values) {
    values.set("aws:principalisawsservice", principal.service.empty() ? "false" : "true");
    if (!principal.service.empty()) {
        values.set("aws:principalservicename", principal.service);
        return;
    }
    if (principal.account_id.empty()) {
        values.set("aws:principalaccount", std::string(anonymous));
        values.set("aws:principaltype", "Anonymous");
        values.set("aws:userid", std::string(anonymous));
        return;
    }
    const std::string& account = principal.account_id;
    const std::string_view path = principal.path.empty() ? "/" : std::string_view(principal.path);
    values.set("aws:principalaccount", account);
    for (const auto& [key, value] : principal.tags)
        values.set(fmt::format("aws:principaltag/{}", lower_case(key)), value);
    if (principal.token_issued_at != Timestamp()) {
        values.set("aws:tokenissuetime", format_iso8601_millis(principal.token_issued_at));
        values.set("aws:multifactorauthpresent", "false");
    }
    if (!principal.role.empty()) {
        values.set("aws:principaltype", "AssumedRole");
        values.set("aws:userid", fmt::format("{}:{}", principal.id, principal.session));
        values.set("aws:principalarn",
                   fmt::format("arn:aws:iam::{}:role{}{}", account, path, principal.role));
        return;
    }
    const std::string& user = principal.user;
    values.set("aws:principaltype", user.empty() ? "Account" : "User");
    values.set("aws:userid",
               principal.id.empty() ? user_id({.account = account, .user = user}) : principal.id);
    values.set("aws:principalarn",
               user.empty() ? fmt::format("arn:aws:iam::{}:root", account)
                            : fmt::format("arn:aws:iam::{}:user{}{}", account, path, user));
    if (!user.empty()) values.set("aws:username", user);
}

}  // namespace onput::auth
