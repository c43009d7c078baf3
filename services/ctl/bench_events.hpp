// How long an upload waits for a handler: a part of `onput bench function`.
#pragma once

#include <vector>

#include "services/ctl/bench.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

// From the acknowledgement of a PUT to the first line of the handler that its bucket's notification
// names, warm, one upload after another: milliseconds, in rising order. The handler's clock is this
// machine's. It leaves the bucket and the function onput-bench-events. unavailable: a handler has
// not begun in time.
Result<std::vector<double>> measure_events(const Instance& instance, Peers& peers);

}  // namespace onput::ctl
