#include "common/auth/principal.hpp"

#include <fmt/format.h>

#include "common/auth/credentials.hpp"
#include "common/auth/iam_arn.hpp"

namespace onput::auth {
namespace {

using Kind = NamedPrincipal::Kind;

constexpr std::string_view sts_prefix = "arn:aws:sts::";
constexpr std::string_view session_prefix = "assumed-role/";

// "user/team/ada" without its first word: "/team/" and "ada".
std::optional<NamedPrincipal> parse_entity(std::string_view text, Kind kind) {
    const auto last = text.rfind('/');
    const std::string_view name = text.substr(last + 1);
    if (!is_user_name(name)) return {};
    return NamedPrincipal{
        .kind = kind, .path = std::string(text.substr(0, last + 1)), .name = std::string(name)};
}

std::optional<NamedPrincipal> parse_session(std::string_view text) {
    text.remove_prefix(sts_prefix.size());
    const auto colon = text.find(':');
    const std::string_view account = text.substr(0, colon);
    if (!is_account(account)) return {};
    text.remove_prefix(colon + 1);
    if (!text.starts_with(session_prefix)) return {};
    text.remove_prefix(session_prefix.size());
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view session = text.substr(slash + 1);
    if (!is_user_name(text.substr(0, slash)) || !is_user_name(session)) return {};
    return NamedPrincipal{.kind = Kind::session,
                          .account = std::string(account),
                          .name = std::string(text.substr(0, slash)),
                          .session = std::string(session)};
}

std::string_view path_of(const PolicyPrincipal& principal) {
    return principal.path.empty() ? std::string_view("/") : std::string_view(principal.path);
}

}  // namespace

Naming NamedPrincipal::names(const PolicyPrincipal& principal) const {
    if (principal.account_id.empty() || principal.account_id != account) return Naming::none;
    bool is_named = false;
    switch (kind) {
        case Kind::account: return Naming::by_account;
        case Kind::user:
            is_named =
                !principal.user.empty() && principal.user == name && path_of(principal) == path;
            break;
        case Kind::role:
            is_named =
                !principal.role.empty() && principal.role == name && path_of(principal) == path;
            break;
        case Kind::session:
            is_named =
                !principal.role.empty() && principal.role == name && principal.session == session;
            break;
    }
    return is_named ? Naming::directly : Naming::none;
}

std::string NamedPrincipal::text() const {
    switch (kind) {
        case Kind::account: return fmt::format("arn:aws:iam::{}:root", account);
        case Kind::user: return fmt::format("arn:aws:iam::{}:user{}{}", account, path, name);
        case Kind::role: return fmt::format("arn:aws:iam::{}:role{}{}", account, path, name);
        case Kind::session: break;
    }
    return fmt::format("{}{}:{}{}/{}", sts_prefix, account, session_prefix, name, session);
}

std::optional<NamedPrincipal> parse_principal(std::string_view text) {
    if (is_account(text))
        return NamedPrincipal{.kind = Kind::account, .account = std::string(text)};
    if (text.starts_with(sts_prefix)) return parse_session(text);
    const auto arn = parse_iam_arn(text);
    if (!arn) return {};
    std::optional<NamedPrincipal> named;
    if (arn->name == "root") {
        named = NamedPrincipal{.kind = Kind::account};
    } else if (arn->name.starts_with("user/")) {
        named = parse_entity(arn->name.substr(4), Kind::user);
    } else if (arn->name.starts_with("role/")) {
        named = parse_entity(arn->name.substr(4), Kind::role);
    }
    if (named) named->account = std::string(arn->account);
    return named;
}

bool is_service_principal(std::string_view text) {
    constexpr std::string_view suffix = ".amazonaws.com";
    return text.size() > suffix.size() && text.ends_with(suffix) &&
           text.find_first_of("*?") == std::string_view::npos;
}

}  // namespace onput::auth
