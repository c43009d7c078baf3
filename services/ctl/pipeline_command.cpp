// `onput pipeline apply`.
#include <fmt/format.h>

#include "services/ctl/commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

ExitCode run_pipeline_apply(const GlobalOptions& global, const std::string& file) {
    const auto pipeline = read_pipeline(file);
    if (!pipeline) return report("pipeline apply", pipeline.error());
    const auto instance = read_instance(data_directory(global.data));
    if (!instance) return report("pipeline apply", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto changes = apply_pipeline(*pipeline, *instance, peers);
    if (!changes) return report("pipeline apply", changes.error());
    if (global.output == OutputFormat::json) {
        std::string list;
        for (const auto& change : *changes) {
            list += fmt::format("{}{{\"kind\":\"{}\",\"name\":\"{}\",\"change\":\"{}\"}}",
                                list.empty() ? "" : ",", change.kind, change.name, change.what);
        }
        fmt::print("[{}]\n", list);
        return ExitCode::ok;
    }
    Table table({"KIND", "NAME", "CHANGE"});
    for (const auto& change : *changes) table.add({change.kind, change.name, change.what});
    fmt::print("{}", table.text());
    return ExitCode::ok;
}

}  // namespace onput::ctl
