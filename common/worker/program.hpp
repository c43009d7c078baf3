// Programs of the operator's that a job has run: text in, bytes out.
//
//     job's child             program host (one per child)       program
//     run_program() ──ask──>  find_program(request)
//                             limits, confinement        fork──> command, stdin, stdout
//                   <─answer─ waits, kills what is left  <─────
//
// The child itself starts nothing, as without programs. It asks the host, a process that the zygote
// forks beside it, before either is confined: the host alone decides which command a request
// stands for, so a child that has been taken over can have the programs run that are known, and
// nothing else. Host and program end with the child.
//
// A program has no network, no capability and an almost empty environment (PATH, LANG, HOME). It
// reads and executes what is installed for all (/usr, /lib, /etc/ld.so.cache) and what the Program
// names, and opens no file for writing but its standard output, standard error and /dev/null
// (Landlock; a kernel without it runs no program). It cannot signal other processes, change
// modes or owners of files, or leave its process group, which is killed when it has ended (seccomp
// refuses the calls for it).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::worker {

inline constexpr std::size_t program_request_bytes_max = 4096;
inline constexpr std::size_t program_words_bytes_max = 1024;  // Of stderr, kept for an error.

// Whether a program may start others: a script does.
enum class OtherProcesses : std::uint8_t { none, allowed };

struct Program {
    std::string name;                        // In errors.
    std::vector<std::string> command;        // The file, by its whole path, and its arguments.
    std::vector<std::string> readable = {};  // Files and folders of its own; executable too.
    OtherProcesses others = OtherProcesses::none;
    std::uint64_t memory_bytes = 512ULL << 20;  // Address space; not enforced under sanitizers.
    std::uint64_t output_bytes = 64ULL << 20;   // Of standard output, and of standard error.
    Duration time = std::chrono::minutes(2);    // Of the clock; also of the processor.
};

// The command that a request of a job stands for; the request is hostile. Runs in the host.
using FindProgram = std::function<Result<Program>(std::string_view request)>;

// In a job's child whose zygote has programs (JobZygoteOptions::find_program): runs one with
// `input` as its standard input, a file that can be opened again as /dev/stdin, and waits for its
// end. Returns the descriptor of what it wrote to standard output, at its start; the next call
// overwrites that. Fails with find_program's error, or, all with the end of its stderr:
//   program_missing (internal): it cannot be started
//   program_failed (internal): it ended with another status than 0, or by a signal
//   program_timeout (timeout), program_output (resource_exhausted): it reached a limit
//   program_refused (internal): it cannot be confined here, or no programs are configured.
Result<int> run_program(std::string_view request, std::string_view input);

}  // namespace onput::worker
