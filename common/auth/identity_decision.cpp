#include "common/auth/identity_decision.hpp"

#include <utility>

#include <fmt/format.h>

namespace onput::auth {

Result<std::vector<IamPolicy>> parse_policies(const std::vector<std::string>& documents) {
    std::vector<IamPolicy> policies;
    for (const std::string& document : documents) {
        ONPUT_TRY(auto policy, IamPolicy::parse(document));
        policies.push_back(std::move(policy));
    }
    return policies;
}

std::string reason_of(const IdentityDecision& decision, std::string_view action) {
    using By = IdentityDecision::By;
    const auto by = decision.by;
    if (decision.is_explicit) {
        return fmt::format("with an explicit deny in {}",
                           by == By::policies   ? "an identity-based policy"
                           : by == By::boundary ? "a permissions boundary"
                                                : "a session policy");
    }
    return fmt::format("because no {} allows the {} action",
                       by == By::policies   ? "identity-based policy"
                       : by == By::boundary ? "permissions boundary"
                                            : "session policy",
                       action);
}

}  // namespace onput::auth
