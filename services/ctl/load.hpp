// Load: many keep-alive connections to one HTTP server, each with one request open, from one
// thread. Requests come from a callback; of answers only status and length are read. For
// `onput bench`.
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
    std::uint64_t requests_max = 0;  // So many, however long it takes; 0: as many as there is time.
    bool has_bodies = true;          // False: answers to HEAD.
};

struct LoadResult {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;  // Any status but 2xx.
    std::string first_failure;   // Of the first one, the beginning of its answer.
    Duration elapsed{};
    std::vector<Duration> latencies;    // Of each request, unordered.
    std::vector<Duration> first_bytes;  // Until its answer's body began, likewise.

    [[nodiscard]] double per_second() const;
    // The latency that a share (0 to 1) of the requests stayed within.
    [[nodiscard]] Duration percentile(double share);
    [[nodiscard]] Duration first_byte_percentile(double share);
};

struct LoadRequest {
    std::string head;
    std::string_view body;  // Repeated until there are body_bytes; lives as long as the load.
    std::uint64_t body_bytes = 0;
};

// The connection's next request. Numbers count from 0 over all connections.
using MakeRequest = std::function<Result<LoadRequest>(std::uint64_t number)>;

Result<LoadResult> run_load(const LoadOptions& options, const MakeRequest& make_request);

}  // namespace onput::ctl
