#include "common/runtime/health.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace onput::runtime {
namespace {

constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

// "onput_queue_messages{queue=\"a\"}" belongs to the family "onput_queue_messages".
std::string_view family_of(std::string_view name) {
    return name.substr(0, name.find('{'));
}

}  // namespace

std::string format_metrics(std::vector<schema::Metric> metrics) {
    std::ranges::stable_sort(metrics, {}, [](const schema::Metric& metric) {
        return std::pair(family_of(metric.name), std::string_view(metric.name));
    });
    std::string text;
    std::string_view family;
    for (const auto& metric : metrics) {
        if (family_of(metric.name) != family) {
            family = family_of(metric.name);
            text += fmt::format("# TYPE {} {}\n", family,
                                family.ends_with("_total") ? "counter" : "gauge");
        }
        text += fmt::format("{} {}\n", metric.name, metric.value);
    }
    return text;
}

HealthAnswer answer_health(std::string_view method, std::string_view target,
                           const HealthReport& report) {
    if (method != "GET" && method != "HEAD") return {.status = 405, .body = "only GET and HEAD\n"};
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/_onput/livez") return {.body = "alive\n"};
    if (path == "/_onput/readyz") {
        if (report.waiting_for.empty()) return {.body = "ready\n"};
        HealthAnswer answer{.status = 503, .body = {}};
        for (const auto& lacking : report.waiting_for)
            answer.body += "waiting for " + lacking + "\n";
        return answer;
    }
    if (path == "/_onput/metrics") {
        return {.content_type = std::string(metrics_content_type),
                .body = format_metrics(report.metrics)};
    }
    return {.status = 404, .body = "there are /_onput/livez, /_onput/readyz and /_onput/metrics\n"};
}

}  // namespace onput::runtime
