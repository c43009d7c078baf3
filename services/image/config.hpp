// Options of onput-image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/lane_config.hpp"

namespace onput::image {

struct Config {
    std::string storage_endpoint;
    worker::LaneConfig lane;
    std::string work_directory = "/tmp";
    std::uint32_t memory_mb_max = 1024;
    std::uint32_t output_mb_max = 1024;
    std::uint64_t watermark_bytes_max = 16ULL << 20;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("storage_endpoint", self.storage_endpoint, "ROUTER of the storage service.");
        worker::LaneConfig::visit_options(self.lane, option);
        option("work_directory", self.work_directory,
               "Directory of temporary files: a photo and its derivatives per job.");
        option("memory_mb_max", self.memory_mb_max, "Address space of one job, MiB.");
        option("output_mb_max", self.output_mb_max, "All derivatives of one job together, MiB.");
        option("watermark_bytes_max", self.watermark_bytes_max, "Largest watermark image, bytes.");
    }
    [[nodiscard]] std::vector<std::string> validate() const;
};

}  // namespace onput::image
