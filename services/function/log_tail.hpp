// LogTail: the last lines of one invocation, for its caller. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput::function {

// What one invocation, or the start of an environment, wrote so far.
class LogTail {
public:
    // Takes what the handler wrote, within log_bytes_per_invocation_max: the part that is kept, as
    // it came, which ends with a remark when the limit is reached. A runtime joins the lines of one
    // record by "\r"; for the caller they become lines.
    std::string take(std::string_view bytes);
    // A line of our own, which is always kept.
    void add(std::string_view line);

    // At most log_tail_bytes_max, from the start of a line if possible.
    [[nodiscard]] std::string last() const;

private:
    std::string kept_;
    std::size_t taken_ = 0;
    bool is_cut_off_ = false;
};

}  // namespace onput::function
