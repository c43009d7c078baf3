// DeliveryPolicy: when a message that an endpoint did not take is tried again, in four phases.
//
//     phase            each retry after        how many
//     immediate        0                       numNoDelayRetries
//     pre-backoff      minDelayTarget          numMinDelayRetries
//     backoff          minimum to maximum      the rest of numRetries
//     post-backoff     maxDelayTarget          numMaxDelayRetries
//
// Then it is given up.
//
// Pure. A policy is SNS's JSON: {"healthyRetryPolicy": {...}, "throttlePolicy":
// {"maxReceivesPerSecond": n}, "requestPolicy": {"headerContentType": "..."}} of a subscription, or
// the same under "http" with "default...Policy" names of a topic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::notifier {

inline constexpr std::size_t delivery_policy_bytes_max = 16 * 1024;
inline constexpr std::uint32_t delivery_retries_max = 100;
inline constexpr std::uint32_t delivery_delay_max_s = 3600;  // Of one delay, and of all together.
inline constexpr std::uint32_t receives_per_second_limit = 100'000;
inline constexpr std::size_t header_content_type_bytes_max = 256;

// How the delays of the backoff phase go from min to max. A linear one rises in equal steps, an
// arithmetic one in steps that grow by the same amount, a geometric one in steps that double, and
// an exponential one multiplies by the same factor each time.
enum class BackoffFunction : std::uint8_t { linear, arithmetic, geometric, exponential };

struct DeliveryPolicy {
    std::uint32_t min_delay_s = 20;
    std::uint32_t max_delay_s = 20;
    std::uint32_t retries = 3;  // After the first attempt, all phases together.
    std::uint32_t no_delay_retries = 0;
    std::uint32_t min_delay_retries = 0;
    std::uint32_t max_delay_retries = 0;
    BackoffFunction backoff = BackoffFunction::linear;
    std::uint32_t receives_per_second_max = 0;  // 0: unbounded.
    std::string content_type = {};              // Empty: SNS's own.
    bool disables_overrides = false;  // Of a topic: its subscriptions' own policies do not count.

    friend bool operator==(const DeliveryPolicy&, const DeliveryPolicy&) = default;
};

// SNS's defaults: "http" and "https" 3 x 20 s; "email", "email-json", "sms" 50 over 6 h; "sqs"
// 100,015 over 23 days.
DeliveryPolicy default_policy(std::string_view protocol);

// Fail with invalid_argument, reason InvalidParameter, and SNS's own text from "DeliveryPolicy: "
// on, for anything out of its bounds: retries 0 to 100, delays 1 to 3,600 s and together at most
// 3,600 s, phases no more than retries. A retry policy that is given names its retries and delays;
// a policy that is not given at all comes from `topics`, the one of the subscription's topic. "{}"
// is the topic's own.
Result<DeliveryPolicy> parse_subscription_policy(std::string_view json,
                                                 const DeliveryPolicy& topics = {});
Result<DeliveryPolicy> parse_topic_policy(std::string_view json);

// As GetTopicAttributes and GetSubscriptionAttributes show the effective one. What it says is
// parsed to the same policy.
std::string format_effective_policy(const DeliveryPolicy& policy, bool of_topic);

// How long to wait after `attempts` (>= 1) have failed; nothing: given up. Jittered by at most a
// tenth, never below what the policy says.
std::optional<Duration> delay_after(const DeliveryPolicy& policy, std::uint32_t attempts,
                                    Random& random);

}  // namespace onput::notifier
