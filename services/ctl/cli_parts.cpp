#include "services/ctl/cli_parts.hpp"

#include <CLI/CLI.hpp>

namespace onput::ctl {

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& examples) {
    auto* command = app.add_subcommand(name, summary);
    command->footer("Examples:\n" + examples);
    command->fallthrough();
    return command;
}

}  // namespace onput::ctl
