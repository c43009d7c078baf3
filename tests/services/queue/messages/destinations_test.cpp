// Destinations of asynchronous invocations: what they get, and that an end and its telling are one
// commit.
#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "common/schema/event_bus.hpp"
#include "services/queue/messages/invocation_record.hpp"
#include "services/queue/messages/records.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr const char* queue_arn = "arn:aws:sqs:us-east-1:000000000000:ends";

class DestinationsTest : public testing::Test {
protected:
    DestinationsTest() : worker(station, "w", 4) {
        station.create_queue("ends");
        worker.kind = "function";
        worker.hello();
    }
    static schema::FunctionInfo function(const std::string& name) {
        schema::FunctionInfo info;
        info.name = name;
        info.worker = "function";
        info.retries_max = 1;
        info.retry_delay_s = 1;
        info.handler = {.runtime = "python3.11",
                        .handler = "app.run",
                        .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
        info.management.has_event_configuration = true;
        return info;
    }
    std::string put(const schema::FunctionInfo& info) {
        const auto done = station.ask(schema::PutFunction{.function = info, .manages = true});
        return done ? "put" : done.error().reason;
    }
    std::string invoke(const std::string& payload) {
        return station.ask(schema::InvokeEvent{.name = "f", .payload = payload})->request_id;
    }
    // What lies in the queue of ends; "" nothing.
    std::string told() {
        const auto received = station.receive("ends");
        return received.empty() ? "" : received.front().body;
    }
    void fail(const std::string& response) {
        for (const auto& grant : worker.look()) {
            schema::LaneNack nack{.lease = grant.lease, .error_code = "handler_failed"};
            nack.response = response;
            worker.nack(nack);
        }
    }

    Station station;
    TestWorker worker;
};

TEST_F(DestinationsTest, a_success_is_told_with_event_and_answer) {
    auto info = function("f");
    info.management.on_success_arn = queue_arn;
    ASSERT_EQ(put(info), "put");
    const std::string id = invoke(R"({"a":1})");
    schema::JobOutcome outcome;
    outcome.response = R"({"b":2})";
    worker.ack(worker.look().at(0).lease, outcome);
    station.restart();
    const auto record = json::read(told());
    ASSERT_TRUE(record);
    EXPECT_EQ(*record->find("version")->text(), "1.0");
    const auto* context = record->find("requestContext");
    EXPECT_EQ(*context->find("requestId")->text(), id);
    EXPECT_EQ(*context->find("functionArn")->text(),
              "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
    EXPECT_EQ(*context->find("condition")->text(), "Success");
    EXPECT_EQ(*context->find("approximateInvokeCount")->integer(), 1);
    EXPECT_EQ(*record->find("requestPayload")->find("a")->integer(), 1);
    EXPECT_EQ(*record->find("responsePayload")->find("b")->integer(), 2);
    EXPECT_EQ(*record->find("responseContext")->find("executedVersion")->text(), "$LATEST");
    EXPECT_EQ(record->find("responseContext")->find("functionError"), nullptr);
}

TEST_F(DestinationsTest, a_failure_is_told_after_the_last_attempt_only) {
    auto info = function("f");
    info.management.on_failure_arn = queue_arn;
    ASSERT_EQ(put(info), "put");
    invoke("1");
    fail(R"({"errorType":"E"})");
    EXPECT_EQ(told(), "");
    station.pass(2s);
    fail(R"({"errorType":"E"})");
    const auto record = json::read(told());
    ASSERT_TRUE(record);
    EXPECT_EQ(*record->find("requestContext")->find("condition")->text(), "RetriesExhausted");
    EXPECT_EQ(*record->find("requestContext")->find("approximateInvokeCount")->integer(), 2);
    EXPECT_EQ(*record->find("responseContext")->find("functionError")->text(), "Unhandled");
    EXPECT_EQ(*record->find("responsePayload")->find("errorType")->text(), "E");
}

TEST_F(DestinationsTest, an_event_that_is_too_old_is_told_without_an_answer) {
    auto info = function("f");
    info.management.event_age_s_max = 60;
    info.management.on_failure_arn = queue_arn;
    ASSERT_EQ(put(info), "put");
    worker.bye({});
    invoke("1");
    station.pass(61s);
    TestWorker later(station, "later", 1);
    later.kind = "function";
    later.hello();
    EXPECT_TRUE(later.look().empty());
    const auto record = json::read(told());
    ASSERT_TRUE(record);
    EXPECT_EQ(*record->find("requestContext")->find("condition")->text(), "EventAgeExceeded");
    EXPECT_TRUE(record->find("responseContext")->is_null());
    EXPECT_TRUE(record->find("responsePayload")->is_null());
}

TEST_F(DestinationsTest, another_function_gets_the_record_as_its_event) {
    ASSERT_EQ(put(function("next")), "put");
    auto info = function("f");
    info.management.on_success_arn = "arn:aws:lambda:us-east-1:000000000000:function:next";
    ASSERT_EQ(put(info), "put");
    invoke("1");
    worker.ack(worker.look().at(0).lease);
    const auto granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    EXPECT_EQ(granted[0].queue, "next");
    EXPECT_NE(granted[0].body.find("\"condition\":\"Success\""), std::string::npos);
}

TEST_F(DestinationsTest, a_topic_gets_the_record_through_the_outbox) {
    auto info = function("f");
    info.management.on_success_arn = "arn:aws:sns:us-east-1:000000000000:news";
    ASSERT_EQ(put(info), "put");
    invoke("1");
    const auto before = station.core().outbox().last();
    worker.ack(worker.look().at(0).lease);
    EXPECT_EQ(station.core().outbox().last(), before + 1);
}

TEST_F(DestinationsTest, a_bus_gets_the_record_as_an_event_through_the_outbox) {
    auto info = function("f");
    info.management.on_success_arn = "arn:aws:events:us-east-1:000000000000:event-bus/own";
    ASSERT_EQ(put(info), "put");
    invoke(R"({"a":1})");
    const auto before = station.core().outbox().last();
    worker.ack(worker.look().at(0).lease);
    ASSERT_EQ(station.core().outbox().last(), before + 1);
    const auto row = station.store().get(std::string(partition), outbox_rows().key(before + 1));
    ASSERT_TRUE(row && *row);
    const auto event = schema::decode<schema::BusEvent>(**row);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->event_id.size(), 32u);
    EXPECT_EQ(event->bus_arn, info.management.on_success_arn);
    EXPECT_EQ(event->account, "000000000000");
    EXPECT_EQ(event->region, "us-east-1");
    EXPECT_EQ(event->source, "lambda");
    EXPECT_EQ(event->detail_type, "Lambda Function Invocation Result - Success");
    EXPECT_EQ(event->resources,
              (std::vector<std::string>{"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
                                        info.management.on_success_arn}));
    const auto record = json::read(event->detail);
    ASSERT_TRUE(record);
    EXPECT_EQ(*record->find("requestPayload")->find("a")->integer(), 1);
}

TEST_F(DestinationsTest, a_destination_must_be_there_and_another) {
    const auto with = [&](const std::string& arn) {
        auto info = function("f");
        info.management.on_failure_arn = arn;
        return put(info);
    };
    EXPECT_EQ(with("arn:aws:sqs:us-east-1:000000000000:none"), "InvalidParameterValue");
    EXPECT_EQ(with("arn:aws:sqs:us-east-1:111111111111:ends"), "InvalidParameterValue");
    EXPECT_EQ(with("arn:aws:lambda:us-east-1:000000000000:function:none"), "InvalidParameterValue");
    EXPECT_EQ(with("nonsense"), "InvalidParameterValue");
    EXPECT_EQ(with("arn:aws:events:us-east-1:111111111111:event-bus/b"), "InvalidParameterValue");
    EXPECT_EQ(with("arn:aws:events:us-east-1:000000000000:event-bus/"), "InvalidParameterValue");
    EXPECT_EQ(with("arn:aws:events:us-east-1:000000000000:rule/r"), "InvalidParameterValue");
    EXPECT_EQ(with(queue_arn), "put");
    EXPECT_EQ(with("arn:aws:lambda:us-east-1:000000000000:function:f"), "InvalidParameterValue");
    auto info = function("f");
    info.management.event_age_s_max = 59;
    EXPECT_EQ(put(info), "InvalidParameterValue");
}

TEST_F(DestinationsTest, a_version_has_destinations_of_its_own) {
    ASSERT_EQ(put(function("f")), "put");
    ASSERT_TRUE(station.ask(schema::PublishFunctionVersion{.name = "f"}));
    auto version = *station.ask(schema::GetFunction{.name = "f", .qualifier = "1"});
    version.management.on_success_arn = queue_arn;
    version.environment["CHANGED"] = "no";
    ASSERT_EQ(put(version), "put");
    station.restart();
    const auto now = *station.ask(schema::GetFunction{.name = "f", .qualifier = "1"});
    EXPECT_EQ(now.management.on_success_arn, queue_arn);
    EXPECT_TRUE(now.environment.empty());
    EXPECT_EQ(station.ask(schema::GetFunction{.name = "f"})->management.on_success_arn, "");
}

TEST(InvocationRecord, payloads_are_left_out_rather_than_cut) {
    schema::FunctionInfo info;
    info.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    MessageRecord job;
    job.message_id = "id";
    job.body = '"' + std::string(1000, 'q') + '"';
    const std::string response = '"' + std::string(1000, 'r') + '"';
    const InvocationEnd end{
        .function = info, .job = job, .attempts = 1, .time = {}, .response = response};
    const auto has = [&](std::size_t bytes_max, char c) {
        const std::string record = invocation_record(end, bytes_max);
        EXPECT_LE(record.size(), bytes_max);
        EXPECT_TRUE(json::read(record));
        return record.find(std::string(1000, c)) != std::string::npos;
    };
    EXPECT_TRUE(has(4000, 'q') && has(4000, 'r'));
    EXPECT_TRUE(has(2000, 'q') && !has(2000, 'r'));
    EXPECT_FALSE(has(1000, 'q') || has(1000, 'r'));
}

TEST(InvocationRecord, what_is_no_json_is_a_text) {
    schema::FunctionInfo info;
    MessageRecord job;
    job.body = "no \"json\"";
    const std::string nothing;
    const auto record = json::read(invocation_record(
        {.function = info, .job = job, .attempts = 1, .time = {}, .response = nothing}, 4000));
    ASSERT_TRUE(record);
    EXPECT_EQ(*record->find("requestPayload")->text(), "no \"json\"");
}

TEST(InvocationRecord, is_never_deeper_than_the_detail_of_an_event_may_be) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    schema::FunctionInfo info;
    MessageRecord job;
    const std::string nothing;
    const auto record = [&] {
        return invocation_record(
            {.function = info, .job = job, .attempts = 1, .time = {}, .response = nothing}, 4000);
    };
    const json::ReadLimits detail{.depth_max = json::depth_max_default - 1};
    job.body = nested(json::depth_max_default - 2);
    EXPECT_TRUE(json::read(record(), detail));
    EXPECT_EQ(json::read(record())->find("requestPayload")->text(), nullptr);
    job.body = nested(json::depth_max_default - 1);
    EXPECT_TRUE(json::read(record(), detail));
    EXPECT_EQ(*json::read(record())->find("requestPayload")->text(), job.body);
}

}  // namespace
}  // namespace onput::queue
