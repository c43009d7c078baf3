// What a sandbox uses now: itself and all that it started.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace onput::function {

struct TreeUse {
    std::uint64_t memory_bytes = 0;  // Private and shared memory, without pages of files.
    std::uint32_t processes = 0;
};

// By /proc; at most `processes_max` of them are looked at. Processes that come and go meanwhile may
// be missed.
TreeUse measure_tree(pid_t root, std::uint32_t processes_max);

}  // namespace onput::function
