#include "services/function/runtime_api.hpp"

#include <gtest/gtest.h>

namespace onput::function {
namespace {

TEST(RuntimeApi, its_calls_are_known) {
    using enum ApiCall::Kind;
    EXPECT_EQ(read_api_call("GET", "/2018-06-01/runtime/invocation/next").kind, next);
    EXPECT_EQ(read_api_call("POST", "/2018-06-01/runtime/init/error").kind, init_error);
    const auto call = read_api_call("POST", "/2018-06-01/runtime/invocation/id-1/response");
    EXPECT_EQ(call.kind, response);
    EXPECT_EQ(call.request_id, "id-1");
    EXPECT_EQ(read_api_call("POST", "/2018-06-01/runtime/invocation/id-1/error").kind, error);
}

TEST(RuntimeApi, other_calls_are_not) {
    using enum ApiCall::Kind;
    for (const char* target :
         {"/", "/2018-06-01/runtime/invocation/x/other", "/2018-06-01/runtime/invocation/next",
          "/2015/runtime/init/error", "/2018-06-01/runtime/invocation/", ""})
        EXPECT_EQ(read_api_call("POST", target).kind, unknown) << target;
    EXPECT_EQ(read_api_call("GET", "/2018-06-01/runtime/init/error").kind, unknown);
}

TEST(RuntimeApi, an_event_has_its_headers) {
    const std::string text = answer_next({.request_id = "r",
                                          .function_arn = "arn",
                                          .deadline = from_micros(1'700'000'000'123'456),
                                          .trace_header = "Root=1",
                                          .client_context = R"({"a":1})",
                                          .payload = "[1]"});
    for (const char* line :
         {"HTTP/1.1 200 OK\r\n", "Content-Type: application/json\r\n",
          "Lambda-Runtime-Aws-Request-Id: r\r\n", "Lambda-Runtime-Deadline-Ms: 1700000000123\r\n",
          "Lambda-Runtime-Invoked-Function-Arn: arn\r\n", "Lambda-Runtime-Trace-Id: Root=1\r\n",
          "Lambda-Runtime-Client-Context: {\"a\":1}\r\n", "\r\n\r\n[1]"})
        EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(RuntimeApi, an_empty_event_is_an_empty_object) {
    const std::string text = answer_next({.payload = ""});
    EXPECT_TRUE(text.ends_with("\r\n\r\n{}")) << text;
    EXPECT_EQ(text.find("Trace-Id"), std::string::npos);
}

TEST(RuntimeApi, verdicts_have_their_status) {
    EXPECT_TRUE(answer_verdict(Verdict::accepted).starts_with("HTTP/1.1 202 "));
    EXPECT_TRUE(answer_verdict(Verdict::wrong_invocation).starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(answer_verdict(Verdict::wrong_state).starts_with("HTTP/1.1 403 "));
    EXPECT_TRUE(answer_unknown_call().starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace onput::function
