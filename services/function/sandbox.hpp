// Sandbox: one child runtime and all that it starts, in namespaces of its own.
//
//     full   bubblewrap: its own user, processes, mounts, host name and network. It sees /usr,
//            its code at /var/task and the folders that the worker names, all read-only; it
//            writes to a /tmp of bounded size. Its network is a loopback with two listeners, which
//            this process accepts on: 127.0.0.1:9001 the Runtime API, :9002 the AWS endpoint.
//            Nothing else can be reached. A filter of system calls, no capabilities, no new
//            privileges.
//     weak   no namespaces: the worker's user, files and network, with the limits alone. For
//            machines that forbid namespaces, and for code that is trusted like the worker.
//
// In both: limits of open files, of private memory (a backstop: the worker watches what is really
// used), no core files, and in `full` of processes. All of it dies with the worker's thread that
// started it. Owned and called by that thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::function {

enum class Isolation : std::uint8_t { full, weak };

inline constexpr std::uint16_t api_port = 9001;
inline constexpr std::uint16_t endpoint_port = 9002;

// A file or folder of this machine, and where the sandbox has it. What is not there is left out.
struct ReadableFolder {
    std::string here;
    std::string there;
};

struct SandboxPlan {
    std::vector<std::string> program;      // As the sandbox sees it.
    std::vector<std::string> environment;  // "NAME=value", all of it.
    std::string code_folder;               // Becomes /var/task, and the working directory.
    std::vector<ReadableFolder> readable;
    std::uint32_t memory_mb = 128;
    std::uint32_t ephemeral_mb = 512;  // Of /tmp.
};

// The command line of bubblewrap. Its descriptor 3 is the filter of system calls, 4 what comes
// next.
std::vector<std::string> sandbox_command(const SandboxPlan& plan);
// The variables as arguments of bubblewrap, each behind a NUL: a command line can be read by
// everybody, and there are keys among them.
std::string sandbox_variables(const SandboxPlan& plan);

// What the child sees of the two listeners, "127.0.0.1:9001".
struct ListenerAddresses {
    std::string api;
    std::string endpoint;
};

// Where both listeners are before the sandbox starts: in `full` a promise, in `weak` sockets of
// this machine.
struct Listeners {
    worker::FileDescriptor api;
    worker::FileDescriptor endpoint;
    ListenerAddresses addresses;
};
Result<Listeners> open_listeners(Isolation isolation);

class Sandbox {
public:
    // Fails with `unavailable`, and what the machine refused.
    static Result<Sandbox> start(const SandboxPlan& plan, Isolation isolation, Listeners listeners,
                                 const worker::FileDescriptor& filter);
    Sandbox(Sandbox&& other) noexcept;
    Sandbox& operator=(Sandbox&&) = delete;
    // Kills what still runs, and waits for it.
    ~Sandbox();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Non-blocking. Listeners of the sandbox's own network.
    [[nodiscard]] int api_fd() const { return listeners_.api.get(); }
    [[nodiscard]] int endpoint_fd() const { return listeners_.endpoint.get(); }
    // What it writes to stdout and stderr.
    [[nodiscard]] int log_fd() const { return log_.get(); }
    // Readable when it has ended.
    [[nodiscard]] int end_fd() const { return end_.get(); }

    void kill() const;
    // What wait() tells; nothing while it runs.
    std::optional<int> take_end();

private:
    Sandbox() = default;

    pid_t pid_ = 0;  // 0: ended, and waited for.
    Isolation isolation_ = Isolation::full;
    Listeners listeners_;
    worker::FileDescriptor log_;
    worker::FileDescriptor end_;
};

}  // namespace onput::function
