#include "common/runtime/health.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "common/runtime/metric_help.hpp"

namespace onput::runtime {
namespace {

constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

// "onput_queue_messages{queue=\"a\"}" is a sample of "onput_queue_messages".
std::string_view sample_name(const schema::Metric& metric) {
    return std::string_view(metric.name).substr(0, metric.name.find('{'));
}

enum class Type { counter, gauge, histogram, summary };

std::string_view to_string(Type type) {
    switch (type) {
        case Type::counter: return "counter";
        case Type::gauge: return "gauge";
        case Type::histogram: return "histogram";
        case Type::summary: return "summary";
    }
    return "untyped";
}

// Which families have several names of samples. Refers to the metrics that it was made of.
class Families {
public:
    explicit Families(const std::vector<schema::Metric>& metrics) {
        std::set<std::string_view> sums;
        for (const auto& metric : metrics) {
            const std::string_view name = sample_name(metric);
            const std::string_view stem = name.substr(0, name.rfind('_'));
            if (name.ends_with("_bucket")) histograms_.insert(stem);
            if (name.ends_with("_sum")) sums.insert(stem);
        }
        for (const auto& metric : metrics) {
            const std::string_view name = sample_name(metric);
            const std::string_view stem = name.substr(0, name.rfind('_'));
            if (name.ends_with("_count") && sums.contains(stem)) summaries_.insert(stem);
        }
    }

    struct Family {
        std::string_view name;
        Type type = Type::gauge;
    };
    [[nodiscard]] Family of(std::string_view name) const {
        const std::string_view stem = name.substr(0, name.rfind('_'));
        const bool is_part =
            name.ends_with("_bucket") || name.ends_with("_sum") || name.ends_with("_count");
        if (is_part && histograms_.contains(stem)) return {stem, Type::histogram};
        if (is_part && summaries_.contains(stem)) return {stem, Type::summary};
        return {name, name.ends_with("_total") ? Type::counter : Type::gauge};
    }

private:
    std::set<std::string_view> histograms_;
    std::set<std::string_view> summaries_;
};

struct Sample {
    Families::Family family;
    const schema::Metric* metric;

    // A histogram's buckets stay in the order in which they were given, that of their bounds, which
    // the order of their names is not.
    [[nodiscard]] std::tuple<std::string_view, std::string_view, const schema::Metric*> order()
        const {
        const bool is_sorted = family.type == Type::counter || family.type == Type::gauge;
        return {family.name, is_sorted ? std::string_view(metric->name) : std::string_view(),
                metric};
    }
};

}  // namespace

std::string format_metrics(const std::vector<schema::Metric>& metrics) {
    const Families families(metrics);
    std::vector<Sample> samples;
    samples.reserve(metrics.size());
    for (const auto& metric : metrics)
        samples.push_back({families.of(sample_name(metric)), &metric});
    std::ranges::sort(samples, {}, &Sample::order);
    std::string text;
    std::string_view family;
    for (const auto& sample : samples) {
        if (sample.family.name != family) {
            family = sample.family.name;
            if (const auto help = metric_help(family); !help.empty()) {
                text += fmt::format("# HELP {} {}\n", family, help);
            }
            text += fmt::format("# TYPE {} {}\n", family, to_string(sample.family.type));
        }
        text += fmt::format("{} {}\n", sample.metric->name, sample.metric->value);
    }
    return text;
}

void add_histogram(const HistogramName& name, const HistogramSnapshot& snapshot,
                   std::vector<schema::Metric>& metrics) {
    const auto seconds = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
    const std::string_view comma = name.labels.empty() ? "" : ",";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < snapshot.buckets.size(); ++i) {
        below += snapshot.buckets[i];
        const std::string bound = i < histogram_bounds.size()
                                      ? fmt::format("{}", seconds(histogram_bounds[i]))
                                      : std::string("+Inf");
        metrics.push_back({.name = fmt::format("{}_bucket{{{}{}le=\"{}\"}}", name.family,
                                               name.labels, comma, bound),
                           .value = static_cast<double>(below)});
    }
    const std::string labels =
        name.labels.empty() ? std::string() : fmt::format("{{{}}}", name.labels);
    metrics.push_back(
        {.name = fmt::format("{}_sum{}", name.family, labels), .value = seconds(snapshot.sum)});
    metrics.push_back({.name = fmt::format("{}_count{}", name.family, labels),
                       .value = static_cast<double>(below)});
}

HealthAnswer answer_health(std::string_view method, std::string_view target,
                           const HealthReport& report) {
    if (method != "GET" && method != "HEAD") return {.status = 405, .body = "only GET and HEAD\n"};
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/_onput/livez") return {.body = "alive\n"};
    if (path == "/_onput/readyz") {
        if (report.waiting_for.empty()) return {.body = "ready\n"};
        HealthAnswer answer{.status = 503};
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
