// BackgroundShare: how much of the loop's time work in the background takes while requests come: a
// share of it for all of it together, in short slices, whatever its rates allow. While nobody asks
// for anything only the rates count.
//
//     slice ─ pause, background_share_parts - 1 times as long ─ slice ─ ...
//
// Pure: times are of the monotonic clock, and of a simulated one a slice takes none.
#pragma once

#include <cstdint>

#include "common/base/time.hpp"

namespace onput::storage {

// While requests come the background has one part of so many.
inline constexpr int background_share_parts = 20;
// No pause is longer: however slow a slice was, the work goes on.
inline constexpr Duration background_pause_max = std::chrono::milliseconds(200);
// A request within this time before: more are to be expected.
inline constexpr Duration requests_come_for = std::chrono::milliseconds(100);

class BackgroundShare {
public:
    // How many requests the service has had so far. Before each slice.
    void note_requests(Duration now, std::uint64_t requests);
    void end_slice(Duration now, Duration took);

    // Zero: a slice may begin.
    [[nodiscard]] Duration wait(Duration now) const;
    // Requests come: a slice is to be short.
    [[nodiscard]] bool is_shared(Duration now) const;

private:
    std::uint64_t requests_ = 0;
    bool has_asked_ = false;  // A request has come, at asked_at_.
    Duration asked_at_{};
    Duration free_at_{};
};

}  // namespace onput::storage
