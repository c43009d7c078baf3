// Authorization of calls to all services but S3, whose requests storage judges: what the policies
// of a user or of a role's session say to an operation on a resource.
//
//     denied, or not allowed by the policy of a session .. refused here
//     allowed ........................................... on to the owner of the resource, who asks
//                                                         its policy
//     neither, and a resource policy may allow it ....... likewise
//     neither ........................................... refused here
//
// A key of the account itself, or of a user of the configuration, may do everything; of everybody
// else a policy must allow it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/auth/language/request_values.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {

// What a call asks for, one action on one resource.
struct AskedAction {
    std::string action;          // As denials spell it: "sqs:sendmessage", "SNS:Publish".
    std::string resource = "*";  // Its ARN.
    // Whoever owns the resource asks its policy, and refuses in his own words.
    bool has_resource_policy = false;
    // That no statement denies it is enough.
    bool is_only_not_denied = false;
    // Condition keys of the operation's own: {"iam:passedtoservice", "lambda.amazonaws.com"}.
    std::vector<std::pair<std::string, std::string>> values = {};
};

// What conditions may ask of a request to any service.
auth::RequestValues values_of(const RequestContext& context);

// What the owner of a resource is told of where a request comes from, for the conditions of its
// policy.
schema::AccessContext origin_of(const RequestContext& context);

// The caller as policies know him.
auth::PolicyPrincipal principal_of(const RequestContext& context);

// The tags that a request brings, and the keys of those that it adds or takes off.
struct RequestTags {
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<std::string> keys;
};

// Sets context.grant to what the identity's policies say to all of it together.
// permission_denied, reason AccessDenied.
Result<void> authorize(RequestContext& context, const std::vector<AskedAction>& asked,
                       const RequestTags& tags = {});

}  // namespace onput::gateway
