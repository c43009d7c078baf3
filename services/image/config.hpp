// Options of onput-image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/worker_config.hpp"

namespace onput::image {

struct Config : worker::ObjectWorkerConfig {
    Config() { memory_mb_max = 1024; }

    std::uint32_t output_mb_max = 1024;
    std::uint64_t watermark_bytes_max = 16ULL << 20;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        ObjectWorkerConfig::visit_options(self, option);
        option("output_mb_max", self.output_mb_max, "All derivatives of one job together, MiB.");
        option("watermark_bytes_max", self.watermark_bytes_max, "Largest watermark image, bytes.");
    }
    [[nodiscard]] std::vector<std::string> validate() const;

    static constexpr std::uint32_t memory_mb_min = 256;
};

}  // namespace onput::image
