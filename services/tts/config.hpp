// Options of onput-tts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/speech/voice_folder.hpp"
#include "common/worker/worker_config.hpp"

namespace onput::tts {

struct Config : worker::ObjectWorkerConfig {
    // Above what the slowest engine takes; each has a limit of its own below it (memory.hpp).
    Config() { memory_mb_max = 1536; }

    std::uint64_t text_bytes_max = 256ULL * 1024 * 1024;
    // Above what README.md measures on one core (50 kB of English in 5.3 s), so that a text that
    // could be spoken in time is not refused; the time limit ends the others.
    std::uint32_t characters_per_second = 10'000;
    // In the units of spoken_length (book/split.hpp): some 3 s of a core.
    std::uint64_t part_length = 32 * 1024;
    // Of natural voices (onnx/): a folder for each pack.
    std::string voices_dir = speech::default_voices_folder();
    // Of the operator's own programs that speak (program/speech_programs.hpp); empty: none.
    std::string speech_programs = {};

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        ObjectWorkerConfig::visit_options(self, option);
        option("text_bytes_max", self.text_bytes_max, "Largest text, bytes.");
        option("characters_per_second", self.characters_per_second,
               "What a core speaks; a longer text than fits its time limit is refused.");
        option("part_length", self.part_length,
               "About how many characters one worker speaks of a text that several share.");
        option("voices_dir", self.voices_dir,
               "Folder of natural voices (onput voices install); \"none\": there are none.");
        option("speech_programs", self.speech_programs,
               "File (JSON) of programs that speak, and of their voices; empty: there are none.");
    }
    [[nodiscard]] std::vector<std::string> validate() const {
        auto all = faults(memory_mb_min);
        if (characters_per_second == 0) all.emplace_back("characters_per_second is 0");
        if (part_length == 0) all.emplace_back("part_length is 0");
        return all;
    }

    static constexpr std::uint32_t memory_mb_min = 64;
};

}  // namespace onput::tts
