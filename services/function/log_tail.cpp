#include "services/function/log_tail.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/invoke.hpp"
#include "services/function/limits.hpp"

namespace onput::function {

std::string LogTail::take(std::string_view bytes) {
    const std::size_t room = log_bytes_per_invocation_max - taken_;
    std::string text(bytes.substr(0, room));
    taken_ += text.size();
    if (text.size() < bytes.size() && !std::exchange(is_cut_off_, true)) {
        text += fmt::format("\n[onput] the log of one invocation is cut off at {} bytes\n",
                            log_bytes_per_invocation_max);
    }
    std::string lines = text;
    std::ranges::replace(lines, '\r', '\n');
    add(lines);
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

}  // namespace onput::function
