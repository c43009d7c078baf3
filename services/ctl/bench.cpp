#include "services/ctl/bench.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/ctl/child_instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

using Measure = Result<BenchResult> (*)(const Instance&, const BenchOptions&);

// In the order of bench_names: those of objects, which any S3 endpoint can answer, come first.
constexpr std::array<Measure, bench_names.size()> measures{
    &bench_put,    &bench_get,       &bench_head,     &bench_delete,  &bench_list,
    &bench_upload, &bench_multipart, &bench_download, &bench_notify,  &bench_queue,
    &bench_bus,    &bench_fanout,    &bench_speak,    &bench_function};
constexpr std::size_t object_benches = 8;

// Another S3, as if it were an instance.
Result<BenchResult> measure_elsewhere(std::size_t bench, const BenchOptions& options) {
    if (bench >= object_benches) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--at measures objects: {}",
                                fmt::join(bench_names.begin(), bench_names.begin() + object_benches,
                                          ", ")));
    }
    if (!options.at.starts_with("http://127.0.0.1:")) {
        return fail(ErrorCode::invalid_argument,
                    "--at is http://127.0.0.1:PORT: both sides run on this machine");
    }
    return measures[bench](
        {.url = options.at, .access_key = options.access_key, .secret = options.secret}, options);
}

Result<BenchResult> measure_here(std::size_t bench, const GlobalOptions& global,
                                 const BenchOptions& options) {
    ONPUT_TRY(const auto place, find_workplace(global.data));
    ONPUT_TRY(const auto instance, read_instance(place.data));
    return measures[bench](instance, options);
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
    const auto* found = std::ranges::find(bench_names, options.what);
    if (found == bench_names.end()) return ExitCode::usage;
    const auto bench = static_cast<std::size_t>(found - bench_names.begin());
    const auto result = options.at.empty() ? measure_here(bench, global, options)
                                           : measure_elsewhere(bench, options);
    if (!result) return report("bench " + options.what, result.error());
    print(global, *result);
    return ExitCode::ok;
}

}  // namespace onput::ctl
