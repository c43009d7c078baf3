#include "services/image/memory.hpp"

#include <string>
#include <sys/mman.h>
#include <sys/resource.h>

namespace onput::image {
namespace {

// Stacks of threads, codecs' tables, encoded bytes.
constexpr std::uint64_t spare_bytes = 48ULL << 20;

std::string in_mib(std::uint64_t bytes) {
    return std::to_string((bytes >> 20) + 1) + " MiB";
}

}  // namespace

Result<void> reserve_memory(std::uint64_t bytes) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
    const std::uint64_t wanted = bytes + spare_bytes;
    // Only the kernel knows what is left: /proc cannot be read in a job.
    void* const room =
        ::mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room != MAP_FAILED) {
        ::munmap(room, wanted);
        return {};
    }
    return fail(ErrorCode::resource_exhausted,
                "this needs about " + in_mib(bytes) +
                    " of memory more than the job has in use, and " + in_mib(limit.rlim_cur) +
                    " are allowed in all",
                "job_memory");
}

}  // namespace onput::image
