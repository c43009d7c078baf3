// What a program in a sandbox may ask of the kernel, where it cannot be said what it needs: a
// user's handler starts threads and processes, and opens sockets. So this names what is refused.
#pragma once

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/program.hpp"

namespace onput::worker {

// A seccomp filter as the kernel takes it, in a file in memory at its start: for bubblewrap's
// --seccomp. EPERM for calls that look into other processes, change mounts, namespaces, modules,
// keys, time or the machine, and for input that is put into a terminal; no sockets but local ones
// and those of IP.
Result<FileDescriptor> make_sandbox_filter();

// For this process, which is about to become a program of the operator's (program.hpp), and for all
// that it starts: refuses the same calls; sockets of any kind; leaving the process group and
// signalling other processes; modes, owners and times of files; files in memory and shared memory,
// which would outlive a limit; and, where `others` says so, starting a process.
// forbid_new_privileges() has been called.
Result<void> refuse_leaving(OtherProcesses others);

}  // namespace onput::worker
