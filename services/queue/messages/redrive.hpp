// The two JSON attributes about dead letters: RedrivePolicy of a source queue ("after this many
// receives, there") and RedriveAllowPolicy of a dead-letter queue ("from these queues only").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::queue {

inline constexpr std::uint32_t receives_max_max = 1000;
inline constexpr std::size_t redrive_source_queues_max = 10;

struct RedrivePolicy {
    std::string dead_letter_arn;
    std::uint32_t receives_max = 0;  // A message received this often is dead-lettered next.

    friend bool operator==(const RedrivePolicy&, const RedrivePolicy&) = default;
};

struct RedriveAllowPolicy {
    enum class Permission { allow_all, deny_all, by_queue };
    Permission permission = Permission::allow_all;
    std::vector<std::string> source_arns;  // For by_queue.

    [[nodiscard]] bool allows(std::string_view source_arn) const;
    friend bool operator==(const RedriveAllowPolicy&, const RedriveAllowPolicy&) = default;
};

// {"deadLetterTargetArn": "arn:aws:sqs:...", "maxReceiveCount": 5}; the count may be a text. Fails
// with invalid_argument; the message is AWS's "Reason: ..." part.
Result<RedrivePolicy> parse_redrive_policy(std::string_view json);

// {"redrivePermission": "allowAll" | "denyAll" | "byQueue", "sourceQueueArns": [...]}
Result<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view json);

}  // namespace onput::queue
