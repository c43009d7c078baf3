// What a program in a sandbox may ask of the kernel, where it cannot be said what it needs: a
// user's handler starts threads and processes, and opens sockets. So this names what is refused.
#pragma once

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::worker {

// A seccomp filter as the kernel takes it, in a file in memory at its start: for bubblewrap's
// --seccomp. EPERM for calls that look into other processes, change mounts, namespaces, modules,
// keys, time or the machine, and for input that is put into a terminal; no sockets but local ones
// and those of IP.
Result<FileDescriptor> make_sandbox_filter();

}  // namespace onput::worker
