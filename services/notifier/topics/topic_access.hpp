// Who may do what with a topic: its resource policy, in the few forms that SNS takes. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/policy.hpp"
#include "common/base/result.hpp"
#include "common/schema/events.hpp"
#include "common/schema/wire.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

// A topic's Policy. Its statements are about SNS's actions on topics only ("SNS:Publish", with
// wildcards); others are "Policy statement action out of service scope!". The messages lack the
// "Invalid parameter: " before them.
Result<auth::Policy> parse_topic_access(std::string_view json, auth::PolicySource source);

// The policy that a topic without one has: AWS's, which lets the owner do everything.
std::string default_topic_access(const Topic& topic);

// The owner's account, the configuration's users included, unless the policy denies it; users and
// roles of IAM as common/auth/decision.hpp says; its root (a key that is nobody's in the account)
// sees, sets and deletes the topic whatever the policy says; another account if the policy allows
// it; an anonymous caller may publish if the policy allows it, and nothing else. Else
// AuthorizationError.
Result<void> check_access(const Topic& topic, const Caller& caller, std::string_view action);
// Likewise SNS:Subscribe, whose conditions may ask what is subscribed.
struct NewSubscriber {
    const std::string& protocol;
    const std::string& endpoint;
};
Result<void> check_subscriber(const Topic& topic, const Caller& caller,
                              const NewSubscriber& subscriber);
// The publisher that the message names: an account, or a service on behalf of a resource.
Result<void> check_publisher(const Topic& topic, const schema::TopicMessage& message);

// The refusal itself, for what no policy can allow.
std::unexpected<Error> not_authorized(std::string_view who, std::string_view action,
                                      std::string_view resource, std::string_view why);

}  // namespace onput::notifier
