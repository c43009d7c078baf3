// Network: calls, lanes and the bus between simulated processes.
//
// A call may be late, overtaken, lost or doubled, and so may its reply; its callback is called
// exactly once, with `timeout` or `unavailable` (peer_lost) in the end. A pipe is a connection of a
// lane: in order, and what is under way is lost with either of its ends. Requests between services
// are calls (requests.hpp).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "tests/sim/node.hpp"

namespace onput::sim {

template <typename Reply>
using Answer = std::function<void(Result<Reply>)>;

struct Link {
    Node& from;
    Node& to;
    Duration timeout = seconds(30);
};

class Network {
public:
    explicit Network(World& world) : world_(world) {}

    // `serve` runs in a turn of the callee, once or more often or never; `done` in one of the
    // caller, unless the caller's life has ended.
    template <typename Reply>
    void call(const Link& link, std::function<void(Answer<Reply>)> serve, Answer<Reply> done) {
        // Shared by all that can end the call: the reply, the time-out, the callee's death.
        auto is_open = std::make_shared<bool>(true);
        const auto finish = [is_open, done = std::move(done)](Result<Reply> result) {
            if (std::exchange(*is_open, false)) done(std::move(result));
        };
        const Answer<Reply> answer = [this, from = &link.from, life = link.from.life(),
                                      finish](Result<Reply> result) {
            carry([from, life, finish, result = std::move(result)] {
                if (from->life() == life) from->post([finish, result] { finish(result); });
            });
        };
        const auto give_up = [from = &link.from, life = link.from.life(), finish](Error error) {
            if (from->life() != life) return;
            from->post([finish, error = std::move(error)] { finish(std::unexpected(error)); });
        };
        const Duration deadline = world_.elapsed() + link.timeout;
        const auto deliver = [serve = std::move(serve), answer] { serve(answer); };
        carry([this, to = &link.to, deliver, give_up, deadline] {
            arrive({*to, deadline}, deliver, give_up);
        });
        if (world_.chance(world_.faults.duplicate_permille)) {
            world_.after(world_.between(milliseconds(1), seconds(20)),
                         [to = &link.to, deliver] { to->post(deliver); });
        }
        world_.after(link.timeout, [give_up] { give_up(timed_out()); });
    }

    // A message of the bus: it comes or it does not.
    void publish(Node& to, UniqueFunction<void()> work) {
        carry([&to, work = std::move(work)]() mutable { to.post(std::move(work)); });
    }

private:
    struct Arrival {
        Node& to;
        Duration deadline;
    };
    using GiveUp = std::function<void(Error)>;

    void carry(UniqueFunction<void()> arrive);
    void arrive(const Arrival& at, const std::function<void()>& deliver, const GiveUp& give_up);
    static Error timed_out();

    World& world_;
};

// One direction of a lane's connection.
class Pipe {
public:
    Pipe(World& world, Node& to) : world_(world), to_(to) {}

    // While the other end is away, it waits.
    void send(UniqueFunction<void()> work);
    // Loses what is under way, and all that is sent for so long.
    void cut(Duration time) { cut_until_ = world_.elapsed() + time; }

private:
    void flush();

    World& world_;
    Node& to_;
    Duration last_arrival_{};
    Duration cut_until_{};
    bool is_polling_ = false;
    std::deque<UniqueFunction<void()>> waiting_;
};

}  // namespace onput::sim
