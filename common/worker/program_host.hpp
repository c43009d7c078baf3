// The process beside a job's child that runs programs for it, and what the two share. Internal to
// job_process.
//
//     child -> host   [request]                                          SEQPACKET
//     host  -> child  [JobVerdict][reason][text]                         SEQPACKET
//
// Text and sound lie in two files in memory, which both have open.
#pragma once

#include <optional>
#include <sys/types.h>

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/program.hpp"

namespace onput::worker {

// Where the child finds its ends: behind those of job_child.cpp.
inline constexpr int program_socket_at = 6;
inline constexpr int program_input_at = 7;
inline constexpr int program_output_at = 8;

struct ProgramLink {
    FileDescriptor socket;  // The child's end.
    FileDescriptor input;
    FileDescriptor output;
};

struct ProgramHost {
    pid_t pid = 0;  // To be reaped: it ends when the child's end of the socket is closed.
    ProgramLink link;
};

// Forks the host. The caller is single-threaded and closes `link` when the child has it.
Result<ProgramHost> start_program_host(const FindProgram& find);

}  // namespace onput::worker
