// The command lines of `onput tail`, `replay` and `reconcile`.
#pragma once

#include <functional>

#include "services/ctl/journal_commands.hpp"

namespace CLI {
class App;
}

namespace onput::ctl {

// What a command line that is being read chooses; CLI11 keeps references to all of it.
struct JournalChoices {
    const GlobalOptions& global;
    std::function<ExitCode()>& run;
    TailSettings tail = {};
    bool follow = false;
    bool no_follow = false;
    ReplaySettings replay = {};
    bool lists_replays = false;
    ReconcileSettings reconcile = {};
};

void add_journal(CLI::App& app, JournalChoices& choices);

}  // namespace onput::ctl
