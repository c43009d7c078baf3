#include "common/schema/wire.hpp"

namespace onput::schema {

std::string principal_arn(const Principal& principal) {
    if (principal.account.empty()) return "anonymous";
    const std::string who = principal.user.empty() ? "root" : "user/" + principal.user;
    return "arn:aws:iam::" + principal.account + ":" + who;
}

}  // namespace onput::schema
