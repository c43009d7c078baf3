// Hostile policy documents: parsing ends in an answer, and a parsed policy answers every request.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/auth/language/principal_values.hpp"
#include "common/auth/policy.hpp"
#include "common/base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::auth;
    const auto policy = Policy::parse(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!policy) {
        ONPUT_CHECK(policy.error().reason == "malformed_policy");
        return 0;
    }
    PolicyRequest request{.principal = {.service = "s3.amazonaws.com"},
                          .action = "sqs:SendMessage",
                          .resource = "arn:aws:sqs:us-east-1:000000000000:uploads"};
    add_principal(request.principal, request.values);
    request.values.set("aws:sourcearn", "arn:aws:s3:::photos");
    request.values.set("aws:sourceaccount", "000000000000");
    request.values.set("aws:sourceip", "10.1.2.3");
    const PolicyDecision decision = policy->evaluate(request);
    ONPUT_CHECK((decision.effect == PolicyEffect::no_match) == decision.statement.empty());
    // What was taken once opens and means the same after a restart.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto kept = Policy::parse(text, PolicySource::store);
    ONPUT_CHECK(kept && kept->evaluate(request).effect == decision.effect);
    return 0;
}
