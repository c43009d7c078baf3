// Load: many keep-alive connections to one HTTP server, each with one request open, from one
// thread. Requests come rendered from a callback; of answers only status and length are read. For
// `onput bench`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::ctl {

struct LoadOptions {
    std::string url;  // "http://127.0.0.1:4566"
    std::uint32_t clients = 32;
    Duration duration = std::chrono::seconds(5);
};

struct LoadResult {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;  // Any status but 200.
    std::string first_failure;   // Of the first one, its body.
    Duration elapsed{};
    std::vector<Duration> latencies;  // Of each request, unordered.

    [[nodiscard]] double per_second() const;
    // The latency that a share (0 to 1) of the requests stayed within.
    [[nodiscard]] Duration percentile(double share);
};

// The whole request, head and body, for the connection's next turn.
using MakeRequest = std::function<Result<std::string>(std::uint64_t number)>;

Result<LoadResult> run_load(const LoadOptions& options, const MakeRequest& make_request);

}  // namespace onput::ctl
