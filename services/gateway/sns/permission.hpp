// Statements that AddPermission puts into a topic's policy, and RemovePermission takes out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::gateway::sns {

inline constexpr std::size_t permission_accounts_max = 20;

struct Permission {
    std::string label;  // The statement's Sid.
    std::string topic_arn;
    std::vector<std::string> accounts;  // Twelve digits each.
    std::vector<std::string> actions;   // "Publish": without "SNS:".
};

// `policy` is the topic's own, or "" for one that has none. InvalidParameter when the label is
// there already.
Result<std::string> with_permission(std::string_view policy, const Permission& permission);

// NotFound when no statement has the label.
Result<std::string> without_permission(std::string_view policy, std::string_view label);

}  // namespace onput::gateway::sns
