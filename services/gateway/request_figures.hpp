// RequestFigures: how many requests of each operation ended how, and how long they took. One for
// each protocol.
//
// Counted on the connections' threads, at the same time and without a lock; read by any thread.
// Bounded: an operation that the protocol's own table does not name is "unknown", and so is every
// request that was refused before its operation was known (a wrong signature, say).
//
//     onput_s3_requests_total{op="PutObject",code="200"}
//     onput_s3_request_seconds_bucket{op="PutObject",le="0.005"}, _sum, _count
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/histogram.hpp"
#include "common/schema/wire.hpp"

namespace onput::gateway {

// The code of a request whose client was gone before an answer could be sent. As other HTTP servers
// have it; nobody receives it.
inline constexpr int status_client_gone = 499;

class OperationFigures {
public:
    // `status`: of the answer, or 0 when the client got none. `took`: from the request's head to
    // the answer's last byte.
    void count(int status, Duration took);

private:
    friend class RequestFigures;
    static constexpr int status_min = 200;
    static constexpr int status_max = 599;

    std::string_view name_;
    std::array<std::atomic<std::uint64_t>, status_max - status_min + 1> by_status_{};
    Histogram seconds_;
};

class RequestFigures {
public:
    // The names are kept as they are: they live for ever.
    RequestFigures(std::string protocol, const std::vector<std::string_view>& operations);

    // Where requests of this name are counted. Lives as long as this.
    OperationFigures& of(std::string_view operation);
    OperationFigures& unknown() { return operations_.back(); }

    // What was never asked for is left out.
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    std::string protocol_;                      // "s3"
    std::vector<OperationFigures> operations_;  // The last one is "unknown".
};

// All protocols of a gateway.
struct ProtocolFigures {
    ProtocolFigures();

    RequestFigures s3;
    RequestFigures sqs;
    RequestFigures sns;
};

}  // namespace onput::gateway
