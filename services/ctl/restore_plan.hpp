// RestorePlan: what a restore into a data directory is about to do. It lies in the directory from
// before the first byte is written until all is in its place, so that one that was killed is told
// from an instance, and can be done again.
//
//     DATA/restore.part/PLAN       this
//     DATA/restore.part/storage    copied, and not in its place yet
//     DATA/notifier                in its place already
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::ctl {

// Below a data directory, and below a cold directory that is elsewhere.
inline constexpr std::string_view unfinished_folder = "restore.part";

struct RestorePlan {
    std::string backup_id;
    std::vector<std::string> services;
    std::string cold_directory;
    friend bool operator==(const RestorePlan&, const RestorePlan&) = default;
};

std::string to_text(const RestorePlan& plan);
// Nothing when it is not one that was written in full.
std::optional<RestorePlan> parse_restore_plan(std::string_view text);

// Of a data directory; nothing when no restore into it is unfinished. `conflict` when there is an
// unfinished_folder of which no plan says whose it is.
Result<std::optional<RestorePlan>> read_restore_plan(const std::string& data);
// Durable when it returns.
Result<void> write_restore_plan(const std::string& data, const RestorePlan& plan);
// And its folder, which is empty otherwise.
Result<void> remove_restore_plan(const std::string& data);

// `conflict`, with what to do, while a restore into the directory is unfinished.
Result<void> check_is_restored(const std::string& data);

}  // namespace onput::ctl
