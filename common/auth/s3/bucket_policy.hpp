// BucketPolicy: the policy of a bucket of S3, and what it says to a request.
//
//     {"Version": "2012-10-17", "Statement": [{"Sid": "team", "Effect": "Allow",
//       "Principal": {"AWS": "arn:aws:iam::111111111111:user/ada"}, "Action": "s3:GetObject",
//       "Resource": "arn:aws:s3:::photos/public/*",
//       "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}
//
// All of AWS's language for them is understood, but for principals that cannot exist here
// (federated users), keys whose truth cannot be known here, and NotPrincipal with Allow. Those are
// refused when the policy is put: a policy that is understood in part protects nothing. Immutable;
// pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/language/condition.hpp"
#include "common/auth/language/policy_text.hpp"
#include "common/auth/language/request_values.hpp"
#include "common/auth/policy.hpp"
#include "common/auth/s3/action.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

struct BucketRequest {
    const PolicyPrincipal& principal;  // Without account and service: an unsigned request.
    S3Action action;
    std::string_view resource;  // "arn:aws:s3:::bucket" or "arn:aws:s3:::bucket/key"
    const RequestValues& values;
};

std::string bucket_arn(std::string_view bucket);
// Of a key in it.
struct ObjectName {
    std::string_view bucket;
    std::string_view key;
};
std::string object_arn(const ObjectName& name);

class BucketPolicy {
public:
    // Fails with invalid_argument `malformed_policy` in S3's words, the part that is meant in the
    // detail Detail.
    static Result<BucketPolicy> parse(std::string_view json, std::string_view bucket);

    // The users, roles and sessions, and the canonical ids, that it names. A denial of one that
    // there is not would protect nothing: whoever knows which there are refuses it.
    [[nodiscard]] std::vector<NamedPrincipal> named_identities() const;
    [[nodiscard]] std::vector<std::string> named_canonical_users() const;

    [[nodiscard]] PolicyDecision evaluate(const BucketRequest& request) const;

    // Whether evaluate looks at the request's values at all.
    [[nodiscard]] bool asks_for_values() const { return asks_for_values_; }

    // S3's test: whether it lets in somebody who is not named by a fixed value.
    [[nodiscard]] bool is_public() const;

private:
    struct Principals {
        bool anyone = false;
        std::vector<NamedPrincipal> aws;
        std::vector<std::string> canonical;
        std::vector<std::string> services;
    };
    struct Statement {
        std::string name;
        PolicyEffect effect = PolicyEffect::deny;
        Principals principals;
        bool is_principal_inverted = false;  // NotPrincipal
        S3ActionSet actions;
        std::vector<PolicyText> resources;
        bool is_resource_inverted = false;  // NotResource
        std::vector<Condition> conditions;
    };
    class Parser;

    static Naming applies(const Statement& statement, const BucketRequest& request);
    static Naming names(const Statement& statement, const PolicyPrincipal& principal);
    static bool names_resource(const Statement& statement, const BucketRequest& request);
    static bool is_public(const Statement& statement);

    std::vector<Statement> statements_;
    bool asks_for_values_ = false;
};

}  // namespace onput::auth
