// Programs that speak: an operator's own, each with the voices that it has, from one file of JSON.
//
//     {"programs": [{
//         "name": "flite",
//         "command": ["/usr/bin/flite", "-voice", "{voice}", "-f", "/dev/stdin",
//                     "-o", "/dev/stdout"],
//         "voices": [{"id": "slt", "language": "en-US", "gender": "Female"}]}]}
//
// Of a program: `name`, `command` and `voices`; optional are `engine` ("standard" or "neural", as
// clients see its voices), `readable` (files and folders of its own), `processes` (true: it may
// start others), `memory_mb` (512) and `seconds` of one run (120). Of a voice: `id` and
// `language`; optional are `voice` (what the program calls it, else the id), `name`, `gender`
// ("Female" or "Male") and `default` (true: it speaks texts in its language for which no voice is
// named). Members that are not known are refused.
//
// In words of the command stand {voice}, {language}, {rate} (words a minute, 175 is usual), {speed}
// (1 is usual), {stretch} (1 / speed) and {pitch} (0 to 100, 50 is usual). No text of a client's
// gets into the command.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/worker/program.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::size_t speech_programs_bytes_max = 256 * 1024;
inline constexpr std::size_t speech_programs_max = 16;
inline constexpr std::size_t program_voices_max = 64;                  // Of one program.
inline constexpr std::size_t program_words_max = 64;                   // Of a command.
inline constexpr std::uint64_t program_sound_bytes_max = 64ULL << 20;  // Of one run.

struct ProgramVoice {
    std::string id;
    std::string voice;
    std::string language;
    std::string name;
    std::string gender;
    bool is_default = false;
};

struct SpeechProgram {
    std::string name;
    std::vector<std::string> command;
    std::vector<ProgramVoice> voices;
    std::string engine;
    std::vector<std::string> readable;
    worker::OtherProcesses others = worker::OtherProcesses::none;
    std::uint32_t memory_mb = 512;
    std::chrono::seconds time{120};
};

// How a text is to be spoken, in the engine's numbers.
struct ProgramSettings {
    std::int32_t rate_wpm = 175;
    std::int32_t pitch = 50;
};

// Pure. Fails with invalid_argument; the message names the member that is wrong.
Result<std::vector<SpeechProgram>> parse_speech_programs(std::string_view json);

// The command with its placeholders filled. Pure.
std::vector<std::string> command_of(const SpeechProgram& program, const ProgramVoice& voice,
                                    const ProgramSettings& settings);

// Once, in the zygote, before any job: reads the file; empty: there are none. Fails when it is
// wrong, when a program is not there, or when a voice's id is one of the engine's, or Polly's.
// Nothing is loaded then.
Result<void> load_speech_programs(const std::string& file);

struct LoadedVoice {
    const SpeechProgram* program = nullptr;
    const ProgramVoice* voice = nullptr;
};
const std::vector<LoadedVoice>& program_voices();
// Null: none is called so; capital letters do not matter.
const LoadedVoice* find_program_voice(std::string_view id);
bool is_of_program(const Voice& voice);

// What a child asks its host for, and the host's answer (worker::FindProgram).
std::string program_request(std::string_view voice_id, const ProgramSettings& settings);
Result<worker::Program> find_speech_program(std::string_view request);

}  // namespace onput::tts
