// ObjectWorkerConfig: the options of every worker that makes objects of objects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/lane_config.hpp"

namespace onput::worker {

struct ObjectWorkerConfig {
    std::string storage_endpoint;
    LaneConfig lane;
    std::string work_directory = "/tmp";
    std::uint32_t memory_mb_max = 512;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("storage_endpoint", self.storage_endpoint, "ROUTER of the storage service.");
        LaneConfig::visit_options(self.lane, option);
        option("work_directory", self.work_directory,
               "Directory of temporary files: the input and the output of each job.");
        option("memory_mb_max", self.memory_mb_max, "Address space of one job, MiB.");
    }
    // What is wrong with it, in words. `memory_mb_min`: what the worker's libraries need.
    [[nodiscard]] std::vector<std::string> faults(std::uint32_t memory_mb_min) const;
};

}  // namespace onput::worker
