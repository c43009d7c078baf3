// Small jobs beside large ones: what a worker gets whose places are taken.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/queue/lanes/lanes.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class SmallJobsTest : public testing::Test {
public:
    Station station;

protected:
    void SetUp() override {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        station.put_function(function);
    }
    TestWorker worker(const std::string& id, std::uint32_t places) {
        TestWorker made(station, id, places);
        made.kind = "tts";
        made.hello();
        return made;
    }
    void large() { invoke(1'000'000); }
    void small() { invoke(100); }
    void invoke(std::uint64_t bytes) {
        ++last_;
        station.invoke("speech", last_, fmt::format(R"({{"key":"{}","size":{}}})", last_, bytes));
    }
    // The numbers of the jobs that it got since the last look, in order.
    std::vector<int> got(TestWorker& worker) {
        std::vector<int> numbers;
        for (const auto& grant : worker.look()) {
            const int number = std::stoi(grant.message_id.substr(std::string("message-").size()));
            leases_[number] = grant.lease;
            numbers.push_back(number);
        }
        return numbers;
    }
    void ack(TestWorker& worker, int number) { worker.ack(leases_.at(number)); }

    using Numbers = std::vector<int>;

private:
    std::uint64_t last_ = 0;
    std::map<int, std::uint64_t> leases_;
};

TEST_F(SmallJobsTest, small_jobs_pass_one_after_another_beside_a_large_one) {
    TestWorker one = worker("one", 1);
    large();
    for (int i = 0; i < 40; ++i) small();
    large();
    EXPECT_EQ(got(one), (Numbers{1, 2}));
    for (int number = 2; number <= 41; ++number) {
        ack(one, number);
        EXPECT_EQ(got(one), number < 41 ? Numbers{number + 1} : Numbers{});
    }
    ack(one, 1);
    EXPECT_EQ(got(one), Numbers{42});
}

TEST_F(SmallJobsTest, they_pass_large_ones_that_wait_as_well) {
    TestWorker one = worker("one", 2);
    for (int i = 0; i < 5; ++i) large();
    small();
    EXPECT_EQ(got(one), (Numbers{1, 2, 6}));
}

TEST_F(SmallJobsTest, a_large_job_waits_no_longer_than_by_its_age) {
    TestWorker one = worker("one", 1);
    small();
    EXPECT_EQ(got(one), Numbers{1});
    large();
    for (int i = 0; i < 10; ++i) small();
    ack(one, 1);
    EXPECT_EQ(got(one), (Numbers{2, 3}));
}

TEST_F(SmallJobsTest, there_is_one_place_beside_the_large_jobs_whoever_ends_first) {
    TestWorker one = worker("one", 1);
    large();
    small();
    large();
    small();
    EXPECT_EQ(got(one), (Numbers{1, 2}));
    // The small one has the place of the large one now.
    ack(one, 1);
    EXPECT_EQ(got(one), Numbers{});
    one.hello();
    EXPECT_EQ(got(one), Numbers{});
    ack(one, 2);
    EXPECT_EQ(got(one), (Numbers{3, 4}));
}

TEST_F(SmallJobsTest, small_jobs_alone_get_no_place_beyond_the_workers) {
    TestWorker one = worker("one", 2);
    for (int i = 0; i < 5; ++i) small();
    EXPECT_EQ(got(one), (Numbers{1, 2}));
    one.hello();
    EXPECT_EQ(got(one), Numbers{});
}

TEST_F(SmallJobsTest, a_free_worker_comes_before_the_place_beside_a_large_job) {
    TestWorker one = worker("one", 1);
    large();
    EXPECT_EQ(got(one), Numbers{1});
    TestWorker two = worker("two", 1);
    small();
    EXPECT_EQ(got(one), Numbers{});
    EXPECT_EQ(got(two), Numbers{2});
}

TEST_F(SmallJobsTest, a_worker_that_names_no_places_gets_its_credit_only) {
    schema::LaneHello hello{
        .worker_id = "old", .epoch = 1, .endpoint = "ipc:///old", .worker = "tts", .credit = 1};
    station.send(hello);
    large();
    small();
    ASSERT_EQ(station.grants.size(), 1U);
    EXPECT_EQ(station.grants[0].grants.size(), 1U);
}

TEST_F(SmallJobsTest, a_leaving_worker_gets_no_small_job_either) {
    TestWorker one = worker("one", 1);
    large();
    EXPECT_EQ(got(one), Numbers{1});
    one.bye({});
    small();
    EXPECT_EQ(got(one), Numbers{});
}

TEST_F(SmallJobsTest, a_restart_knows_large_from_small) {
    TestWorker one = worker("one", 1);
    large();
    large();
    small();
    EXPECT_EQ(got(one), (Numbers{1, 3}));
    ack(one, 3);
    station.restart();
    small();
    one.hello();
    EXPECT_EQ(got(one), Numbers{4});
    ack(one, 1);
    ack(one, 4);
    EXPECT_EQ(got(one), Numbers{2});
    ack(one, 2);
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
    station.restart();
    EXPECT_EQ(station.metric("onput_queue_all_messages"), 0);
}

TEST_F(SmallJobsTest, whatever_happens_every_job_is_done_and_no_worker_is_overfilled) {
    constexpr int jobs = 400;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        Station here;
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.retry_delay_s = 1;
        here.put_function(function);
        TestWorker one(here, "one", 1);
        TestWorker three(here, "three", 3);
        std::set<std::uint64_t> large_leases;
        const auto look = [&](TestWorker& worker, std::size_t places) {
            for (const auto& grant : worker.look()) {
                if (grant.body.size() > 20) large_leases.insert(grant.lease);
            }
            const auto is_large = [&](auto lease) { return large_leases.contains(lease); };
            EXPECT_LE(std::ranges::count_if(worker.held, is_large), places);
            EXPECT_LE(worker.held.size(), places + 1);
        };
        std::uint64_t sent = 0;
        for (TestWorker* worker : {&one, &three}) worker->kind = "tts";
        for (int step = 0; step < 20'000; ++step) {
            TestWorker& worker = random.chance(1, 2) ? one : three;
            const auto held = worker.held;
            const auto any = [&] { return held[random.below(held.size())]; };
            switch (random.below(8)) {
                case 0:
                case 1: {
                    if (sent == jobs) break;
                    const bool is_large = random.chance(1, 3);
                    here.invoke(
                        "speech", ++sent,
                        is_large ? R"({"size":1000000,"pad":"xxxxxxxx"})" : R"({"size":1})");
                    break;
                }
                case 2:
                case 3:
                    if (!held.empty()) worker.ack(any());
                    break;
                case 4:
                    if (!held.empty()) worker.nack(any(), "x", false, random.chance(1, 2));
                    break;
                case 5: here.pass(100ms); break;
                case 6:
                    if (random.chance(1, 20)) here.restart();
                    [[fallthrough]];
                default: one.hello(); three.hello();
            }
            look(one, 1);
            look(three, 3);
            if (sent == jobs && here.metric("onput_queue_all_messages") == 0) break;
        }
        EXPECT_EQ(here.metric("onput_queue_all_messages"), 0);
    }
}

}  // namespace
}  // namespace onput::queue
