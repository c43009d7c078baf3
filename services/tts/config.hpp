// Options of onput-tts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/lane_config.hpp"

namespace onput::tts {

struct Config {
    std::string storage_endpoint;
    worker::LaneConfig lane;
    std::string work_directory = "/tmp";
    std::uint32_t memory_mb_max = 512;
    std::uint64_t text_bytes_max = 256ULL * 1024 * 1024;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("storage_endpoint", self.storage_endpoint, "ROUTER of the storage service.");
        worker::LaneConfig::visit_options(self.lane, option);
        option("work_directory", self.work_directory,
               "Directory of temporary files: a text and its MP3 per job.");
        option("memory_mb_max", self.memory_mb_max, "Address space of one job, MiB.");
        option("text_bytes_max", self.text_bytes_max, "Largest text, bytes.");
    }
    [[nodiscard]] std::vector<std::string> validate() const;
};

}  // namespace onput::tts
