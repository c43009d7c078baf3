// ProgressBudget: how long a peer may keep us waiting while bytes flow to or from it. Pure.
//
// Two bounds in one: no single wait longer than `stall`, and in all no more waiting than `stall`
// plus what the bytes moved so far cost at the least rate. So a peer that moves one byte now and
// then is cut off as surely as a silent one, and a fast one is never charged for our own pauses:
// only time spent waiting for it counts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.hpp"

namespace onput::http {

class ProgressBudget {
public:
    struct Limits {
        Duration stall;
        std::uint64_t bytes_per_second_min;
    };

    explicit ProgressBudget(Limits limits) : limits_(limits) {}

    // The longest the next wait may take; zero when the budget is spent.
    [[nodiscard]] Duration allowed_wait() const {
        const auto earned = Duration(static_cast<Duration::rep>(
            static_cast<double>(bytes_) * 1e6 / static_cast<double>(limits_.bytes_per_second_min)));
        return std::clamp(limits_.stall + earned - waited_, Duration::zero(), limits_.stall);
    }

    void add_wait(Duration waited) { waited_ += waited; }
    void add_bytes(std::uint64_t bytes) { bytes_ += bytes; }

private:
    Limits limits_;
    Duration waited_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace onput::http
