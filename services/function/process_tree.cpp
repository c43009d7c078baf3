#include "services/function/process_tree.hpp"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/worker/file_descriptor.hpp"

namespace onput::function {
namespace {

// The first bytes of a file of /proc; empty when the process is gone.
std::string read_start(const std::string& path) {
    constexpr std::size_t bytes_max = 16 * 1024;
    const worker::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(bytes_max, '\0');
    const ssize_t count = file.is_open() ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

// "RssAnon:      1234 kB"
std::uint64_t field_bytes(std::string_view status, std::string_view name) {
    const std::size_t at = status.find(name);
    if (at == std::string_view::npos) return 0;
    std::string_view rest = status.substr(at + name.size());
    rest = trimmed(rest.substr(0, rest.find("kB")));
    constexpr std::uint64_t kibibyte = 1024;
    return parse_number<std::uint64_t>(rest).value_or(0) * kibibyte;
}

void add_children(pid_t pid, std::vector<pid_t>& all, std::uint32_t processes_max) {
    // A child belongs to the thread that started it.
    std::error_code error;
    std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid), error);
    while (!error && tasks != std::filesystem::directory_iterator()) {
        const std::string text = read_start(tasks->path().string() + "/children");
        std::string_view rest = text;
        while (!rest.empty() && all.size() <= processes_max) {
            const std::size_t space = rest.find(' ');
            if (const auto child = parse_number<pid_t>(rest.substr(0, space)))
                all.push_back(*child);
            rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
        }
        tasks.increment(error);
    }
}

}  // namespace

TreeUse measure_tree(pid_t root, std::uint32_t processes_max) {
    TreeUse use;
    std::vector<pid_t> all{root};
    for (std::size_t i = 0; i < all.size() && i <= processes_max; ++i) {
        const pid_t pid = all[i];
        const std::string status = read_start(fmt::format("/proc/{}/status", pid));
        if (status.empty()) continue;
        ++use.processes;
        use.memory_bytes += field_bytes(status, "RssAnon:") + field_bytes(status, "RssShmem:");
        add_children(pid, all, processes_max);
    }
    return use;
}

}  // namespace onput::function
