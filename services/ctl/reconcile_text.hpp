// What `onput reconcile` finds, and how it says it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "services/ctl/exit_code.hpp"
#include "services/ctl/story.hpp"

namespace onput::ctl {

enum class UploadState : std::uint8_t {
    has_result,  // An object of its trace is in the other bucket.
    failed,      // Its jobs or deliveries were given up: somebody was told.
    running,     // Something is still owed, or in a worker's hands.
    unwanted,    // No rule matched it: nothing was owed.
    missing,     // Neither a result nor a failure.
};
inline constexpr std::size_t upload_states = 5;
std::string_view to_string(UploadState state);

// Of an upload without a result.
UploadState state_of(StoryOutcome outcome);

struct Upload {
    std::string key;
    UploadState state = UploadState::missing;
    std::string trace_id;
    std::string why;  // "dead-lettered"; empty with a result.
};

struct Reconciliation {
    std::string bucket;
    std::string against;
    std::array<std::uint64_t, upload_states> counts{};  // By state.
    std::vector<Upload> uploads;  // Those without a result; at most reconcile_listed_max.
    std::uint64_t resent = 0;
    std::uint64_t redriven = 0;

    void add(Upload upload);
    [[nodiscard]] std::uint64_t count_of(UploadState state) const {
        return counts[static_cast<std::size_t>(state)];
    }
    [[nodiscard]] std::uint64_t total() const;
};
inline constexpr std::size_t reconcile_listed_max = 100'000;

// "inbox: 120 uploads: 117 have results in outbox, 2 failed, 1 is missing."
std::string summary_of(const Reconciliation& found);
std::string json_of(const Reconciliation& found);
// 0: every upload has its result or its failure, or nothing was owed; wait_not_met: some are still
// running or were sent again, and none is missing otherwise; failed: some are missing.
ExitCode exit_code_of(const Reconciliation& found);

}  // namespace onput::ctl
