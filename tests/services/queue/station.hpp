// Station: a queue service in a box for tests: its core, a store that forgets what was not synced,
// and a clock that is a variable. It drives the core as the shell does, and speaks the domain's
// words.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/store/readable_view.hpp"
#include "services/queue/core.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::queue {

inline constexpr const char* test_account = "000000000000";

class Station {
public:
    explicit Station(CoreOptions options = {});

    // A request of the owner's account, or of another, and the end of its turn.
    template <typename Request>
    auto ask(const Request& request, const std::string& account = test_account) {
        return ask(request, caller(account));
    }
    template <typename Request>
    auto ask(const Request& request, const Caller& from) {
        Effects effects;
        auto result = ready().execute(request, from, effects);
        apply(std::move(effects));
        end_turn();
        return result;
    }
    void send(const Control& message);

    // Time passes; whatever falls due in between happens when it is due.
    void pass(Duration time);
    // Sets the wall clock; the other one goes on.
    void jump(Duration by) { now += by; }
    // Time passes without anything happening: the process was stopped.
    void stop(Duration time) {
        now += time;
        monotonic_ += time;
    }
    // The process dies and starts again.
    void restart();
    // Runs a turn without syncing what it commits.
    void stop_syncing() { is_syncing_ = false; }

    // For tests with very many messages, where looking through all after each step takes long.
    void stop_checking() { is_checking_ = false; }

    void create_queue(const std::string& name, Attributes attributes = {});
    std::string send(const std::string& queue, const std::string& body);
    std::vector<schema::ReceivedMessage> receive(const std::string& queue,
                                                 std::uint32_t messages_max = 1);
    // Starts a receive that waits; its answer comes to `answers`.
    WaitId wait_for(const std::string& queue, std::uint32_t wait_ms,
                    const std::string& wait_id = {}, std::uint32_t messages_max = 1);
    schema::EntryResult remove(const std::string& queue, const std::string& receipt);
    schema::EntryResult change_visibility(const std::string& queue, const std::string& receipt,
                                          std::uint32_t visibility_s);
    std::string attribute(const std::string& queue, const std::string& name);

    schema::FunctionInfo put_function(schema::FunctionInfo function);
    void invoke(const std::string& function, std::uint64_t number, const std::string& body);
    std::string story(const std::string& trace_id);

    double metric(const std::string& name) const;
    [[nodiscard]] Duration elapsed() const { return monotonic_; }
    Core& core() { return *core_; }
    support::MemoryStore& store() { return store_; }
    const support::MemoryStore& store() const { return store_; }
    Caller caller(const std::string& account) const;

    Timestamp now;
    std::map<WaitId, schema::MessagesReceived> answers;
    std::vector<schema::LaneGrants> grants;  // As sent, oldest first.
    std::vector<std::string> lanes;          // "+ worker endpoint", "- worker"

private:
    // The core, told both clocks as its host does before each command.
    Core& ready();
    void apply(Effects effects);
    void end_turn();
    void start();

    Duration monotonic_ = std::chrono::hours(1);
    Duration timer_at_{};  // As its host arms it at the end of a turn.
    CoreOptions options_;
    support::MemoryStore store_;
    std::unique_ptr<store::ReadableView> readable_;
    std::unique_ptr<Core> core_;
    bool is_syncing_ = true;
    bool is_checking_ = true;
    std::uint64_t seed_ = 1;
};

// A worker at the other end of a lane, which answers when told to.
class TestWorker {
public:
    TestWorker(Station& station, std::string id, std::uint32_t places)
        : station_(station), id_(std::move(id)), places_(places) {}

    std::string kind;
    std::vector<std::string> queues;
    std::string call_endpoint;
    std::uint64_t epoch = 1;

    // Takes over what was granted to it since the last look.
    std::vector<schema::LaneGrant> look();
    // As look, but they never reached it.
    void lose();
    void hello();
    void ack(std::uint64_t lease, const std::string& summary = {});
    void ack(std::uint64_t lease, const schema::JobOutcome& outcome);
    void nack(std::uint64_t lease, const std::string& code, bool is_permanent = false,
              bool is_counted = true);
    void nack(schema::LaneNack message);  // From this worker.
    void extend(std::uint64_t lease, std::uint32_t visibility_ms);
    void bye(std::vector<std::uint64_t> unstarted);
    // A new process under the old name.
    void start_anew();

    [[nodiscard]] const std::string& id() const { return id_; }
    std::vector<std::uint64_t> held;

private:
    std::vector<schema::LaneGrant> collect();

    Station& station_;
    std::string id_;
    std::uint32_t places_;
    std::uint64_t received_ = 0;
};

}  // namespace onput::queue
