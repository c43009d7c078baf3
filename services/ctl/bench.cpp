#include "services/ctl/bench.hpp"

#include <array>

#include <fmt/format.h>

#include "services/ctl/child_instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

using Measure = Result<BenchResult> (*)(const Instance&, const BenchOptions&);

Measure find_measure(const std::string& name) {
    static constexpr std::array<std::pair<std::string_view, Measure>, 10> all{
        {{"put", &bench_put},
         {"get", &bench_get},
         {"head", &bench_head},
         {"delete", &bench_delete},
         {"list", &bench_list},
         {"multipart", &bench_multipart},
         {"notify", &bench_notify},
         {"queue", &bench_queue},
         {"bus", &bench_bus},
         {"fanout", &bench_fanout}}};
    for (const auto& [known, measure] : all) {
        if (known == name) return measure;
    }
    return nullptr;
}

void print(const GlobalOptions& global, const BenchResult& result) {
    if (global.output == OutputFormat::json) {
        std::string metrics;
        for (const auto& [name, value] : result.metrics)
            metrics += fmt::format(",\"{}\":{:.3f}", name, value);
        fmt::print("{{\"bench\":\"{}\"{}}}\n", result.title, metrics);
        return;
    }
    fmt::print("{}\n", result.title);
    Table table({"FIGURE", "VALUE"});
    for (const auto& [name, value] : result.metrics)
        table.add({name, fmt::format("{:.{}f}", value, value < 100 ? 3 : 0)});
    fmt::print("{}", table.text());
}

}  // namespace

ExitCode run_bench(const GlobalOptions& global, const BenchOptions& options) {
    const auto measure = find_measure(options.what);
    if (measure == nullptr) return ExitCode::usage;
    const auto place = find_workplace(global.data);
    if (!place) return report("bench", place.error());
    const auto instance = read_instance(place->data);
    if (!instance) return report("bench", instance.error());
    const auto result = measure(*instance, options);
    if (!result) return report("bench " + options.what, result.error());
    print(global, *result);
    return ExitCode::ok;
}

}  // namespace onput::ctl
