// Which system calls a job's child may make: those that computing on open files needs. The others
// fail with EPERM. Internal to job_process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <linux/filter.h>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"

namespace onput::worker {

enum class OwnThreads : std::uint8_t { none, allowed };

// A seccomp filter, made once for all children: making it takes longer than starting a child.
class ComputingFilter {
public:
    // Memory, threads (where they are allowed), time, reading.
    static Result<ComputingFilter> make(OwnThreads threads);

    // For this process, for ever: confinement.hpp's forbid_new_privileges() has been called. It may
    // signal its own threads and no others, so it must be the one that stays.
    [[nodiscard]] Result<void> apply() const;

private:
    std::vector<sock_filter> program_;
    std::size_t own_pid_at_ = 0;  // The instruction that knows the process.
};

}  // namespace onput::worker
