#include "services/queue/commands/event_sources.hpp"

#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "services/queue/messages/event_batch.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr const char* queue_arn = "arn:aws:sqs:us-east-1:000000000000:work";
constexpr const char* function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";

class EventSourcesTest : public testing::Test {
protected:
    EventSourcesTest() : worker(station, "w", 4) {
        station.create_queue("work");
        put_function(10);
        worker.kind = "function";
        worker.hello();
    }
    void put_function(std::uint32_t timeout_s) {
        schema::FunctionInfo info;
        info.name = "f";
        info.worker = "function";
        info.timeout_s = timeout_s;
        info.handler = {.runtime = "python3.11",
                        .handler = "app.run",
                        .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
        station.put_function(info);
    }
    static schema::EventSourceMapping mapping() {
        return {.queue_arn = queue_arn, .function_arn = function_arn};
    }
    std::string put(const schema::EventSourceMapping& wanted) {
        const auto done = station.ask(schema::PutEventSourceMapping{.mapping = wanted});
        if (done) id = done->id;
        return done ? "put" : done.error().reason;
    }
    // The bodies of the messages in a batch.
    static std::vector<std::string> bodies(const schema::LaneGrant& grant) {
        std::vector<std::string> found;
        const auto event = json::read(grant.body);
        for (const auto& record : *event->find("Records")->array())
            found.push_back(*record.find("body")->text());
        return found;
    }
    static std::string id_of(const schema::LaneGrant& grant, std::size_t index) {
        const auto event = json::read(grant.body);
        return *(*event->find("Records")->array())[index].find("messageId")->text();
    }
    std::string count() { return station.attribute("work", "ApproximateNumberOfMessages"); }
    std::string hidden() {
        return station.attribute("work", "ApproximateNumberOfMessagesNotVisible");
    }
    void answer(const schema::LaneGrant& grant, const std::string& response = {}) {
        schema::JobOutcome outcome;
        outcome.response = response;
        worker.ack(grant.lease, outcome);
    }
    // With a worker that goes on saying that it is there.
    void pass(Duration time) {
        for (Duration passed{0}; passed < time; passed += 1s) {
            station.pass(1s);
            worker.hello();
        }
    }
    void fail(const schema::LaneGrant& grant) {
        worker.nack({.lease = grant.lease, .error_code = "handler_failed"});
    }
    static std::string failures(const std::string& item) {
        return R"({"batchItemFailures":[{"itemIdentifier":")" + item + R"("}]})";
    }

    Station station;
    TestWorker worker;
    std::string id;
};

TEST_F(EventSourcesTest, messages_come_in_batches_and_go_when_they_are_answered) {
    auto wanted = mapping();
    wanted.batch_messages = 3;
    worker.bye({});
    for (const char* body : {"a", "b", "c", "d"}) station.send("work", body);
    ASSERT_EQ(put(wanted), "put");
    TestWorker other(station, "other", 4);
    other.kind = "function";
    other.hello();
    const auto granted = other.look();
    ASSERT_EQ(granted.size(), 2U);
    EXPECT_EQ(bodies(granted[0]), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(bodies(granted[1]), (std::vector<std::string>{"d"}));
    EXPECT_EQ(count() + " " + hidden(), "0 4");
    other.ack(granted[0].lease);
    EXPECT_EQ(hidden(), "1");
    other.ack(granted[1].lease);
    EXPECT_EQ(hidden(), "0");
}

TEST_F(EventSourcesTest, a_batch_that_fails_is_not_tried_again_but_its_messages_are) {
    ASSERT_EQ(put(mapping()), "put");
    station.send("work", "a");
    auto granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    fail(granted[0]);
    EXPECT_EQ(hidden(), "1");
    pass(29s);
    EXPECT_TRUE(worker.look().empty());
    pass(2s);
    granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    EXPECT_NE(granted[0].body.find(R"("ApproximateReceiveCount":"2")"), std::string::npos);
    answer(granted[0]);
    EXPECT_EQ(count() + hidden(), "00");
}

TEST_F(EventSourcesTest, what_a_handler_reports_comes_back_alone) {
    auto wanted = mapping();
    wanted.reports_failures = true;
    wanted.batch_messages = 2;
    wanted.batch_window_s = 1;
    ASSERT_EQ(put(wanted), "put");
    station.send("work", "a");
    station.send("work", "b");
    auto granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    answer(granted[0], failures(id_of(granted[0], 1)));
    EXPECT_EQ(hidden(), "1");
    pass(32s);
    granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    EXPECT_EQ(bodies(granted[0]), (std::vector<std::string>{"b"}));
}

TEST_F(EventSourcesTest, without_the_setting_the_answer_is_not_read) {
    ASSERT_EQ(put(mapping()), "put");
    station.send("work", "a");
    const auto granted = worker.look();
    answer(granted.at(0), failures(id_of(granted[0], 0)));
    EXPECT_EQ(hidden(), "0");
}

TEST_F(EventSourcesTest, a_window_waits_for_a_full_batch) {
    auto wanted = mapping();
    wanted.batch_messages = 2;
    wanted.batch_window_s = 20;
    ASSERT_EQ(put(wanted), "put");
    station.send("work", "a");
    pass(19s);
    EXPECT_TRUE(worker.look().empty());
    pass(1s);
    EXPECT_EQ(worker.look().size(), 1U);
    station.send("work", "b");
    station.send("work", "c");
    EXPECT_EQ(worker.look().size(), 1U);
}

TEST_F(EventSourcesTest, a_filter_removes_what_it_does_not_take) {
    auto wanted = mapping();
    wanted.filters = {R"({"body":{"kind":["a"]}})", R"({"body":{"kind":[{"prefix":"b"}]}})"};
    ASSERT_EQ(put(wanted), "put");
    for (const char* body :
         {R"({"kind":"a"})", R"({"kind":"other"})", "no json", R"({"kind":"bc"})"})
        station.send("work", body);
    std::vector<std::string> seen;
    for (const auto& grant : worker.look()) {
        for (auto& body : bodies(grant)) seen.push_back(body);
        answer(grant);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{R"({"kind":"a"})", R"({"kind":"bc"})"}));
    EXPECT_EQ(count() + hidden(), "00");
    wanted.id = id;
    wanted.filters = {"{no json"};
    EXPECT_EQ(put(wanted), "InvalidParameterValue");
}

TEST_F(EventSourcesTest, a_mapping_has_as_many_batches_as_it_may_and_workers_have_places_for) {
    auto wanted = mapping();
    wanted.batch_messages = 1;
    wanted.concurrency = 2;
    ASSERT_EQ(put(wanted), "put");
    for (int i = 0; i < 6; ++i) station.send("work", "m");
    auto granted = worker.look();
    EXPECT_EQ(granted.size(), 2U);
    EXPECT_EQ(hidden(), "2");
    answer(granted.at(0));
    EXPECT_EQ(worker.look().size(), 1U);
    wanted.id = id;
    wanted.concurrency = 0;
    ASSERT_EQ(put(wanted), "put");
    EXPECT_EQ(worker.look().size(), 2U);
    // The sixth waits in the queue, where its visibility does not end.
    EXPECT_EQ(count(), "1");
}

TEST_F(EventSourcesTest, batches_survive_a_restart_and_end_after_it) {
    auto wanted = mapping();
    wanted.batch_messages = 2;
    wanted.batch_window_s = 1;
    ASSERT_EQ(put(wanted), "put");
    station.send("work", "a");
    station.send("work", "b");
    const auto granted = worker.look();
    ASSERT_EQ(granted.size(), 1U);
    station.restart();
    worker.hello();
    answer(granted[0]);
    EXPECT_EQ(count() + hidden(), "00");
    station.send("work", "c");
    station.pass(2s);
    EXPECT_EQ(worker.look().size(), 1U);
}

TEST_F(EventSourcesTest, a_batch_whose_worker_is_lost_gives_its_messages_back) {
    ASSERT_EQ(put(mapping()), "put");
    station.send("work", "a");
    ASSERT_EQ(worker.look().size(), 1U);
    station.pass(60s);
    EXPECT_EQ(count(), "1");
    TestWorker other(station, "other", 1);
    other.kind = "function";
    other.hello();
    EXPECT_EQ(other.look().size(), 1U);
}

TEST_F(EventSourcesTest, messages_that_fail_too_often_are_dead_letters) {
    station.create_queue("dead");
    station.create_queue(
        "tried",
        {{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead",)"
                           R"("maxReceiveCount":"2"})"}});
    auto wanted = mapping();
    wanted.queue_arn = "arn:aws:sqs:us-east-1:000000000000:tried";
    ASSERT_EQ(put(wanted), "put");
    station.send("tried", "a");
    for (int i = 0; i < 2; ++i) {
        const auto granted = worker.look();
        ASSERT_EQ(granted.size(), 1U);
        fail(granted[0]);
        pass(31s);
    }
    EXPECT_TRUE(worker.look().empty());
    EXPECT_EQ(station.attribute("dead", "ApproximateNumberOfMessages"), "1");
}

TEST_F(EventSourcesTest, a_disabled_or_deleted_mapping_hands_out_nothing) {
    auto wanted = mapping();
    wanted.is_enabled = false;
    ASSERT_EQ(put(wanted), "put");
    station.send("work", "a");
    EXPECT_TRUE(worker.look().empty());
    ASSERT_TRUE(station.ask(schema::DeleteEventSourceMapping{.id = id}));
    EXPECT_FALSE(station.ask(schema::GetEventSourceMapping{.id = id}));
    station.restart();
    EXPECT_TRUE(station.ask(schema::ListEventSourceMappings{})->mappings.empty());
}

TEST_F(EventSourcesTest, what_cannot_be_mapped_is_refused) {
    ASSERT_EQ(put(mapping()), "put");
    EXPECT_EQ(put(mapping()), "ResourceConflict");
    const auto with = [&](auto change) {
        station.create_queue("other");
        auto wanted = mapping();
        wanted.queue_arn = "arn:aws:sqs:us-east-1:000000000000:other";
        change(wanted);
        return put(wanted);
    };
    EXPECT_EQ(with([](auto& m) { m.queue_arn += "x"; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.function_arn += "x"; }), "ResourceNotFound");
    EXPECT_EQ(with([](auto& m) { m.batch_messages = 0; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.batch_messages = 11; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.batch_messages = 10'001, m.batch_window_s = 1; }),
              "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.batch_window_s = 301; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.concurrency = 1; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.concurrency = 1001; }), "InvalidParameterValue");
    EXPECT_EQ(with([](auto& m) { m.filters.resize(11, "{}"); }), "InvalidParameterValue");
    put_function(31);
    EXPECT_EQ(with([](auto&) {}), "InvalidParameterValue");
}

TEST(EventBatch, an_answer_names_what_failed_or_all_of_it) {
    const std::set<std::string> ids{"a", "b"};
    const auto failed = [&](std::string_view response) -> std::string {
        const auto reported = reported_failures(response, ids);
        if (!reported) return "all";
        std::string text;
        for (const auto& one : *reported) text += one;
        return text;
    };
    for (const char* nothing :
         {"", "null", "{}", R"({"batchItemFailures":[]})", R"({"batchItemFailures":null})"})
        EXPECT_EQ(failed(nothing), "") << nothing;
    EXPECT_EQ(failed(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})"), "b");
    for (const char* all : {"no json", "[]", R"("text")", R"({"other":[]})",
                            R"({"batchItemFailures":[{"itemIdentifier":""}]})",
                            R"({"batchItemFailures":[{"itemIdentifier":null}]})",
                            R"({"batchItemFailures":[{"itemIdentifier":"c"}]})",
                            R"({"batchItemFailures":[{"id":"a"}]})", R"({"batchItemFailures":[1]})",
                            R"({"batchItemFailures":7})"})
        EXPECT_EQ(failed(all), "all") << all;
}

}  // namespace
}  // namespace onput::queue
