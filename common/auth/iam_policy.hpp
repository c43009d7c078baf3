// IamPolicy: a policy of IAM's. One of an identity says what it may do, the trust of a role who may
// become it.
//
//     {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"],
//       "Resource": "arn:aws:s3:::photos/${aws:username}/*"}]}
//
//     {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
//       "Principal": {"Service": "lambda.amazonaws.com"}}}
//
// All of AWS's language is understood, actions and conditions of services that are not here
// included, which no request ever has. What would be understood in part is refused when a policy is
// made: condition keys of services that are here and that no request tells, federated principals,
// NotPrincipal. Immutable; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/language/condition.hpp"
#include "common/auth/language/policy_text.hpp"
#include "common/auth/language/request_values.hpp"
#include "common/auth/policy.hpp"
#include "common/auth/principal.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

struct IamRequest {
    std::string_view action;    // "sqs:SendMessage"
    std::string_view resource;  // Its ARN, or "*" for what has none.
    const RequestValues& values;
    const PolicyPrincipal* principal = nullptr;  // Who wants to become a role.
};

class IamPolicy {
public:
    enum class Use { identity, trust };

    // Fails with invalid_argument `malformed_policy` in IAM's words, the part that is meant in the
    // detail Detail.
    static Result<IamPolicy> parse(std::string_view json, Use use = Use::identity);

    // A denial as well when it took too much work (wildcard.hpp).
    [[nodiscard]] PolicyDecision evaluate(const IamRequest& request) const;

    // Of a trust: the users, roles and sessions that it names.
    [[nodiscard]] std::vector<NamedPrincipal> named_identities() const;

private:
    struct Statement {
        std::string name;
        PolicyEffect effect = PolicyEffect::deny;
        std::vector<std::string> actions;  // In lower case.
        bool is_action_inverted = false;   // NotAction
        std::vector<PolicyText> resources;
        bool is_resource_inverted = false;  // NotResource
        std::vector<Condition> conditions;
        bool is_for_anyone = false;  // The rest is of a trust.
        std::vector<NamedPrincipal> principals;
        std::vector<std::string> services;
    };
    class Parser;

    static Naming names(const Statement& statement, const PolicyPrincipal& principal);
    // `action`: the request's, in lower case.
    static bool names_action(const Statement& statement, std::string_view action,
                             const IamRequest& request);
    static bool names_resource(const Statement& statement, const IamRequest& request);
    static bool applies(const Statement& statement, const IamRequest& request);

    std::vector<Statement> statements_;
};

// What several policies of an identity say together: a denial of one counts, else one that allows.
PolicyEffect evaluate_all(const std::vector<IamPolicy>& policies, const IamRequest& request);

// The document's length as IAM counts it: without its white space.
std::size_t policy_length(std::string_view document);

}  // namespace onput::auth
