// A child process: started with a clean slate, its end seen as a readable file descriptor.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"

namespace onput::runtime {

struct ChildCommand {
    std::vector<std::string> arguments;    // [0] is the binary's path.
    std::vector<std::string> environment;  // "NAME=value", added to ours.
    std::vector<std::string> withheld;     // Names of ours that it does not get.
    std::string log_file;                  // Empty: stdout and stderr are ours.
};

// Not copyable; its destructor kills the process when it still runs, and waits for it.
//
// The child has no signal blocked, no file descriptor of ours but 0 (empty), 1 and 2, a process
// group of its own (a terminal's Ctrl-C reaches only us, who end it in order), and is killed by the
// kernel when the thread that started it ends: start it from a thread that lives as long as the
// process, the loop's.
class Child {
public:
    // Fails when the program cannot be run: "start /bin/x: no such file or directory".
    static Result<Child> start(const ChildCommand& command);
    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Readable when the process has ended.
    [[nodiscard]] int end_fd() const { return end_fd_; }
    void signal(int number) const;

    // How it ended: "exit status 1", "signal 9 (Killed)". Nothing while it runs.
    std::optional<std::string> take_end();

private:
    Child(pid_t pid, int end_fd) : pid_(pid), end_fd_(end_fd) {}

    pid_t pid_;  // 0: ended, and waited for.
    int end_fd_;
};

}  // namespace onput::runtime
