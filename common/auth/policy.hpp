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

#include "common/auth/credentials.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

constexpr std::size_t policy_bytes_max = 20 * 1024;

// Who asks. A service acts on behalf of a resource, which is in the request's context.
struct PolicyPrincipal {
    std::string account_id = {};  // Of an AWS principal; empty for a service or nobody.
    std::string user = {};        // Of the account; empty: the account's own key.
    std::string service = {};     // "s3.amazonaws.com"; empty for an AWS principal or nobody.
};

struct PolicyRequest {
    PolicyPrincipal principal;
    std::string action;    // "sqs:SendMessage"
    std::string resource;  // The ARN of what is asked for.
    // The context; absent keys make every condition on them false, unless it ends in IfExists.
    std::optional<std::string> source_arn = {};      // aws:SourceArn
    std::optional<std::string> source_account = {};  // aws:SourceAccount
    // aws:SourceOwner, as old topic policies have it.
    std::optional<std::string> source_owner = {};
};

enum class PolicyEffect {
    allow,     // A statement allows it and none denies it.
    deny,      // A statement denies it, whatever others allow.
    no_match,  // No statement speaks about it: denied, unless something else allows it.
};

struct PolicyDecision {
    PolicyEffect effect = PolicyEffect::no_match;
    std::string statement;  // The Sid that decided, or "#2" for the second; empty for no_match.
};

// Where a policy comes from. One that was accepted before a check existed still has to be read from
// the store, and means what it meant: only new ones are held to what can match, and to no repeats.
enum class PolicySource { request, store };

class Policy {
public:
    // Fails with invalid_argument `malformed_policy` and a message that names what is wrong where:
    // not JSON, more than `policy_bytes_max`, a missing, unknown or repeated element, an unknown
    // condition operator or key, or what can never match: a principal that is neither "*", an
    // account (digits or the ARN of its root), a user's ARN nor a service of amazonaws.com, an
    // action without a service, a resource that is no ARN of the partition aws, the denial of an
    // action that SQS or SNS has not.
    static Result<Policy> parse(std::string_view json, PolicySource source = PolicySource::request);

    // Fails likewise when a statement names a user to whom none of the keys belongs: such a denial
    // would protect nothing.
    [[nodiscard]] Result<void> check_users(const KeyRing& keys) const;

    [[nodiscard]] PolicyDecision evaluate(const PolicyRequest& request) const;

private:
    enum class Operator { arn_like, string_equals, string_like };
    enum class Key { source_arn, source_account, source_owner };

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
        std::vector<std::string> aws_principals;
        std::vector<std::string> service_principals;
        std::vector<std::string> actions;
        std::vector<std::string> resources;
        std::vector<Condition> conditions;  // All of them must hold.
    };
    class Parser;

    static bool applies(const Statement& statement, const PolicyRequest& request);
    static bool names_principal(const Statement& statement, const PolicyPrincipal& principal);
    static bool holds(const Condition& condition, const PolicyRequest& request);

    std::vector<Statement> statements_;
};

// `Policy::check_users` of a policy that is being set. What is no policy passes: whoever is to keep
// it refuses it in his own words.
Result<void> check_policy_users(std::string_view json, const KeyRing& keys);

}  // namespace onput::auth
