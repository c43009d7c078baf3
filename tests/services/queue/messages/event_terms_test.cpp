// Asynchronous invocations by an alias end as the alias says.
#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr const char* by_alias = "arn:aws:sqs:us-east-1:000000000000:by-alias";
constexpr const char* by_function = "arn:aws:sqs:us-east-1:000000000000:by-function";

class EventTermsTest : public testing::Test {
protected:
    EventTermsTest() : worker(station, "w", 4) {
        station.create_queue("by-alias");
        station.create_queue("by-function");
        schema::FunctionInfo info;
        info.name = "f";
        info.worker = "function";
        info.retries_max = 1;
        info.retry_delay_s = 1;
        info.handler = {.runtime = "python3.11",
                        .handler = "app.run",
                        .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
        info.management.has_event_configuration = true;
        info.management.on_failure_arn = by_function;
        EXPECT_TRUE(station.ask(schema::PutFunction{.function = info, .manages = true}));
        EXPECT_TRUE(station.ask(schema::PublishFunctionVersion{.name = "f"}));
        worker.kind = "function";
        worker.hello();
    }
    std::string put_alias(std::optional<schema::AliasEvents> events,
                          const std::string& version = "$LATEST") {
        const auto put = station.ask(schema::PutFunctionAlias{
            .function = "f",
            .alias = {.name = "live", .version = version, .events = std::move(events)}});
        return put ? "put" : put.error().reason;
    }
    void invoke(const std::string& qualifier) {
        ASSERT_TRUE(
            station.ask(schema::InvokeEvent{.name = "f", .qualifier = qualifier, .payload = "1"}));
    }
    // How many attempts end without an answer until there is none any more.
    std::size_t attempts() {
        std::size_t count = 0;
        for (auto grants = worker.look(); !grants.empty(); grants = worker.look()) {
            for (const auto& grant : grants) worker.nack(grant.lease, "handler_failed");
            count += grants.size();
            wait(3s);
        }
        return count;
    }
    // The worker is heard of all the time.
    void wait(std::chrono::seconds time) {
        for (; time > 0s; time -= 1s) {
            station.pass(1s);
            worker.hello();
        }
    }
    std::size_t told(const std::string& queue) { return station.receive(queue, 10).size(); }

    Station station;
    TestWorker worker;
};

TEST_F(EventTermsTest, an_alias_says_how_often_its_events_are_tried_and_who_is_told) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.retries_max = 2, .on_failure_arn = by_alias}), "put");
    invoke("live");
    EXPECT_EQ(attempts(), 3U);
    EXPECT_EQ(told("by-alias"), 1U);
    EXPECT_EQ(told("by-function"), 0U);
    invoke("$LATEST");
    EXPECT_EQ(attempts(), 2U);
    EXPECT_EQ(told("by-alias"), 0U);
    EXPECT_EQ(told("by-function"), 1U);
}

TEST_F(EventTermsTest, an_alias_that_says_nothing_leaves_it_to_the_function) {
    ASSERT_EQ(put_alias(std::nullopt), "put");
    invoke("live");
    EXPECT_EQ(attempts(), 2U);
    EXPECT_EQ(told("by-function"), 1U);
}

TEST_F(EventTermsTest, what_the_alias_says_at_the_time_of_the_attempt_counts_after_a_restart_too) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.retries_max = 2}, "1"), "put");
    worker.bye({});
    invoke("live");
    ASSERT_EQ(put_alias(schema::AliasEvents{.retries_max = 0, .on_failure_arn = by_alias}, "1"),
              "put");
    station.restart();
    TestWorker later(station, "later", 1);
    later.kind = "function";
    later.hello();
    const auto granted = later.look();
    ASSERT_EQ(granted.size(), 1U);
    later.nack(granted[0].lease, "handler_failed");
    EXPECT_EQ(told("by-alias"), 1U);
}

TEST_F(EventTermsTest, a_success_is_told_to_the_destination_of_the_alias) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.on_success_arn = by_alias}, "1"), "put");
    invoke("live");
    worker.ack(worker.look().at(0).lease);
    EXPECT_EQ(told("by-alias"), 1U);
    invoke("1");
    worker.ack(worker.look().at(0).lease);
    EXPECT_EQ(told("by-alias"), 0U);
}

TEST_F(EventTermsTest, an_event_is_as_old_as_its_alias_lets_it_be) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.event_age_s_max = 60, .on_failure_arn = by_alias}),
              "put");
    worker.bye({});
    invoke("live");
    invoke("");
    station.pass(61s);
    TestWorker later(station, "later", 4);
    later.kind = "function";
    later.hello();
    EXPECT_EQ(later.look().size(), 1U);
    EXPECT_EQ(told("by-alias"), 1U);
}

TEST_F(EventTermsTest, the_lease_of_a_last_attempt_that_runs_out_is_its_end) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.retries_max = 0, .on_failure_arn = by_alias}), "put");
    invoke("live");
    ASSERT_EQ(worker.look().size(), 1U);
    wait(31s);
    EXPECT_EQ(told("by-alias"), 1U);
}

TEST_F(EventTermsTest, an_event_delivered_to_the_arn_of_an_alias_came_by_it) {
    ASSERT_EQ(put_alias(schema::AliasEvents{.retries_max = 0, .on_failure_arn = by_alias}), "put");
    station.invoke("f:live", 1, "1");
    EXPECT_EQ(attempts(), 1U);
    EXPECT_EQ(told("by-alias"), 1U);
}

TEST_F(EventTermsTest, what_an_alias_says_is_checked) {
    EXPECT_EQ(put_alias(schema::AliasEvents{.retries_max = 3}), "InvalidParameterValue");
    EXPECT_EQ(put_alias(schema::AliasEvents{.event_age_s_max = 59}), "InvalidParameterValue");
    EXPECT_EQ(put_alias(schema::AliasEvents{.event_age_s_max = 21'601}), "InvalidParameterValue");
    EXPECT_NE(put_alias(schema::AliasEvents{.on_success_arn =
                                                "arn:aws:sqs:us-east-1:000000000000:absent"}),
              "put");
    EXPECT_NE(put_alias(schema::AliasEvents{
                  .on_failure_arn = "arn:aws:lambda:us-east-1:000000000000:function:f"}),
              "put");
}

}  // namespace
}  // namespace onput::queue
