// RateWindow: how many calls were begun in the second that runs. Pure.
#pragma once

#include <cstdint>

#include "common/base/time.hpp"

namespace onput::notifier {

class RateWindow {
public:
    static constexpr Duration period = std::chrono::seconds(1);

    // No more may be begun in this second. A clock that was set back begins a new one.
    [[nodiscard]] bool is_full(Timestamp now, std::uint32_t calls_max) const {
        return calls_max > 0 && begun_ >= calls_max && is_within(now);
    }
    // When one may be begun again.
    [[nodiscard]] Timestamp opens_at() const { return began_ + period; }

    void begin(Timestamp now) {
        if (!is_within(now)) {
            began_ = now;
            begun_ = 0;
        }
        ++begun_;
    }

private:
    [[nodiscard]] bool is_within(Timestamp now) const {
        return now >= began_ && now < began_ + period;
    }

    Timestamp began_;
    std::uint32_t begun_ = 0;
};

}  // namespace onput::notifier
