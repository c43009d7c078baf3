// A call of a command to a worker (common/schema/call.hpp): whole, or piece by piece.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "services/ctl/peers.hpp"

namespace onput::ctl {

// Gives each piece to `sink`, and returns the result that comes last. Waits `piece_timeout` for
// each piece. Errors: the worker's; unavailable, reason `no_worker`; those of the sink.
Result<std::string> call_worker(Peers& peers, const std::string& kind, std::string task,
                                const std::function<Result<void>(std::string_view)>& sink,
                                Duration piece_timeout = std::chrono::seconds(60));

}  // namespace onput::ctl
