#include "common/worker/worker_config.hpp"

#include <unistd.h>

#include <fmt/format.h>

namespace onput::worker {

std::vector<std::string> ObjectWorkerConfig::faults(std::uint32_t memory_mb_min) const {
    std::vector<std::string> found = lane.faults();
    if (storage_endpoint.empty()) found.emplace_back("storage_endpoint is missing");
    if (memory_mb_max < memory_mb_min) {
        found.push_back(fmt::format("memory_mb_max must be {} or more", memory_mb_min));
    }
    if (access(work_directory.c_str(), W_OK) != 0) {
        found.push_back(fmt::format("work_directory {} cannot be written", work_directory));
    }
    return found;
}

}  // namespace onput::worker
