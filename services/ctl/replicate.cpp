// `onput replicate`: the replication rules of a bucket for what was there before them, page by
// page. Each page is durable when it is answered, and what is pending or done is left alone: a
// command that was stopped is begun again.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/replication.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

Result<schema::ObjectsReplicated> replicate_all(Peers& peers, const ReplicateOptions& options,
                                                Progress& progress) {
    schema::ReplicateObjects request{.bucket = options.bucket,
                                     .prefix = options.prefix,
                                     .is_failed_only = options.failed,
                                     .is_dry_run = options.dry_run};
    schema::ObjectsReplicated sum;
    do {
        ONPUT_TRY(auto page, peers.ask(peers.storage(), request));
        sum.examined += page.examined;
        sum.queued += page.queued;
        sum.queued_bytes += page.queued_bytes;
        request.from = std::move(page.next);
        request.from_sequencer = page.next_sequencer;
        progress.show(fmt::format("{} versions looked at, {} to be replicated ...", sum.examined,
                                  sum.queued));
    } while (!request.from.empty());
    progress.clear();
    return sum;
}

void print(const GlobalOptions& global, const ReplicateOptions& options,
           const schema::ObjectsReplicated& sum) {
    if (global.output == OutputFormat::json) {
        json::Writer out;
        out.begin_object();
        out.name("bucket");
        out.text(options.bucket);
        out.name("is_dry_run");
        out.boolean(options.dry_run);
        out.name("examined");
        out.natural(sum.examined);
        out.name("queued");
        out.natural(sum.queued);
        out.name("queued_bytes");
        out.natural(sum.queued_bytes);
        out.end_object();
        fmt::print("{}\n", out.take());
        return;
    }
    fmt::print("{}: {} versions looked at, {} ({} bytes) {}\n", printable(options.bucket),
               sum.examined, sum.queued, sum.queued_bytes,
               options.dry_run ? "would be replicated" : "are replicated from now on");
}

}  // namespace

ExitCode run_replicate(const GlobalOptions& global, const ReplicateOptions& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("replicate", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    Progress progress({.quiet = global.quiet});
    const auto sum = replicate_all(peers, options, progress);
    if (!sum) return report("replicate", sum.error());
    print(global, options, *sum);
    return ExitCode::ok;
}

}  // namespace onput::ctl
