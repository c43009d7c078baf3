#include "common/auth/role_trust.hpp"

namespace onput::auth {

bool trusts_service(const RoleTrust& role, std::string_view service, const RequestValues& values) {
    const auto trust = IamPolicy::parse(role.policy, IamPolicy::Use::trust);
    if (!trust) return false;
    const PolicyPrincipal principal{.service = std::string(service)};
    const auto said = trust->evaluate({.action = "sts:AssumeRole",
                                       .resource = role.role_arn,
                                       .values = values,
                                       .principal = &principal});
    return said.effect == PolicyEffect::allow;
}

}  // namespace onput::auth
