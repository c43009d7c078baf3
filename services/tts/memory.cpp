#include "services/tts/memory.hpp"

#include <fstream>
#include <unistd.h>

#include "common/worker/job_process.hpp"
#include "services/tts/onnx/natural_voice.hpp"

namespace onput::tts {
namespace {

// Noted once, before any job; 0: not known.
std::uint64_t& loaded_bytes() {
    static std::uint64_t bytes = 0;
    return bytes;
}

}  // namespace

std::uint64_t memory_bytes_of(const Voice& voice) {
    if (find_kokoro_voice(voice.name) != nullptr) return kokoro_memory_bytes;
    return is_natural(voice) ? natural_memory_bytes : espeak_memory_bytes;
}

void note_loaded_memory() {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    loaded_bytes() = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Result<void> limit_memory(const Voice& voice) {
    if (loaded_bytes() == 0) return {};
    return worker::lower_memory_limit(loaded_bytes() + memory_bytes_of(voice));
}

}  // namespace onput::tts
