#include "services/function/ending_text.hpp"

#include <gtest/gtest.h>

namespace onput::function {
namespace {

using namespace std::chrono_literals;

struct Texts {
    std::string payload;
    std::string type;
    std::string sentence;
    std::string lines;
};

Texts texts_of(const Ending& ending) {
    const Ended ended{.request_id = "r-1",
                      .ending = ending,
                      .timeout = 3s,
                      .memory_mb = 128,
                      .memory_bytes = 54ULL << 20};
    return {.payload = ending_payload(ended),
            .type = error_type(ended),
            .sentence = error_sentence(ended),
            .lines = end_lines(ended, from_seconds(1'782'223'702))};
}

TEST(EndingText, an_answer_is_the_handlers) {
    const auto texts =
        texts_of({.payload = "42", .duration = 38'661us, .init_duration = 203'690us});
    EXPECT_EQ(texts.payload, "42");
    EXPECT_EQ(texts.lines,
              "END RequestId: r-1\nREPORT RequestId: r-1\tDuration: 38.66 ms\tBilled Duration: 39 "
              "ms\tMemory Size: 128 MB\tMax Memory Used: 54 MB\tInit Duration: 203.69 ms\t\n");
}

TEST(EndingText, a_failure_is_what_the_handler_says) {
    const std::string said = R"({"errorMessage":"no","errorType":"ValueError","stackTrace":[]})";
    const auto texts = texts_of({.kind = Ending::Kind::failed, .payload = said});
    EXPECT_EQ(texts.payload, said);
    EXPECT_EQ(texts.type, "ValueError");
    EXPECT_EQ(texts.sentence, "ValueError: no");
}

TEST(EndingText, a_failure_may_say_anything) {
    const auto texts = texts_of({.kind = Ending::Kind::failed, .payload = "\xff no JSON"});
    EXPECT_EQ(texts.sentence, "the handler failed and did not say how");
}

TEST(EndingText, a_time_out_is_told_as_on_lambda) {
    const auto texts = texts_of({.kind = Ending::Kind::timed_out, .duration = 3s});
    EXPECT_EQ(texts.payload,
              R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r-1 Error: Task )"
              R"(timed out after 3.00 seconds"})");
    EXPECT_TRUE(texts.lines.starts_with(
        "2026-06-23T14:08:22.000Z r-1 Task timed out after 3.00 seconds\nEND RequestId: r-1\n"))
        << texts.lines;
    EXPECT_NE(texts.lines.find("\tStatus: timeout\t\n"), std::string::npos);
}

TEST(EndingText, a_process_that_ended_says_how) {
    EXPECT_EQ(texts_of({.kind = Ending::Kind::exited, .how = "exit status 3"}).payload,
              R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: r-1 Error: Runtime )"
              R"(exited with error: exit status 3"})");
    const auto quiet = texts_of({.kind = Ending::Kind::exited});
    EXPECT_NE(quiet.payload.find("Runtime exited without providing a reason"), std::string::npos);
    EXPECT_TRUE(
        quiet.lines.ends_with("RequestId: r-1 Error: Runtime exited without providing a "
                              "reason\nRuntime.ExitError\n"))
        << quiet.lines;
}

TEST(EndingText, too_much_memory_has_a_type_of_its_own) {
    EXPECT_EQ(texts_of({.kind = Ending::Kind::out_of_memory}).payload,
              R"({"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: r-1 Error: )"
              R"(Runtime exited with error: signal: killed"})");
}

TEST(EndingText, an_exit_is_described_by_status_and_signal) {
    const auto exited = [](int status) { return describe_exit(status << 8); };
    EXPECT_EQ(exited(0), "");
    EXPECT_EQ(exited(3), "exit status 3");
    EXPECT_EQ(exited(137), "exit status 137");
    EXPECT_EQ(exited(139), "signal: segmentation fault (core dumped)");
    EXPECT_EQ(describe_exit(9), "exit status 137");  // Killed itself.
}

TEST(EndingText, a_start_names_the_version) {
    EXPECT_EQ(start_line("r", "$LATEST"), "START RequestId: r Version: $LATEST\n");
}

}  // namespace
}  // namespace onput::function
