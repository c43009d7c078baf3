// What one step of the lifecycle pass says (core_lifecycle.cpp). A pass goes over all buckets that
// have rules, key by key, and is where it was after a restart.
//
//     is_lifecycle_due ──> judge_next ──> apply each task ──> judge_next ... is_over
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/schema/storage_uploads.hpp"
#include "services/storage/lifecycle/rules.hpp"
#include "services/storage/lifecycle/walk.hpp"

namespace onput::storage {

// Who does it, in events: principal and address.
inline constexpr std::string_view s3_principal = "s3.amazonaws.com";

// Rows that a crash makes it judge again, at most.
inline constexpr std::size_t lifecycle_rows_unkept_max = 10'000;

struct LifecycleTask {
    std::string bucket = {};
    std::string key = {};
    std::uint64_t sequencer = 0;  // Of the version that was judged.
    LifecycleDecision decision = {};
};

struct LifecycleStep {
    std::vector<LifecycleTask> tasks = {};
    std::vector<schema::AbortUpload> uploads = {};  // To be aborted.
    std::size_t rows = 0;                           // That were read.
    bool is_over = false;                           // The pass.
};

}  // namespace onput::storage
