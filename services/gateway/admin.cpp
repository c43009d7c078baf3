#include "services/gateway/admin.hpp"

namespace onput::gateway {

std::vector<schema::Metric> request_metrics(const Shared& shared) {
    std::vector<schema::Metric> metrics{
        {.name = "onput_http_requests_total",
         .value = static_cast<double>(shared.requests_total.load())},
        {.name = "onput_http_errors_total",
         .value = static_cast<double>(shared.errors_total.load())}};
    const auto add_budget = [&metrics](const std::string& name, const auto& budget,
                                       std::size_t bytes_max) {
        const auto add = [&](const char* suffix, auto value) {
            metrics.push_back({.name = name + suffix, .value = static_cast<double>(value)});
        };
        add("_bytes", budget.bytes_in_use());
        add("_bytes_max", bytes_max);
        add("_refused_total", budget.refused_total());
    };
    using enum MemoryBudget::Use;
    add_budget("onput_http_body_memory", shared.body_memory,
               shared.body_memory.bytes_max(essential));
    add_budget("onput_http_head_memory", shared.head_memory, shared.head_memory.bytes_max());
    add_budget("onput_http_read_ahead_memory", shared.read_ahead_memory,
               shared.read_ahead_memory.bytes_max(essential));
    shared.metrics.add_metrics(metrics);
    return metrics;
}

http::Task<void> serve_admin(RequestContext& context) {
    const auto& head = context.head();
    const auto report = context.shared.health ? context.shared.health() : runtime::HealthReport();
    auto answer = runtime::answer_health(head.method, head.path, report);
    http::ResponseHead answer_head{.status = answer.status,
                                   .headers = {{"Content-Type", answer.content_type}},
                                   .content_length = {}};
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(
        co_await context.exchange.respond(std::move(answer_head), std::move(answer.body)));
}

}  // namespace onput::gateway
