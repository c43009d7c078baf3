// `onput pipeline apply`.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {
namespace {

// What was done, also when something failed afterwards.
void print_changes(const GlobalOptions& global, const std::vector<PipelineChange>& changes) {
    if (global.output == OutputFormat::json) {
        json::Writer list;
        list.begin_array();
        for (const auto& change : changes) {
            list.begin_object();
            list.name("kind");
            list.text(change.kind);
            list.name("name");
            list.text(change.name);
            list.name("change");
            list.text(change.what);
            list.end_object();
        }
        list.end_array();
        fmt::print("{}\n", list.take());
        return;
    }
    if (changes.empty()) return;
    Table table({"KIND", "NAME", "CHANGE"});
    for (const auto& change : changes) table.add({change.kind, change.name, change.what});
    fmt::print("{}", table.text());
}

// Subscriptions whose messages wait, because the instance lacks what their protocols need.
void warn_of_waiting(const std::vector<Pipeline>& pipelines, Peers& peers) {
    const auto list = peers.ask(peers.notifier(), schema::ListDestinations{});
    if (!list) return;  // Only a warning; applying said what failed.
    for (const auto& pipeline : pipelines) {
        for (const auto& subscription : pipeline.subscriptions) {
            const auto lack = list->unconfigured.find(subscription.protocol);
            if (lack == list->unconfigured.end()) continue;
            fmt::print(
                stderr,
                "onput pipeline apply: warning: {} from topic {} to {} waits: {}; set it and "
                "start the instance again\n",
                subscription.protocol, printable(subscription.topic),
                printable(subscription.endpoint), lack->second);
        }
    }
}

}  // namespace

ExitCode run_pipeline_apply(const GlobalOptions& global, const std::vector<std::string>& files) {
    // All of them are read before the first is applied.
    std::vector<Pipeline> pipelines;
    for (const auto& file : files) {
        auto pipeline = read_pipeline(file);
        if (!pipeline) return report("pipeline apply", pipeline.error());
        pipelines.push_back(*std::move(pipeline));
    }
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("pipeline apply", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    std::vector<PipelineChange> changes;
    Result<void> applied;
    for (std::size_t i = 0; i < pipelines.size() && applied; ++i) {
        applied = apply_pipeline(pipelines[i], *instance, peers, changes);
        if (!applied) applied = std::unexpected(Error(applied.error()).with_context(files[i]));
    }
    print_changes(global, changes);
    if (!applied) return report("pipeline apply", applied.error());
    if (!global.quiet) warn_of_waiting(pipelines, peers);
    return ExitCode::ok;
}

}  // namespace onput::ctl
