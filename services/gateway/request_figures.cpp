#include "services/gateway/request_figures.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/runtime/health.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/sns/operation.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway {

void OperationFigures::count(int status, Duration took) {
    if (status < status_min || status > status_max) status = status_client_gone;
    // Nothing is ordered by these: they are figures.
    by_status_[static_cast<std::size_t>(status - status_min)].fetch_add(1,
                                                                        std::memory_order_relaxed);
    seconds_.add(took);
}

RequestFigures::RequestFigures(std::string protocol,
                               const std::vector<std::string_view>& operations)
    : protocol_(std::move(protocol)), operations_(operations.size() + 1) {
    for (std::size_t i = 0; i < operations.size(); ++i) operations_[i].name_ = operations[i];
    operations_.back().name_ = "unknown";
}

OperationFigures& RequestFigures::of(std::string_view operation) {
    const auto found = std::ranges::find(operations_, operation, &OperationFigures::name_);
    return found != operations_.end() ? *found : unknown();
}

void RequestFigures::add_metrics(std::vector<schema::Metric>& metrics) const {
    for (const auto& operation : operations_) {
        const std::string label = fmt::format("op=\"{}\"", operation.name_);
        const auto seconds = operation.seconds_.snapshot();
        if (seconds.count() == 0) continue;
        for (std::size_t i = 0; i < operation.by_status_.size(); ++i) {
            const auto count = operation.by_status_[i].load(std::memory_order_relaxed);
            if (count == 0) continue;
            metrics.push_back(
                {.name = fmt::format("onput_{}_requests_total{{{},code=\"{}\"}}", protocol_, label,
                                     OperationFigures::status_min + static_cast<int>(i)),
                 .value = static_cast<double>(count)});
        }
        const std::string family = fmt::format("onput_{}_request_seconds", protocol_);
        runtime::add_histogram({.family = family, .labels = label}, seconds, metrics);
    }
}

ProtocolFigures::ProtocolFigures()
    : s3("s3", s3::operation_names()),
      sqs("sqs", sqs::operation_names()),
      sns("sns", sns::operation_names()) {}

}  // namespace onput::gateway
