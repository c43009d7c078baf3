#include "services/notifier/journal/trace.hpp"

#include <algorithm>

#include "services/notifier/delivery/ordered_batch.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

// What the trace says happened, one line per step.
class TraceTest : public NotifierTest {
protected:
    std::vector<std::string> steps_of(const std::string& id) {
        const auto story = core->trace({.trace_id = id});
        std::vector<std::string> lines;
        for (const auto& step : story->steps) {
            lines.push_back(step.what + " | " + step.subject + " | " + step.detail);
        }
        return lines;
    }
};

TEST_F(TraceTest, a_trace_tells_each_event_and_what_became_of_it) {
    auto withheld = owe("arn:aws:lambda:us-east-1:000000000000:function:f");
    withheld.withheld = "the chain is too long";
    append_durably({owe(queue_a), owe(queue_b), withheld});
    for (const auto& delivery : due()) {
        if (delivery.message.destination_arn == queue_b) {
            reject(delivery, ErrorCode::timeout);
        } else {
            now += 1ms;
            accept(delivery);
        }
    }
    EXPECT_EQ(steps_of(trace_id),
              (std::vector<std::string>{
                  "journaled | s3://b/k1 | ObjectCreated:Put, sequence 1",
                  "withheld | arn:aws:lambda:us-east-1:000000000000:function:f | the chain is too "
                  "long",
                  "delivered | " + queue_a + " | 1 attempt",
                  "delivery failed | " + queue_b + " | 1 attempt, tried again: timeout: no"}));
    now += 1s;
    deliver_all();
    EXPECT_EQ(steps_of(trace_id).back(), "delivered | " + queue_b + " | 2 attempts");
    const auto story = core->trace({.trace_id = trace_id});
    ASSERT_EQ(story->events.size(), 1u);
    EXPECT_EQ(schema::decode<schema::ObjectEvent>(story->events[0])->event_id, "event-1");
}

TEST_F(TraceTest, only_events_of_the_trace_are_told) {
    append_durably({});
    trace_id = "another";
    append_durably({});
    EXPECT_EQ(steps_of("another").size(), 1u);
    EXPECT_TRUE(steps_of("a third").empty());
    EXPECT_TRUE(steps_of("").empty());
    EXPECT_TRUE(steps_of("anothe").empty());
}

TEST_F(TraceTest, an_event_on_its_way_for_the_first_time_has_no_outcome) {
    append_durably({owe(queue_a)});
    EXPECT_EQ(steps_of(trace_id).size(), 1u);
    static_cast<void>(due());
    EXPECT_EQ(steps_of(trace_id).size(), 1u);
}

TEST_F(TraceTest, what_was_given_up_is_told_with_the_reason_after_a_restart) {
    CoreOptions keep_long;
    keep_long.retention_age = 1000h;
    restart_with(keep_long);
    append_durably({owe(queue_a)});
    fail_times(queue_a, give_up_failures_min, ErrorCode::not_found);
    pass(options.deliveries.undelivered_age_max);
    sync();
    crash();
    EXPECT_EQ(steps_of(trace_id).back(), "delivery failed | " + queue_a +
                                             " | given up after 8 attempts: too old; last error: "
                                             "not_found: no");
}

TEST_F(TraceTest, a_delivery_is_told_from_the_row_of_its_batch) {
    append_durably({owe(queue_a)}, 3);
    trace_id = "middle";
    append_durably({owe(queue_a)});
    trace_id = "rest";
    append_durably({owe(queue_a)}, 3);
    deliver_all();
    append_durably({owe(queue_a)});
    deliver_all();
    EXPECT_EQ(steps_of("middle").back(), "delivered | " + queue_a + " | 1 attempt");
    EXPECT_EQ(steps_of("rest").size(), 8u);
}

TEST_F(TraceTest, an_impossible_trace_id_is_not_indexed) {
    trace_id = std::string(trace_id_bytes_max + 1, 'a');
    append_durably({});
    EXPECT_TRUE(steps_of(trace_id).empty());
    trace_id = std::string(trace_id_bytes_max, 'a');
    append_durably({});
    EXPECT_EQ(steps_of(trace_id).size(), 1u);
}

TEST_F(TraceTest, a_long_trace_is_told_up_to_its_limit) {
    append_durably({}, trace_events_max + 10);
    EXPECT_EQ(core->trace({.trace_id = trace_id})->events.size(), trace_events_max);
}

TEST_F(TraceTest, a_message_to_a_topic_is_told_with_each_attempt_outside) {
    create_topic();
    subscribe("sqs", queue_a,
              {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue_b + R"("})"}});
    subscribe_webhook("https://example.com/hook");
    trace_id = "a message";
    publish("text");
    sync();
    now += 1s;
    reject(due()[0], ErrorCode::not_found);
    fail_once(outbound_due()[0]);
    sync();
    now += 1h;
    accept(due()[0]);
    take(outbound_due()[0]);
    const auto lines = steps_of("a message");
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0], "published | " + topic_t + " | 2 subscriptions, sequence 3");
    EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) {
        return line.starts_with(
            "delivery failed | https https://example.com/hook | attempt 1, "
            "status 503, 12.0 ms: status 503, again at ");
    }));
    EXPECT_EQ(lines.back(),
              "delivered | https https://example.com/hook | attempt 2, status 200, 12.0 ms");
    EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) {
        return line == "delivered | dead-letter queue " + queue_b + " | 1 attempt";
    }));
}

}  // namespace
}  // namespace onput::notifier
