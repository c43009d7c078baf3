// Events and batches of functions: random operations, crashes that lose what was not synced, and
// clock jumps from one seed, against these promises.
//   1. The end of every event that was acknowledged is told to a destination, and no other's is.
//   2. Every message of a mapped queue whose send was acknowledged was in a batch that was
//      answered, and goes only then.
#include <array>

#include <gtest/gtest.h>

#include "common/json/reader.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr int seeds = 60;
constexpr int operations = 300;

class Play {
public:
    explicit Play(std::uint64_t seed) : random_(seed) {
        for (const char* queue : {"good", "bad", "source"}) station_.create_queue(queue);
        put_function("events", "good", "bad");
        put_function("batches", "", "");
        schema::EventSourceMapping mapping;
        mapping.queue_arn = "arn:aws:sqs:us-east-1:000000000000:source";
        mapping.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:batches";
        mapping.batch_messages = 3;
        mapping.batch_window_s = 1;
        mapping.reports_failures = true;
        EXPECT_TRUE(station_.ask(schema::PutEventSourceMapping{.mapping = mapping}));
        for (TestWorker* worker : workers()) {
            worker->kind = "function";
            worker->hello();
        }
    }

    void run() {
        for (int i = 0; i < operations; ++i) step();
        finish();
    }
    [[nodiscard]] std::size_t answered() const { return answered_.size(); }
    [[nodiscard]] std::size_t told() const { return told_.size(); }

private:
    std::vector<TestWorker*> workers() { return {&one_, &two_}; }
    TestWorker& any_worker() { return random_.chance(1, 2) ? one_ : two_; }

    void put_function(const std::string& name, const std::string& success,
                      const std::string& failure) {
        const auto arn = [](const std::string& queue) {
            return queue.empty() ? queue : "arn:aws:sqs:us-east-1:000000000000:" + queue;
        };
        schema::FunctionInfo function;
        function.name = name;
        function.worker = "function";
        function.timeout_s = 10;
        function.retries_max = 1;
        function.retry_delay_s = 1;
        function.handler = {.runtime = "python3.11",
                            .handler = "app.run",
                            .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
        function.management.on_success_arn = arn(success);
        function.management.on_failure_arn = arn(failure);
        EXPECT_TRUE(station_.ask(schema::PutFunction{.function = function, .manages = true}));
    }

    void step() {
        switch (random_.below(10)) {
            case 0:
            case 1: invoke(); break;
            case 2:
            case 3: send(); break;
            case 4:
            case 5: answer(any_worker()); break;
            case 6: fail(any_worker()); break;
            case 7: pass(std::chrono::milliseconds(random_.below(4'000))); break;
            case 8: any_worker().start_anew(); break;
            default:
                if (random_.chance(1, 3)) crash();
        }
        look();
    }

    void invoke() {
        const schema::InvokeEvent event{.name = "events", .payload = "1"};
        events_.insert(station_.ask(event)->request_id);
    }
    void send() {
        const std::string body = "m" + std::to_string(messages_.size());
        station_.send("source", body);
        messages_.insert(body);
    }
    void look() {
        for (TestWorker* worker : workers()) {
            for (const auto& grant : worker->look()) granted_[grant.lease] = grant;
        }
    }
    // Of a batch: half of the time its first message failed.
    void answer(TestWorker& worker) {
        if (worker.held.empty()) return;
        const std::uint64_t lease = worker.held[random_.below(worker.held.size())];
        const schema::LaneGrant& grant = granted_[lease];
        schema::JobOutcome outcome;
        outcome.response = "{}";
        std::vector<std::string> done;
        if (grant.queue == "batches") {
            const auto event = json::read(grant.body);
            const auto& records = *event->find("Records")->array();
            const bool fails = random_.chance(1, 2);
            if (fails)
                outcome.response = R"({"batchItemFailures":[{"itemIdentifier":")" +
                                   *records[0].find("messageId")->text() + R"("}]})";
            for (std::size_t i = fails ? 1 : 0; i < records.size(); ++i)
                done.push_back(*records[i].find("body")->text());
        }
        const double stale = station_.metric("onput_lane_stale_total");
        worker.ack(lease, outcome);
        if (station_.metric("onput_lane_stale_total") == stale)
            answered_.insert(done.begin(), done.end());
    }
    void fail(TestWorker& worker) {
        if (worker.held.empty()) return;
        worker.nack(worker.held[random_.below(worker.held.size())], "handler_failed", false,
                    random_.chance(3, 4));
    }
    void pass(Duration time) {
        station_.pass(time);
        look();
        if (!random_.chance(1, 20)) return;
        const std::array<Duration, 4> jumps{Duration(20s), Duration(-3s), std::chrono::hours(2),
                                            -std::chrono::hours(2)};
        station_.jump(jumps.at(random_.below(jumps.size())));
        station_.pass(2 * schema::lane_heartbeat);
    }
    // Something is done and nobody is told: the crash comes before the sync.
    void crash() {
        station_.stop_syncing();
        TestWorker& worker = any_worker();
        switch (random_.below(3)) {
            case 0: station_.send("source", "lost"); break;
            case 1:
                static_cast<void>(
                    station_.ask(schema::InvokeEvent{.name = "events", .payload = "2"}));
                break;
            default:
                if (!worker.held.empty()) worker.ack(worker.held.front());
        }
        station_.restart();
    }

    // All that is owed comes out in the end.
    void finish() {
        for (TestWorker* worker : workers()) worker->start_anew();
        for (int round = 0; round < 600; ++round) {
            look();
            for (TestWorker* worker : workers()) {
                while (!worker->held.empty()) answer(*worker);
                worker->hello();
            }
            station_.pass(1s);
            hear();
            if (station_.metric("onput_queue_all_messages") == 0) break;
        }
        EXPECT_EQ(station_.metric("onput_queue_all_messages"), 0);
        EXPECT_EQ(told_, events_) << "promise 1";
        for (const auto& body : messages_) EXPECT_TRUE(answered_.contains(body)) << body;
    }
    void hear() {
        for (const char* queue : {"good", "bad"}) {
            for (const auto& message : station_.receive(queue, 10)) {
                const auto record = json::read(message.body);
                told_.insert(*record->find("requestContext")->find("requestId")->text());
                station_.remove(queue, message.receipt_handle);
            }
        }
    }

    Station station_;
    Random random_;
    TestWorker one_{station_, "one", 3};
    TestWorker two_{station_, "two", 2};
    std::set<std::string> events_;    // Acknowledged, by their request ids.
    std::set<std::string> told_;      // To a destination.
    std::set<std::string> messages_;  // Acknowledged, by their bodies.
    std::set<std::string> answered_;
    std::map<std::uint64_t, schema::LaneGrant> granted_;
};

TEST(RandomEvents, the_promises_of_events_and_batches_hold_from_many_seeds) {
    std::size_t answered = 0;
    std::size_t told = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Play play(seed);
        play.run();
        if (testing::Test::HasFailure()) return;
        answered += play.answered();
        told += play.told();
    }
    EXPECT_GT(answered, seeds * 10U);
    EXPECT_GT(told, seeds * 10U);
}

}  // namespace
}  // namespace onput::queue
