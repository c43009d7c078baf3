// Random operations, crashes that lose what was not synced, and clock jumps from one seed, against
// these promises. Messages go by their bodies: one that is moved back is a new message.
//   1. A message whose send was acknowledged is received, removed, dead-lettered or moved back:
//      never lost.
//   2. A message whose removal was acknowledged is never received again.
//   3. No message is handed out twice within one visibility time, crashes included.
#include <array>

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr int seeds = 60;
constexpr int operations = 400;

class Play {
public:
    explicit Play(std::uint64_t seed) : random_(seed) {
        station_.create_queue("dead");
        station_.create_queue(
            "q", {{"RedrivePolicy",
                   R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead",)"
                   R"("maxReceiveCount":4})"}});
        for (TestWorker* worker : workers()) {
            worker->queues = {"q", "dead"};
            worker->hello();
        }
    }

    void run() {
        for (int i = 0; i < operations; ++i) step();
        finish();
    }
    // In the last life of the process.
    [[nodiscard]] double moved() const { return station_.metric("onput_queue_moved_total"); }

private:
    struct Known {
        Duration visible_at{};    // By the newest lease that was told, in true time.
        bool is_removed = false;  // Acknowledged.
    };

    std::vector<TestWorker*> workers() { return {&one_, &two_}; }
    TestWorker& any_worker() { return random_.chance(1, 2) ? one_ : two_; }

    void step() {
        switch (random_.below(13)) {
            case 0:
            case 1:
            case 2: send(); break;
            case 3: receive(random_.chance(1, 2) ? "q" : "dead"); break;
            case 4: remove_received(); break;
            case 5:
            case 6: ack(any_worker()); break;
            case 7: nack(any_worker()); break;
            case 8: pass(std::chrono::milliseconds(random_.below(5'000))); break;
            case 9:
                for (TestWorker* worker : workers()) worker->hello();
                break;
            case 10: start_anew(any_worker()); break;
            case 11: move_back(); break;
            default:
                if (random_.chance(1, 4)) crash();
        }
        look();
    }

    // A lease that ends early by the protocol (nack, lost worker, new epoch) makes its message
    // free again: what the model cannot tell apart it does not assert.
    void note_handed_out(const std::string& body, Duration visible_for) {
        ASSERT_TRUE(known_.contains(body));
        Known& known = known_[body];
        ASSERT_FALSE(known.is_removed) << "promise 2";
        ASSERT_LE(known.visible_at, station_.elapsed()) << "promise 3";
        known.visible_at = station_.elapsed() + visible_for;
    }

    void send() {
        const std::string body = "message " + std::to_string(known_.size());
        station_.send("q", body);
        known_[body] = {};
    }
    // Everything that waits in "dead"; refused while an earlier task still runs.
    void move_back() {
        schema::StartMoveTask request;
        request.source_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
        if (random_.chance(1, 2)) request.rate = 1 + static_cast<std::uint32_t>(random_.below(3));
        static_cast<void>(station_.ask(request));
    }

    void receive(const std::string& queue) {
        for (const auto& message : station_.receive(queue, 3)) {
            note_handed_out(message.body, 30s);
            received_.push_back({queue, message});
        }
    }
    void remove_received() {
        if (received_.empty()) return;
        const auto [queue, message] = received_[random_.below(received_.size())];
        // A message that was dead-lettered meanwhile has left the queue that its receipt is of:
        // then the removal succeeds and removes nothing.
        const double removed = station_.metric("onput_queue_removed_total");
        EXPECT_EQ(station_.remove(queue, message.receipt_handle).error_reason, "");
        if (station_.metric("onput_queue_removed_total") > removed) {
            known_[message.body].is_removed = true;
        }
    }
    void look() {
        for (TestWorker* worker : workers()) {
            for (const auto& grant : worker->look()) {
                note_handed_out(grant.body, grant.visible_at - station_.now);
                granted_[grant.lease] = grant.body;
            }
        }
    }
    void ack(TestWorker& worker) {
        if (worker.held.empty()) return;
        const std::uint64_t lease = worker.held[random_.below(worker.held.size())];
        const double stale = station_.metric("onput_lane_stale_total");
        worker.ack(lease);
        if (station_.metric("onput_lane_stale_total") == stale) {
            known_[granted_[lease]].is_removed = true;
        }
    }
    void nack(TestWorker& worker) {
        if (worker.held.empty()) return;
        const std::uint64_t lease = worker.held[random_.below(worker.held.size())];
        release(worker);
        worker.nack(lease, "x", false, random_.chance(1, 2));
    }
    void start_anew(TestWorker& worker) {
        release(worker);
        worker.start_anew();
    }
    // Whatever this worker holds may be handed out again from now on.
    void release(const TestWorker& worker) {
        for (const std::uint64_t lease : worker.held) known_[granted_[lease]].visible_at = {};
    }
    void pass(Duration time) {
        wait(time);
        if (!random_.chance(1, 20)) return;
        const std::array<Duration, 4> jumps{Duration(20s), Duration(-3s), std::chrono::days(5),
                                            -std::chrono::days(5)};
        station_.jump(jumps.at(random_.below(jumps.size())));
        wait(2 * schema::lane_heartbeat);  // A crash before it is noticed moves leases.
    }
    void wait(Duration time) {
        // Silent workers lose their leases on the way, and what they lose goes to the next one.
        for (Duration passed{0}; passed < time; passed += 500ms) {
            for (TestWorker* worker : workers()) release(*worker);
            station_.pass(500ms);
            look();
        }
    }
    // Something is done and nobody is told: the crash comes before the sync.
    void crash() {
        station_.stop_syncing();
        TestWorker& worker = any_worker();
        switch (random_.below(4)) {
            case 0: station_.send("q", "lost"); break;
            case 1: station_.receive("q", 3); break;
            case 2: move_back(); break;
            default:
                release(worker);
                if (!worker.held.empty()) worker.ack(worker.held.front());
        }
        station_.restart();
        station_.core().check_invariants();
    }
    // Everything that is owed comes out in the end.
    void finish() {
        for (TestWorker* worker : workers()) start_anew(*worker);
        look();
        for (int round = 0; round < 3'000; ++round) {
            for (TestWorker* worker : workers()) {
                while (!worker->held.empty()) {
                    ack_first(*worker);
                    look();
                }
                worker->hello();
            }
            look();
            pass(500ms);
            if (station_.metric("onput_queue_all_messages") == 0) break;
        }
        for (const auto& [body, known] : known_) {
            EXPECT_TRUE(known.is_removed) << "promise 1: " << body;
        }
    }
    void ack_first(TestWorker& worker) {
        const std::uint64_t lease = worker.held.front();
        const double stale = station_.metric("onput_lane_stale_total");
        worker.ack(lease);
        if (station_.metric("onput_lane_stale_total") == stale) {
            known_[granted_[lease]].is_removed = true;
        }
    }

    Station station_;
    Random random_;
    TestWorker one_{station_, "one", 3};
    TestWorker two_{station_, "two", 5};
    std::map<std::string, Known> known_;
    std::vector<std::pair<std::string, schema::ReceivedMessage>> received_;
    std::map<std::uint64_t, std::string> granted_;
};

TEST(RandomOperations, the_promises_of_a_queue_hold_from_many_seeds) {
    double moved = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Play play(seed);
        play.run();
        if (HasFatalFailure() || HasNonfatalFailure()) return;
        moved += play.moved();
    }
    // Messages do go back, or nothing is said of those that do.
    EXPECT_GT(moved, seeds);
}

}  // namespace
}  // namespace onput::queue
