// The commands of `onput` that read the journal: tail, replay and reconcile. As those of
// commands.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "common/events/filter.hpp"
#include "services/ctl/commands.hpp"

namespace onput::ctl {

struct TailSettings {
    events::FilterOptions filter = {};
    std::string format = {};  // pretty, json, jsonl, cloudevent, template; empty: --output's.
    std::string text_template = {};  // See TailLook.
    std::string since = {};          // "10m", "2h", or ISO 8601.
    std::string until = {};          // Likewise.
    std::uint64_t from_sequence = 0;
    std::uint64_t last = 0;     // Of what is there, only the last so many; 0: from `since` on.
    std::uint64_t count = 0;    // End after so many; 0: never.
    std::uint32_t wait_ms = 0;  // End after so long without a record; 0: never.
    std::string durable = {};   // Go on where the last tail of this name ended; empty: none.
    std::string command = {};   // Run with sh for each, which is its input; empty: print them.
    bool follow = true;
    bool fail_on_gap = false;
};
ExitCode run_tail(const GlobalOptions& global, const TailSettings& options);

struct ReplaySettings {
    // Of records of the journal; of what exists in a bucket only bucket, prefix, suffix and key.
    events::FilterOptions filter = {};
    std::string to = {};  // A destination: see resolve_destination (replay_plan.hpp).
    std::string rule =
        {};  // The destination and the filter of this notification rule of the bucket.
    std::string since = {};  // Begin in the journal, as TailSettings.
    std::string until = {};
    std::uint64_t from_sequence = 0;
    std::string name = {};  // Of the replay; empty: one that follows from the rest.
    bool is_dry_run = false;

    // Otherwise what exists in the bucket.
    [[nodiscard]] bool reads_journal() const {
        return filter.bucket.empty() || !since.empty() || !until.empty() || from_sequence != 0;
    }
};
ExitCode run_replay(const GlobalOptions& global, const ReplaySettings& options);
// The replays that the notifier knows.
ExitCode run_list_replays(const GlobalOptions& global);

struct ReconcileSettings {
    std::string bucket = {};   // Of uploads.
    std::string against = {};  // The bucket of their results.
    std::string prefix = {};   // Of uploads' keys.
    std::string suffix = {};
    bool resends = false;   // What is missing is sent again to the destinations of its rules.
    bool redrives = false;  // The dead letters of what failed go back to where they came from.
};
ExitCode run_reconcile(const GlobalOptions& global, const ReconcileSettings& options);

}  // namespace onput::ctl
