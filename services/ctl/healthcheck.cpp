// `onput healthcheck`: one request to one service, for container engines.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

// Where each service of a composition listens for this, in its own container.
const std::string container_url = "http://127.0.0.1:9100";

}  // namespace

ExitCode run_healthcheck(const GlobalOptions& global, const std::string& url) {
    std::string chosen = url;
    if (chosen.empty()) {
        const auto instance = read_instance(data_directory(global.data));
        // In a container the keys are not this service's to read, and it needs none.
        const bool is_unsure = !instance && (instance.error().code == ErrorCode::conflict ||
                                             instance.error().code == ErrorCode::permission_denied);
        if (is_unsure) {
            report("healthcheck", instance.error());
            return ExitCode::failed;
        }
        const bool is_here = instance && !instance->is_elsewhere();
        chosen = (is_here ? instance->url : container_url) + "/_onput/readyz";
    }
    const auto answer = get_unsigned(chosen);
    if (!answer) {
        report("healthcheck", answer.error());
        return ExitCode::failed;
    }
    const bool is_ready = answer->status == 200;
    if (global.output == OutputFormat::json) {
        json::Writer out;
        out.begin_object();
        out.name("url");
        out.text(chosen);
        out.name("ready");
        out.boolean(is_ready);
        out.name("detail");
        out.text(answer->body);
        out.end_object();
        fmt::print("{}\n", out.take());
    } else if (!global.quiet) {
        fmt::print("{}", printable_lines(answer->body));
    }
    return is_ready ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
