// RequestMetrics: how many requests of each operation ended how, and how long they took. One for
// each service.
//
// Counted on the connections' threads, at the same time and without a lock; read by any thread.
// Bounded: an operation that does not exist here is "unknown", and so is every
// request that was refused before its operation was known (a wrong signature, say).
//
//     onput_s3_requests_total{op="PutObject",code="200"}
//     onput_s3_request_seconds_bucket{op="PutObject",le="0.005"}, _sum, _count
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/histogram.hpp"
#include "common/schema/wire.hpp"

namespace onput::gateway {

// The code of a request whose client was gone before an answer could be sent. As other HTTP servers
// have it; nobody receives it.
inline constexpr int status_client_gone = 499;

class OperationMetrics {
public:
    // `status`: of the answer, or 0 when the client got none. `took`: from the request's head to
    // the answer's last byte.
    void count(int status, Duration took);

private:
    friend class RequestMetrics;
    static constexpr int status_min = 200;
    static constexpr int status_max = 599;

    std::string_view name_;
    std::array<std::atomic<std::uint64_t>, status_max - status_min + 1> by_status_{};
    Histogram seconds_;
};

class RequestMetrics {
public:
    // The names are kept as they are: they live for ever.
    RequestMetrics(std::string service, const std::vector<std::string_view>& operations);

    // Where requests of this name are counted. Lives as long as this.
    OperationMetrics& of(std::string_view operation);
    OperationMetrics& unknown() { return operations_.back(); }

    // What was never asked for is left out.
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    std::string service_;                       // "s3"
    std::vector<OperationMetrics> operations_;  // The last one is "unknown".
};

// Of all services of a gateway.
class ServiceMetrics {
public:
    ServiceMetrics();

    // "s3", or the name of a service that is served.
    RequestMetrics& of(std::string_view service);
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    std::map<std::string_view, RequestMetrics> services_;
};

}  // namespace onput::gateway
