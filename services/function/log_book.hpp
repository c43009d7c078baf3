// Log lines of functions: the last ones of an invocation for its caller, and files, one for each
// function, which are cut off at log_file_bytes_max and kept once.
//
// A write that fails costs log lines, never an invocation. On the loop's thread: the files are
// local.
#pragma once

#include <string>
#include <string_view>

#include "common/schema/function.hpp"

namespace onput::function {

// What one invocation, or the start of an environment, wrote so far.
class LogTail {
public:
    // Takes lines of the handler within log_bytes_per_invocation_max: the part that is kept, which
    // ends with a remark when the limit is reached. Its runtime joins the lines of one record by
    // "\r"; they become lines.
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

class LogBook {
public:
    // Empty: no files.
    explicit LogBook(std::string directory) : directory_(std::move(directory)) {}

    void write(const schema::FunctionInfo& function, std::string_view lines) const;

    // "<directory>/<account>.<name>.log"
    [[nodiscard]] std::string path_of(const schema::FunctionInfo& function) const;

private:
    std::string directory_;
};

}  // namespace onput::function
