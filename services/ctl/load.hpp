// Load: many keep-alive connections to one HTTP server, each with one request open, from one
// thread. Requests come rendered from a callback, and may share a body; of answers only status and
// length are read. For `onput bench`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::ctl {

struct LoadOptions {
    std::string url;  // "http://127.0.0.1:4566"
    std::uint32_t clients = 32;
    Duration duration = std::chrono::seconds(5);
    std::uint64_t requests_max = UINT64_MAX;  // It ends with these, if not with its time.
    std::string_view body = {};               // Behind each request; it outlives the load.
    bool are_heads = false;                   // HEAD: answers have no bodies.
};

struct LoadResult {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;  // Any status of 300 and above.
    std::string first_failure;   // Of the first one, its body.
    std::uint64_t bytes = 0;     // Of all answers.
    Duration elapsed{};
    std::vector<Duration> latencies;  // Of each request, unordered.

    [[nodiscard]] double per_second() const;
    // The latency that a share (0 to 1) of the requests stayed within.
    [[nodiscard]] Duration percentile(double share);
};

// The whole request, head and body, or all of it that stands before LoadOptions::body.
using MakeRequest = std::function<Result<std::string>(std::uint64_t number)>;

Result<LoadResult> run_load(const LoadOptions& options, const MakeRequest& make_request);

}  // namespace onput::ctl
