// `onput explain`: which rules an event would match, and why the others do not.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/json.hpp"
#include "common/schema/storage.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

ExitCode run_explain(const GlobalOptions& global, const ExplainOptions& options) {
    const auto url = parse_object_url(options.subject);
    if (!url) return report("explain", url.error());
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("explain", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const schema::ExplainEvent request{
        .bucket = url->bucket, .key = url->key, .event_name = options.event};
    const auto answer = peers.ask(peers.storage(), request);
    if (!answer) return report("explain", answer.error());
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(*answer));
        return ExitCode::ok;
    }
    if (!global.quiet) {
        fmt::print(stderr, "{} for {} ({})\n", printable(options.event), printable(options.subject),
                   answer->object_exists ? "the object exists" : "there is no such object now");
    }
    if (answer->rules.empty()) {
        fmt::print("bucket {} has no notification rules: the event goes to the journal only\n",
                   printable(url->bucket));
        return ExitCode::ok;
    }
    Table table({"RULE", "MATCHES", "DESTINATION", "WHY"});
    for (const auto& rule : answer->rules) {
        table.add(
            {rule.rule_id, rule.matches ? "yes" : "no", short_arn(rule.destination_arn), rule.why});
    }
    fmt::print("{}", table.text());
    return ExitCode::ok;
}

}  // namespace onput::ctl
