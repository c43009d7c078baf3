// Options of onput-tts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/worker/worker_config.hpp"

namespace onput::tts {

struct Config : worker::ObjectWorkerConfig {
    std::uint64_t text_bytes_max = 256ULL * 1024 * 1024;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        ObjectWorkerConfig::visit_options(self, option);
        option("text_bytes_max", self.text_bytes_max, "Largest text, bytes.");
    }
    [[nodiscard]] std::vector<std::string> validate() const { return faults(memory_mb_min); }

    static constexpr std::uint32_t memory_mb_min = 64;
};

}  // namespace onput::tts
