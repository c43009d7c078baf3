#include "services/image/memory.hpp"

#include <cstdio>
#include <limits>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

namespace onput::image {
namespace {

// Stacks of threads, codecs' tables, encoded bytes.
constexpr std::uint64_t spare_bytes = 48ULL << 20;

std::uint64_t used_bytes() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                               &std::fclose);
    unsigned long long pages = 0;
    if (file == nullptr || std::fscanf(file.get(), "%llu", &pages) != 1) return 0;
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t free_bytes() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    const std::uint64_t used = used_bytes() + spare_bytes;
    return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

std::string in_mib(std::uint64_t bytes) {
    return std::to_string((bytes >> 20) + 1) + " MiB";
}

}  // namespace

Result<void> reserve_memory(std::uint64_t bytes) {
    const std::uint64_t free = free_bytes();
    if (bytes <= free) return {};
    return fail(ErrorCode::resource_exhausted,
                "this needs about " + in_mib(bytes) + " of memory, and the job has " +
                    in_mib(free) + " left",
                "job_memory");
}

}  // namespace onput::image
