// `onput failures`: what is in dead-letter queues, and why.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/dead_letters.hpp"
#include "services/ctl/failures_text.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {

ExitCode run_failures(const GlobalOptions& global, const FailuresOptions& options) {
    const auto request = which_letters(options.subject);
    if (!request) return report("failures", request.error());
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("failures", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto found = list_letters(peers, *request, options.count);
    if (!found) return report("failures", found.error());
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", failures_json(found->letters, found->next_after.empty()));
        return ExitCode::ok;
    }
    if (found->letters.empty()) {
        fmt::print("no dead letters{}\n", options.subject.empty()
                                              ? ""
                                              : fmt::format(" of {}", printable(options.subject)));
        if (!global.quiet) {
            fmt::print(stderr,
                       "What a worker refused and set aside is no dead letter: onput tail --type "
                       "job.failed --since 7d --no-follow\n");
        }
        return ExitCode::ok;
    }
    fmt::print("{}", failures_text(found->letters));
    if (global.quiet) return ExitCode::ok;
    if (!found->next_after.empty()) {
        fmt::print(stderr, "\nThere are more: -n {} shows them.\n", 10ULL * options.count);
    }
    fmt::print(stderr,
               "\nTry again, once the cause is mended: onput redrive QUEUE, or one object: "
               "onput redrive s3://...\n");
    return ExitCode::ok;
}

}  // namespace onput::ctl
