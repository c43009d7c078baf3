// `onput fsck`: what is damaged in the data of a stopped instance, and, with --repair, rows that
// can be opened again.
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "common/store/blob_check.hpp"
#include "common/store/rows_repair.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

struct Findings {
    bool is_sound = true;
    bool failed = false;
};

void print_rows(const std::string& folder, const store::RowsCheck& check) {
    fmt::print("{}: {} rows can be read\n", folder, check.rows);
    if (check.unopenable) fmt::print("{}: cannot be opened: {}\n", folder, *check.unopenable);
    if (check.changes_lost > 0) {
        fmt::print("{}: the log ends {} changes before what was durable\n", folder,
                   check.changes_lost);
    }
    for (const auto& gap : check.gaps) {
        fmt::print("{}: rows after {} and before {} cannot be read: {}\n", folder,
                   gap.after.empty() ? "the first" : gap.after,
                   gap.before.empty() ? "the end" : gap.before, gap.reason);
    }
    if (check.gap_count > check.gaps.size()) {
        fmt::print("{}: and {} gaps more\n", folder, check.gap_count - check.gaps.size());
    }
    if (check.kept.empty()) return;
    fmt::print("{}: repaired; the old files are kept in {}\n", folder, check.kept);
    fmt::print(
        "{}: while {} is there, no blob without a row is removed: remove it once you need "
        "nothing of what was lost\n",
        folder, store::rows_lost_file);
}

void print_blobs(const std::string& folder, const store::BlobsCheck& check) {
    fmt::print("{}: {} blobs are whole, {} of them without checksums\n", folder, check.sound,
               check.unsummed);
    for (const auto& fault : check.faults) fmt::print("{}\n", fault);
    if (check.fault_count > check.faults.size()) {
        fmt::print("{}: and {} faults more\n", folder, check.fault_count - check.faults.size());
    }
}

void note_failure(const Error& error, Findings& findings) {
    // A service that never ran has nothing to check.
    if (error.code == ErrorCode::not_found) return;
    findings.failed = true;
    static_cast<void>(report("fsck", error));  // The exit code is made of all folders.
}

void check_folder(const std::string& folder, const FsckOptions& options, Findings& findings) {
    const auto rows =
        options.repair ? store::repair_rows(folder) : store::check_stored_rows(folder);
    if (rows) {
        print_rows(folder, *rows);
        findings.is_sound = findings.is_sound && (rows->is_sound() || !rows->kept.empty());
    } else {
        note_failure(rows.error(), findings);
    }
    const auto blobs = store::check_stored_blobs(folder);
    if (blobs) {
        print_blobs(folder, *blobs);
        findings.is_sound = findings.is_sound && blobs->is_sound();
    } else {
        note_failure(blobs.error(), findings);
    }
}

}  // namespace

ExitCode run_fsck(const GlobalOptions& global, const FsckOptions& options) {
    const std::string data = data_directory(global.data);
    Findings findings;
    bool found = false;
    for (const std::string_view service : {"storage", "notifier", "queue"}) {
        const std::string folder = fmt::format("{}/{}", data, service);
        if (!std::filesystem::is_directory(folder)) continue;
        found = true;
        check_folder(folder, options, findings);
    }
    if (!found) {
        const Error error{.code = ErrorCode::not_found,
                          .message = fmt::format("{}: there is no data of a service: name the "
                                                 "data directory with --data",
                                                 data)};
        return report("fsck", error);
    }
    if (findings.failed || !findings.is_sound) return ExitCode::failed;
    fmt::print("no damage is left\n");
    return ExitCode::ok;
}

}  // namespace onput::ctl
