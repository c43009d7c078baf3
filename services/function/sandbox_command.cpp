#include <fmt/format.h>

#include "services/function/sandbox.hpp"

namespace onput::function {
namespace {

constexpr std::uint64_t shared_memory_bytes = 64ULL * 1024 * 1024;

void add(std::vector<std::string>& all, std::initializer_list<std::string_view> more) {
    for (const std::string_view argument : more) all.emplace_back(argument);
}

}  // namespace

std::vector<std::string> sandbox_command(const SandboxPlan& plan) {
    std::vector<std::string> all{"bwrap"};
    // Lambda's own user and group. No further user namespace, in which it would be root.
    add(all, {"--unshare-user", "--disable-userns", "--uid", "993", "--gid", "990"});
    add(all, {"--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
              "--hostname", "sandbox"});
    add(all, {"--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"});
    add(all, {"--seccomp", "3", "--args", "4"});
    add(all, {"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin",
              "/sbin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"});
    add(all, {"--proc", "/proc", "--dev", "/dev"});
    add(all, {"--size", fmt::format("{}", shared_memory_bytes), "--tmpfs", "/dev/shm",
              "--remount-ro", "/dev"});
    constexpr std::uint64_t mebibyte = 1024 * 1024;
    add(all, {"--perms", "1777", "--size", fmt::format("{}", plan.ephemeral_mb * mebibyte),
              "--tmpfs", "/tmp"});
    add(all, {"--dir", "/etc", "--dir", "/opt", "--ro-bind", plan.code_folder, "/var/task"});
    for (const auto& [here, there] : plan.readable) add(all, {"--ro-bind-try", here, there});
    add(all, {"--remount-ro", "/", "--chdir", "/var/task"});
    all.emplace_back("--");
    all.insert(all.end(), plan.program.begin(), plan.program.end());
    return all;
}

std::string sandbox_variables(const SandboxPlan& plan) {
    std::string all;
    for (const std::string& variable : plan.environment) {
        const std::size_t equals = variable.find('=');
        // A NUL would begin an argument of bubblewrap.
        const bool is_usable =
            equals != std::string::npos && variable.find('\0') == std::string::npos;
        if (!is_usable) continue;
        const std::string_view text = variable;
        for (const std::string_view part :
             {std::string_view("--setenv"), text.substr(0, equals), text.substr(equals + 1)}) {
            all += part;
            all += '\0';
        }
    }
    return all;
}

}  // namespace onput::function
