// How much memory the child of a job may use, by the engine that speaks: as much as the worker has
// loaded, and what speaking with the engine takes at most. The worker's memory_mb_max is above
// all.
#pragma once

#include <cstdint>

#include "common/base/result.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// Texts, encoders and all included: a call of 1 MiB of text takes the most. A program has a limit
// of its own (program/speech_programs.hpp) beside its child's, which is espeak-ng's.
inline constexpr std::uint64_t espeak_memory_bytes = 128ULL << 20;
// The net's tensors of the longest sentence in addition.
inline constexpr std::uint64_t natural_memory_bytes = 256ULL << 20;
// A line of kokoro_tokens_max sounds takes some 450 MiB.
inline constexpr std::uint64_t kokoro_memory_bytes = 768ULL << 20;

// Beyond what has been loaded. Pure.
std::uint64_t memory_bytes_of(const Voice& voice);

// In the zygote, when all engines are loaded: notes their address space. Without /proc nothing is
// noted, and memory_mb_max is the only limit.
void note_loaded_memory();

// In a child, when the voice is known.
Result<void> limit_memory(const Voice& voice);

}  // namespace onput::tts
