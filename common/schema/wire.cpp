#include "common/schema/wire.hpp"

namespace onput::schema {

std::string principal_arn(const Principal& principal) {
    if (principal.account.empty()) return "anonymous";
    const auto& limited = principal.limited;
    if (limited && !limited->role.empty()) {
        return "arn:aws:sts::" + principal.account + ":assumed-role/" + limited->role + "/" +
               limited->session;
    }
    const std::string path = limited && !limited->path.empty() ? limited->path : "/";
    const std::string who = principal.user.empty() ? "root" : "user" + path + principal.user;
    return "arn:aws:iam::" + principal.account + ":" + who;
}

}  // namespace onput::schema
