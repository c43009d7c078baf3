#include "services/gateway/request_metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/runtime/health.hpp"
#include "services/gateway/lambda/service.hpp"
#include "services/gateway/lambda/url/serve.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/services.hpp"

namespace onput::gateway {

void OperationMetrics::count(int status, Duration took) {
    if (status < status_min || status > status_max) status = status_client_gone;
    // Nothing is ordered by these.
    by_status_[static_cast<std::size_t>(status - status_min)].fetch_add(1,
                                                                        std::memory_order_relaxed);
    seconds_.add(took);
}

RequestMetrics::RequestMetrics(std::string service, const std::vector<std::string_view>& operations)
    : service_(std::move(service)), operations_(operations.size() + 1) {
    for (std::size_t i = 0; i < operations.size(); ++i) operations_[i].name_ = operations[i];
    operations_.back().name_ = "unknown";
}

OperationMetrics& RequestMetrics::of(std::string_view operation) {
    const auto found = std::ranges::find(operations_, operation, &OperationMetrics::name_);
    return found != operations_.end() ? *found : unknown();
}

void RequestMetrics::add_metrics(std::vector<schema::Metric>& metrics) const {
    for (const auto& operation : operations_) {
        const std::string label = fmt::format("op=\"{}\"", operation.name_);
        const auto seconds = operation.seconds_.snapshot();
        if (seconds.count() == 0) continue;
        for (std::size_t i = 0; i < operation.by_status_.size(); ++i) {
            const auto count = operation.by_status_[i].load(std::memory_order_relaxed);
            if (count == 0) continue;
            metrics.push_back(
                {.name = fmt::format("onput_{}_requests_total{{{},code=\"{}\"}}", service_, label,
                                     OperationMetrics::status_min + static_cast<int>(i)),
                 .value = static_cast<double>(count)});
        }
        const std::string family = fmt::format("onput_{}_request_seconds", service_);
        runtime::add_histogram({.family = family, .labels = label}, seconds, metrics);
    }
}

ServiceMetrics::ServiceMetrics() {
    services_.try_emplace("s3", "s3", s3::operation_names());
    for (const auto* service : served_services()) {
        auto names = aws::operation_names(*service);
        if (service == &lambda::service()) names.push_back(lambda::url_request);
        services_.try_emplace(service->name, std::string(service->name), names);
    }
}

RequestMetrics& ServiceMetrics::of(std::string_view service) {
    const auto found = services_.find(service);
    ONPUT_CHECK(found != services_.end());
    return found->second;
}

void ServiceMetrics::add_metrics(std::vector<schema::Metric>& metrics) const {
    for (const auto& [name, requests] : services_) requests.add_metrics(metrics);
}

}  // namespace onput::gateway
