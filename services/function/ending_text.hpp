// How an invocation reads at its end, in Lambda's words: the payload that its caller gets, and the
// lines of its log. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "services/function/environments.hpp"

namespace onput::function {

// The invocation that ended.
struct Ended {
    std::string_view request_id;
    const Ending& ending;
    Duration timeout{};
    std::uint32_t memory_mb = 0;
    std::uint64_t memory_bytes = 0;  // The most that was seen.
};

// True when the caller is told of a function error.
bool is_function_error(Ending::Kind kind);

// What the caller gets.
std::string ending_payload(const Ended& ended);

// "Sandbox.Timedout", "Runtime.ExitError"; of a failure that the handler describes, its errorType;
// empty for an answer.
std::string error_type(const Ended& ended);
// In a sentence, for a job's end: "ValueError: no such colour".
std::string error_sentence(const Ended& ended);

// Each with the end of its line.
std::string start_line(std::string_view request_id, std::string_view version);
// What comes behind the handler's own lines: why it ended, END, REPORT.
std::string end_lines(const Ended& ended, Timestamp now);

// "exit status 3", "signal: killed", by what wait() tells of a sandbox: it exits with 128 and the
// signal's number. Empty for a good end.
std::string describe_exit(int wait_status);

}  // namespace onput::function
