#include "tests/sim/network.hpp"

#include <algorithm>

namespace onput::sim {
namespace {

constexpr Duration late_max = seconds(40);  // Longer than any time-out.
constexpr Duration reconnect_period = milliseconds(50);

}  // namespace

void Network::carry(UniqueFunction<void()> arrive) {
    if (world_.chance(world_.faults.loss_permille)) return;
    const bool is_late = world_.chance(world_.faults.late_permille);
    world_.after(is_late ? world_.between(milliseconds(1), late_max)
                         : world_.between(Duration(20), milliseconds(5)),
                 std::move(arrive));
}

void Network::arrive(const Arrival& at, const std::function<void()>& deliver,
                     const GiveUp& give_up) {
    if (!at.to.is_up()) {
        if (world_.elapsed() >= at.deadline) return;
        world_.after(reconnect_period,
                     [this, at, deliver, give_up] { arrive(at, deliver, give_up); });
        return;
    }
    at.to.post(deliver);
    at.to.at_crash([this, give_up] {
        world_.after(world_.between(Duration(20), milliseconds(5)), [give_up] {
            give_up({.code = ErrorCode::unavailable,
                     .message = "the connection broke",
                     .reason = "peer_lost",
                     .details = {}});
        });
    });
}

Error Network::timed_out() {
    return {
        .code = ErrorCode::timeout, .message = "no answer in time", .reason = {}, .details = {}};
}

void Pipe::send(UniqueFunction<void()> work) {
    const Duration arrival =
        std::max(last_arrival_ + Duration(1),
                 world_.elapsed() + world_.between(Duration(20), milliseconds(5)));
    last_arrival_ = arrival;
    world_.after(arrival - world_.elapsed(), [this, work = std::move(work)]() mutable {
        if (world_.elapsed() < cut_until_) return;
        waiting_.push_back(std::move(work));
        flush();
    });
}

void Pipe::flush() {
    if (to_.is_up()) {
        for (auto& work : std::exchange(waiting_, {})) to_.post(std::move(work));
    } else if (!std::exchange(is_polling_, true)) {
        world_.after(reconnect_period, [this] {
            is_polling_ = false;
            flush();
        });
    }
}

}  // namespace onput::sim
