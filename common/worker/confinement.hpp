// What keeps a job's child from everything but its two files: what it can open (Landlock), what it
// may do as its user (capabilities), and what it was told (environment); and what it can ask of the
// kernel (computing_filter.hpp). Each part holds without the others. Internal to job_process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::worker {

// Files and folders, by their whole paths; what is not there is skipped.
struct FileAllowance {
    std::span<const std::string> readable = {};
    std::span<const std::string> executable = {};  // Readable too.
    std::span<const std::string> writable = {};    // Devices; readable too.
};

// A Landlock ruleset: what is beneath `allowance` is allowed, and every other access to files, TCP
// ports and abstract sockets that this kernel can refuse is refused. Nothing when the kernel has no
// Landlock: files are then guarded by their modes alone.
Result<std::optional<FileDescriptor>> make_file_ruleset(const FileAllowance& allowance);

// For this process and its threads, for ever: forbid_new_privileges() has been called.
Result<void> restrict_files(const FileDescriptor& ruleset);

// No exec gives more than this process has. Needed by restrict_files() and filters of calls.
Result<void> forbid_new_privileges();

// Gives up all capabilities, root's too. Whose files they are still counts.
Result<void> drop_capabilities();

// Empties the environment, and overwrites its texts in memory, where /proc shows them too.
void erase_environment();

}  // namespace onput::worker
