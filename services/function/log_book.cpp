#include "services/function/log_book.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/schema/invoke.hpp"
#include "common/worker/file_descriptor.hpp"
#include "services/function/limits.hpp"

namespace onput::function {

std::string LogTail::take(std::string_view bytes) {
    const std::size_t room = log_bytes_per_invocation_max - taken_;
    std::string text(bytes.substr(0, room));
    std::ranges::replace(text, '\r', '\n');
    taken_ += text.size();
    if (text.size() < bytes.size() && !std::exchange(is_cut_off_, true)) {
        text += fmt::format("\n[onput] the log of one invocation is cut off at {} bytes\n",
                            log_bytes_per_invocation_max);
    }
    add(text);
    return text;
}

void LogTail::add(std::string_view line) {
    kept_ += line;
    constexpr std::size_t kept_bytes_max = 4 * schema::log_tail_bytes_max;
    if (kept_.size() > kept_bytes_max) kept_.erase(0, kept_.size() - schema::log_tail_bytes_max);
}

std::string LogTail::last() const {
    if (kept_.size() <= schema::log_tail_bytes_max) return kept_;
    return kept_.substr(kept_.size() - schema::log_tail_bytes_max);
}

std::string LogBook::path_of(const schema::FunctionInfo& function) const {
    return fmt::format("{}/{}.{}.log", directory_, function.account, function.name);
}

void LogBook::write(const schema::FunctionInfo& function, std::string_view lines) const {
    if (directory_.empty() || lines.empty()) return;
    const std::string path = path_of(function);
    const worker::FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return;
    struct stat status{};
    const bool is_full = ::fstat(file.get(), &status) == 0 &&
                         static_cast<std::size_t>(status.st_size) >= log_file_bytes_max;
    // Another worker may do the same at the same moment: the lines of one file are lost then.
    if (is_full) static_cast<void>(std::rename(path.c_str(), (path + ".1").c_str()));
    // A disk that is full costs lines.
    [[maybe_unused]] const auto written = ::write(file.get(), lines.data(), lines.size());
}

}  // namespace onput::function
