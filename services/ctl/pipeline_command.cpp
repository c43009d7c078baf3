// `onput pipeline apply`.
#include <fmt/format.h>

#include "services/ctl/commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

ExitCode run_pipeline_apply(const GlobalOptions& global, const std::vector<std::string>& files) {
    // All of them are read before the first is applied.
    std::vector<Pipeline> pipelines;
    for (const auto& file : files) {
        auto pipeline = read_pipeline(file);
        if (!pipeline) return report("pipeline apply", pipeline.error());
        pipelines.push_back(*std::move(pipeline));
    }
    const auto instance = read_instance(data_directory(global.data));
    if (!instance) return report("pipeline apply", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    std::vector<PipelineChange> changes;
    for (const auto& pipeline : pipelines) {
        const auto made = apply_pipeline(pipeline, *instance, peers);
        if (!made) return report("pipeline apply", made.error());
        changes.insert(changes.end(), made->begin(), made->end());
    }
    if (global.output == OutputFormat::json) {
        std::string list;
        for (const auto& change : changes) {
            list += fmt::format("{}{{\"kind\":\"{}\",\"name\":\"{}\",\"change\":\"{}\"}}",
                                list.empty() ? "" : ",", change.kind, change.name, change.what);
        }
        fmt::print("[{}]\n", list);
        return ExitCode::ok;
    }
    Table table({"KIND", "NAME", "CHANGE"});
    for (const auto& change : changes) table.add({change.kind, change.name, change.what});
    fmt::print("{}", table.text());
    return ExitCode::ok;
}

}  // namespace onput::ctl
