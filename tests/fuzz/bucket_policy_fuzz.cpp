// Hostile policies of buckets: parsing ends in an answer, a parsed policy answers any request.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/auth/language/principal_values.hpp"
#include "common/auth/s3/bucket_policy.hpp"
#include "common/base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::auth;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto policy = BucketPolicy::parse(text, "b");
    if (!policy) {
        ONPUT_CHECK(policy.error().reason == "malformed_policy");
        return 0;
    }
    static_cast<void>(policy->is_public());
    const PolicyPrincipal principal{.account_id = "111111111111", .user = "ada"};
    RequestValues values;
    add_principal(principal, values);
    values.set("aws:sourceip", "10.0.0.1");
    values.set("s3:prefix", "a*?");
    values.set_all("s3:requestobjecttagkeys", {"a", "b"});
    for (const char* name : {"GetObject", "ListBucket", "PutObject"}) {
        const PolicyDecision decision = policy->evaluate({.principal = principal,
                                                          .action = *find_s3_action(name),
                                                          .resource = "arn:aws:s3:::b/a",
                                                          .values = values});
        ONPUT_CHECK((decision.effect == PolicyEffect::no_match) == decision.statement.empty());
    }
    return 0;
}
