// Hostile policies of IAM: parsing ends in an answer, a parsed policy answers any request.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/auth/iam_policy.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::auth;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const PolicyPrincipal principal{.account_id = "111111111111", .user = "ada"};
    RequestValues values;
    add_principal(principal, values);
    values.set("aws:sourceip", "10.0.0.1");
    for (const auto use : {IamPolicy::Use::identity, IamPolicy::Use::trust}) {
        const auto policy = IamPolicy::parse(text, use);
        if (!policy) {
            ONPUT_CHECK(policy.error().reason == "malformed_policy");
            continue;
        }
        for (const std::string_view action : {"s3:GetObject", "sts:AssumeRole", "sqs:ListQueues"}) {
            const PolicyDecision decision = policy->evaluate(
                {.action = action,
                 .resource = "arn:aws:s3:::b/a",
                 .values = values,
                 .principal = use == IamPolicy::Use::trust ? &principal : nullptr});
            ONPUT_CHECK((decision.effect == PolicyEffect::no_match) == decision.statement.empty());
        }
        for (const NamedPrincipal& named : policy->named_identities())
            ONPUT_CHECK(parse_principal(named.text()).has_value());
    }
    return 0;
}
