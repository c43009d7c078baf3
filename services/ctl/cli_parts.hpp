// What all command lines have in common.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace onput::ctl {

// Options of all commands may stand before the command or behind it.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& examples);

}  // namespace onput::ctl
