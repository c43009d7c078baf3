// Policy: a resource policy such as a queue's `Policy` attribute, and what it says to a request.
//
//     {"Version": "2012-10-17", "Statement": [{"Sid": "from-bucket", "Effect": "Allow",
//       "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
//       "Resource": "arn:aws:sqs:us-east-1:000000000000:uploads",
//       "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}}}]}
//
// What it understands is less than AWS: NotPrincipal, NotAction, NotResource, policy variables and
// condition operators or keys other than those below are refused when the policy is set, because a
// policy that is understood in part protects nothing. Immutable; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/principal.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

constexpr std::size_t policy_bytes_max = 20 * 1024;

struct PolicyRequest {
    PolicyPrincipal principal;
    std::string action;    // "sqs:SendMessage"
    std::string resource;  // The ARN of what is asked for.
    // The context; absent keys make every condition on them false, unless it ends in IfExists.
    std::optional<std::string> source_arn = {};      // aws:SourceArn
    std::optional<std::string> source_account = {};  // aws:SourceAccount
    // aws:SourceOwner, as old topic policies have it.
    std::optional<std::string> source_owner = {};
    std::optional<std::string> url_auth_type = {};  // lambda:FunctionUrlAuthType
    std::optional<std::string> via_url = {};        // lambda:InvokedViaFunctionUrl, "true"
};

enum class PolicyEffect {
    allow,     // A statement allows it and none denies it.
    deny,      // A statement denies it, whatever others allow.
    no_match,  // No statement speaks about it: denied, unless something else allows it.
};

struct PolicyDecision {
    PolicyEffect effect = PolicyEffect::no_match;
    std::string statement;  // The Sid that decided, or "#2" for the second; empty for no_match.
    // Of allow: it names the caller's account only, whose identity policies decide who in it may.
    bool is_delegated = false;
};

// Of a decision whose work was spent (wildcard.hpp): what is not known is not allowed.
inline PolicyDecision too_much_work() {
    return {.effect = PolicyEffect::deny, .statement = "too much work"};
}

// What statements say together: the first denial; else the first that allows, one that names the
// caller before one that names his account alone. `naming_of(statement)`: how it comes to apply.
template <typename Statements, typename NamingOf>
PolicyDecision decide_by(const Statements& statements, NamingOf naming_of) {
    PolicyDecision decision;
    for (const auto& statement : statements) {
        const Naming naming = naming_of(statement);
        if (naming == Naming::none) continue;
        if (statement.effect == PolicyEffect::deny)
            return {.effect = PolicyEffect::deny, .statement = statement.name};
        const bool is_first = decision.effect == PolicyEffect::no_match;
        if (is_first || (decision.is_delegated && naming == Naming::directly)) {
            decision = {.effect = PolicyEffect::allow,
                        .statement = statement.name,
                        .is_delegated = naming == Naming::by_account};
        }
    }
    return decision;
}

// Where a policy comes from. One that was accepted before a check existed still has to be read from
// the store, and means what it meant: only new ones are held to what can match, and to no repeats.
enum class PolicySource { request, store };

class Policy {
public:
    // Fails with invalid_argument `malformed_policy` and a message that names what is wrong where:
    // not JSON, more than `policy_bytes_max`, a missing, unknown or repeated element, an unknown
    // condition operator or key, or what can never match: a principal that is neither "*", one of
    // principal.hpp nor a service of amazonaws.com, an action without a service, a resource that
    // is no ARN of the partition aws, the denial of an action that SQS or SNS has not.
    static Result<Policy> parse(std::string_view json, PolicySource source = PolicySource::request);

    // The users, roles and sessions that it names. One that there is not would make a denial
    // protect nothing: whoever knows which there are refuses it.
    [[nodiscard]] std::vector<NamedPrincipal> named_identities() const;

    [[nodiscard]] PolicyDecision evaluate(const PolicyRequest& request) const;

private:
    enum class Operator { arn_like, string_equals, string_like, boolean };
    enum class Key { source_arn, source_account, source_owner, url_auth_type, via_url };

    struct Condition {
        Operator match = Operator::string_equals;
        Key key = Key::source_arn;
        bool if_exists = false;
        std::vector<std::string> values;  // One of them must match.
    };
    struct Statement {
        std::string name;
        PolicyEffect effect = PolicyEffect::deny;
        bool anyone = false;  // Principal "*" or {"AWS": "*"}: services too.
        std::vector<NamedPrincipal> aws_principals;
        std::vector<std::string> service_principals;
        std::vector<std::string> actions;
        std::vector<std::string> resources;
        std::vector<Condition> conditions;  // All of them must hold.
    };
    class Parser;

    static Naming applies(const Statement& statement, const PolicyRequest& request);
    static Naming names(const Statement& statement, const PolicyPrincipal& principal);
    static bool holds(const Condition& condition, const PolicyRequest& request);

    std::vector<Statement> statements_;
};

// Of a policy that is being set; of what is no policy none, as whoever is to keep it refuses it in
// his own words.
std::vector<NamedPrincipal> identities_named_in(std::string_view json);

}  // namespace onput::auth
