// `onput healthcheck`: one request to one service, for container engines.
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {

ExitCode run_healthcheck(const GlobalOptions& global, const std::string& url) {
    const auto answer = get_unsigned(url);
    if (!answer) {
        report("healthcheck", answer.error());
        return ExitCode::failed;
    }
    if (!global.quiet) fmt::print("{}", printable_lines(answer->body));
    return answer->status == 200 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
