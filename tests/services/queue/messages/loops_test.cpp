// The loop guard: jobs of a chain of events that comes by its function again and again.
#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "common/schema/invoke.hpp"
#include "common/schema/trace_header.hpp"
#include "services/queue/messages/invocation_record.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

constexpr const char* arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* letters_arn = "arn:aws:sqs:us-east-1:000000000000:letters";

// The header that a handler has in its `count`th invocation.
std::string header_after(std::uint32_t count) {
    std::string header;
    for (std::uint32_t i = 0; i < count; ++i)
        header = schema::with_invocation(header, arn, "1-6565d8a4-0123456789abcdef01234567");
    return header;
}

class LoopsTest : public testing::Test {
protected:
    LoopsTest() : worker(station, "w", 4) {
        station.create_queue("letters");
        worker.kind = "function";
        worker.hello();
        function.name = "f";
        function.worker = "function";
        function.dead_letter_arn = letters_arn;
        function.handler = {.runtime = "python3.11",
                            .handler = "app.run",
                            .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
        put();
    }
    void put() {
        ASSERT_TRUE(station.ask(schema::PutFunction{.function = function, .manages = true}));
    }
    void invoke(const std::string& header) {
        ASSERT_TRUE(
            station.ask(schema::InvokeEvent{.name = "f", .payload = "{}", .trace_header = header}));
    }
    // Headers of the jobs that a worker got.
    std::vector<std::string> granted() {
        std::vector<std::string> all;
        for (const auto& grant : worker.look()) all.push_back(grant.trace_header);
        return all;
    }
    std::vector<std::string> reasons() {
        std::vector<std::string> all;
        for (const auto& letter : station.receive("letters", 10))
            all.push_back(letter.attributes.at("ErrorCode").value);
        return all;
    }

    Station station;
    TestWorker worker;
    schema::FunctionInfo function;
};

TEST_F(LoopsTest, a_worker_gets_the_header_of_a_chain_that_is_not_too_long) {
    const std::string header = header_after(schema::function_loops_max - 1);
    invoke(header);
    EXPECT_EQ(granted(), std::vector<std::string>{header});
    EXPECT_EQ(reasons(), std::vector<std::string>{});
}

TEST_F(LoopsTest, the_seventeenth_invocation_in_a_chain_is_a_dead_letter) {
    invoke(header_after(schema::function_loops_max));
    EXPECT_EQ(granted(), std::vector<std::string>{});
    EXPECT_EQ(reasons(), std::vector<std::string>{recursive_invocation});
    // It is the chain's end, and no other's.
    invoke({});
    EXPECT_EQ(granted().size(), 1U);
}

TEST_F(LoopsTest, jobs_that_waited_over_a_restart_are_stopped_as_well) {
    worker.bye({});
    for (int i = 0; i < 3; ++i) invoke(header_after(schema::function_loops_max));
    station.restart();
    TestWorker next(station, "x", 4);
    next.kind = "function";
    next.hello();
    EXPECT_TRUE(next.look().empty());
    EXPECT_EQ(reasons().size(), 3U);
}

TEST_F(LoopsTest, a_function_that_allows_loops_is_not_stopped) {
    function.management.allows_loops = true;
    put();
    invoke(header_after(schema::function_loops_max));
    EXPECT_EQ(granted().size(), 1U);
}

TEST_F(LoopsTest, the_failure_destination_is_told) {
    function.management.has_event_configuration = true;
    function.management.on_failure_arn = letters_arn;
    function.dead_letter_arn.clear();
    put();
    invoke(header_after(schema::function_loops_max));
    const auto told = station.receive("letters");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(*json::read(told.front().body)->find("requestContext")->find("condition")->text(),
              "RetriesExhausted");
}

}  // namespace
}  // namespace onput::queue
