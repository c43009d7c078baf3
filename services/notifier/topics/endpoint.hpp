// Where a subscription's messages go, by protocol: what SNS takes as an endpoint. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::notifier {

inline constexpr std::size_t endpoint_bytes_max = 2048;
inline constexpr std::size_t email_bytes_max = 254;

// InvalidParameter for a protocol that there is not, or not here, and for an endpoint that is none
// of its protocol. Endpoints that pass are printable ASCII.
Result<void> check_endpoint(std::string_view protocol, std::string_view endpoint);

// http, https, email and email-json are sent a token first; queues and telephones are not.
bool must_confirm(std::string_view protocol);
bool is_webhook(std::string_view protocol);  // http or https.
bool is_queued(std::string_view protocol);   // sqs or lambda: the queue service takes them.

struct QueueArn {
    std::string_view region;
    std::string_view account;
    std::string_view name;
};
// Nothing when it is not the ARN of a queue; views of `arn`.
std::optional<QueueArn> parse_queue_arn(std::string_view arn);

// arn:aws:lambda:<region>:<account>:function:<name>, perhaps with a qualifier.
bool is_function_arn(std::string_view arn);

// The fourth part of an ARN; empty when there are not as many.
std::string_view region_of(std::string_view arn);

// InvalidParameter unless `arn` has six parts at least, in the words of SNS: `parameter` is
// "TopicArn" or "SubscriptionArn".
Result<void> check_arn(std::string_view arn, std::string_view parameter);

}  // namespace onput::notifier
