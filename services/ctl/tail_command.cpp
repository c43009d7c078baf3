#include "services/ctl/tail_command.hpp"

#include <array>
#include <csignal>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/store/file_io.hpp"

namespace onput::ctl {
namespace {

std::unexpected<Error> refuse(std::string text) {
    return fail(ErrorCode::unavailable, std::move(text));
}

// A file rather than a pipe: a command that does not read it blocks and kills nobody.
Result<store::FileDescriptor> file_with(const std::string& text) {
    store::FileDescriptor file(memfd_create("event", MFD_CLOEXEC));
    if (!file.is_open()) return refuse("make a file for the command: " + errno_text());
    ONPUT_TRY_VOID(store::write_at(file, "event", text, 0));
    return file;
}

// The parent's signals are blocked; the command has all of them.
struct Start {
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t files{};
    explicit Start(int input) {
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;
    ~Start() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
};

}  // namespace

Result<void> run_with_input(const std::string& command, const std::string& text) {
    ONPUT_TRY(const auto input, file_with(text));
    const Start start(input.get());
    std::string shell = "sh";
    std::string flag = "-c";
    std::string words = command;
    const std::array<char*, 4> arguments{shell.data(), flag.data(), words.data(), nullptr};
    pid_t child = 0;
    const int refused =
        posix_spawn(&child, "/bin/sh", &start.files, &start.attributes, arguments.data(), environ);
    if (refused != 0) return refuse("start sh: " + errno_text(refused));
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return refuse("wait for the command: " + errno_text());
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (WIFSIGNALED(status)) {
        return refuse(fmt::format("--exec ended by signal {}", WTERMSIG(status)));
    }
    return refuse(fmt::format("--exec ended with status {}", WEXITSTATUS(status)));
}

}  // namespace onput::ctl
