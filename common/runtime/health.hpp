// Health: what a service says about itself over HTTP, for container engines, balancers and
// Prometheus.
//
//     GET /_onput/livez    200 while the loop turns (who gets no answer knows that it does not)
//     GET /_onput/readyz   200 when it can do its work, else 503 and what it waits for, a line each
//     GET /_onput/metrics  Prometheus text, version 0.0.4
//
// Answered by the service's own loop, so an answer is proof of life. No TLS and no authentication:
// bind it where only they can reach it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/histogram.hpp"
#include "common/base/result.hpp"
#include "common/schema/wire.hpp"
#include "common/transport/loop.hpp"

namespace onput::runtime {

inline constexpr std::size_t health_connections_max = 64;  // At once; more are closed at once.
inline constexpr std::size_t health_request_bytes_max = 8 * 1024;
inline constexpr Duration health_connection_timeout = std::chrono::seconds(5);

struct HealthReport {
    std::vector<std::string> waiting_for;  // Empty: ready.
    std::vector<schema::Metric> metrics;
};

struct HealthAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

// Pure: the answer to a request for `target`.
HealthAnswer answer_health(std::string_view method, std::string_view target,
                           const HealthReport& report);

// Families sorted by name, each with its help (metric_help.hpp) and type:
//
//     x_total                              a counter
//     x_bucket{le="..."}, x_sum, x_count   a histogram x, its samples in the order given
//     x_sum, x_count                       a summary x, likewise
//     any other                            a gauge
std::string format_metrics(const std::vector<schema::Metric>& metrics);

struct HistogramName {
    std::string_view family;
    std::string_view labels = {};  // "op=\"PutObject\"", or none.
};
// Appends the samples of one histogram, its durations in seconds.
void add_histogram(const HistogramName& name, const HistogramSnapshot& snapshot,
                   std::vector<schema::Metric>& metrics);

class HealthServer {
public:
    // `address`: "127.0.0.1:9100", "[::]:9100"; port 0: a free one. Fails with invalid_argument for
    // anything else, `unavailable` when it is taken.
    static Result<std::unique_ptr<HealthServer>> listen(transport::Loop& loop,
                                                        const std::string& address,
                                                        std::function<HealthReport()> ask);
    virtual ~HealthServer() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
};

}  // namespace onput::runtime
