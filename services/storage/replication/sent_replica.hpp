// Whether the replication of another instance sent what a request makes. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "common/schema/access.hpp"
#include "common/schema/replica_header.hpp"

namespace onput::storage {

// It says so, and the policy has allowed that.
inline bool is_sent_replica(const std::optional<schema::AccessContext>& access) {
    const auto says = [](const std::string& action) {
        return action == schema::replicate_action || action == schema::replicate_delete_action;
    };
    return access && std::ranges::any_of(access->actions, says);
}

}  // namespace onput::storage
