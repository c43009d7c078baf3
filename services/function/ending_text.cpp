#include "services/function/ending_text.hpp"

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <utility>

#include <fmt/format.h>

#include "common/base/json_string.hpp"
#include "common/json/reader.hpp"
#include "services/function/limits.hpp"

namespace onput::function {
namespace {

constexpr std::size_t sentence_bytes_max = 1024;

double milliseconds(Duration time) {
    return static_cast<double>(time.count()) / 1000;
}

std::int64_t billed_ms(Duration time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

double seconds(Duration time) {
    return milliseconds(time) / 1000;
}

struct Description {
    std::string type;
    std::string message;
};

Description describe(const Ended& ended) {
    const auto of_request = [&](std::string_view what) {
        return fmt::format("RequestId: {} Error: {}", ended.request_id, what);
    };
    switch (ended.ending.kind) {
        case Ending::Kind::timed_out:
            return {"Sandbox.Timedout",
                    of_request(fmt::format("Task timed out after {:.2f} seconds",
                                           seconds(ended.timeout)))};
        case Ending::Kind::exited:
            if (ended.ending.how.empty())
                return {"Runtime.ExitError",
                        of_request("Runtime exited without providing a reason")};
            return {"Runtime.ExitError",
                    of_request("Runtime exited with error: " + ended.ending.how)};
        case Ending::Kind::out_of_memory:
            return {"Runtime.OutOfMemory", of_request("Runtime exited with error: signal: killed")};
        case Ending::Kind::answer_too_big:
            return {"Function.ResponseSizeTooLarge",
                    fmt::format("Response payload size exceeded maximum allowed payload size "
                                "({} bytes).",
                                answer_bytes_max)};
        case Ending::Kind::not_started: return {"Sandbox.NotStarted", of_request(ended.ending.how)};
        case Ending::Kind::cancelled:
            return {"Sandbox.Cancelled", of_request("the caller left before it began")};
        case Ending::Kind::answered:
        case Ending::Kind::failed:
        case Ending::Kind::init_failed: break;
    }
    return {};
}

bool is_described_by_handler(Ending::Kind kind) {
    return kind == Ending::Kind::failed || kind == Ending::Kind::init_failed;
}

// Of what the runtime posted: it is the handler's text, and may be anything.
Description describe_failure(std::string_view payload) {
    const auto document = json::read(payload);
    if (!document) return {};
    return {document->text_of("errorType"), document->text_of("errorMessage")};
}

}  // namespace

bool is_function_error(Ending::Kind kind) {
    return kind != Ending::Kind::answered;
}

std::string ending_payload(const Ended& ended) {
    const Ending::Kind kind = ended.ending.kind;
    if (kind == Ending::Kind::answered || is_described_by_handler(kind))
        return ended.ending.payload;
    const auto [type, message] = describe(ended);
    std::string text = R"({"errorType":)";
    append_json_string(text, type);
    text += R"(,"errorMessage":)";
    append_json_string(text, message);
    return text + "}";
}

std::string error_type(const Ended& ended) {
    if (is_described_by_handler(ended.ending.kind))
        return describe_failure(ended.ending.payload).type;
    return describe(ended).type;
}

std::string error_sentence(const Ended& ended) {
    const auto [type, message] = is_described_by_handler(ended.ending.kind)
                                     ? describe_failure(ended.ending.payload)
                                     : describe(ended);
    std::string text = type.empty() ? message : fmt::format("{}: {}", type, message);
    if (text.empty()) text = "the handler failed and did not say how";
    if (text.size() > sentence_bytes_max) text.resize(sentence_bytes_max);
    return text;
}

std::string start_line(std::string_view request_id, std::string_view version) {
    return fmt::format("START RequestId: {} Version: {}\n", request_id, version);
}

std::string end_lines(const Ended& ended, Timestamp now) {
    const Ending& ending = ended.ending;
    std::string text;
    if (ending.kind == Ending::Kind::timed_out) {
        text += fmt::format("{} {} Task timed out after {:.2f} seconds\n",
                            format_iso8601_millis(now), ended.request_id, seconds(ended.timeout));
    }
    constexpr double mebibyte = 1024.0 * 1024;
    text += fmt::format(
        "END RequestId: {0}\nREPORT RequestId: {0}\tDuration: {1:.2f} ms\tBilled Duration: {2} ms\t"
        "Memory Size: {3} MB\tMax Memory Used: {4:.0f} MB\t",
        ended.request_id, milliseconds(ending.duration), billed_ms(ending.duration),
        ended.memory_mb, static_cast<double>(ended.memory_bytes) / mebibyte);
    if (ending.init_duration > Duration::zero())
        text += fmt::format("Init Duration: {:.2f} ms\t", milliseconds(ending.init_duration));
    if (ending.kind == Ending::Kind::timed_out) text += "Status: timeout\t";
    const bool has_died =
        ending.kind == Ending::Kind::exited || ending.kind == Ending::Kind::out_of_memory;
    if (has_died) text += fmt::format("Status: error\tError Type: {}\t", error_type(ended));
    text += "\n";
    if (has_died) {
        const auto [type, message] = describe(ended);
        text += fmt::format("{}\n{}\n", message, type);
    }
    return text;
}

std::string describe_exit(int wait_status) {
    constexpr int signals_from = 128;
    constexpr std::array<std::pair<int, std::string_view>, 4> dumping{
        {{SIGSEGV, "segmentation fault (core dumped)"},
         {SIGABRT, "aborted (core dumped)"},
         {SIGBUS, "bus error (core dumped)"},
         {SIGILL, "illegal instruction (core dumped)"}}};
    const int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)  // NOLINT
                                              : signals_from + WTERMSIG(wait_status);
    if (status == 0) return {};
    for (const auto& [signal, name] : dumping) {
        if (status == signals_from + signal) return fmt::format("signal: {}", name);
    }
    return fmt::format("exit status {}", status);
}

}  // namespace onput::function
