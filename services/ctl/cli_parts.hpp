// What all command lines have in common.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace onput::ctl {

// Options of all commands may stand before the command or behind it.
inline CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                             const std::string& examples) {
    auto* command = app.add_subcommand(name, summary);
    command->footer("Examples:\n" + examples);
    command->fallthrough();
    return command;
}

}  // namespace onput::ctl
