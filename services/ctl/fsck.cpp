// `onput fsck`: what is damaged in the data of a stopped instance, and, with --repair, rows that
// can be opened again.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "services/ctl/commands.hpp"
#include "services/ctl/fsck_report.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

void note_failure(const Error& error, FolderReport& folder) {
    // A service that never ran has nothing to check.
    if (error.code == ErrorCode::not_found) return;
    folder.failures.push_back(error.message);
    static_cast<void>(report("fsck", error));  // The exit code is made of all folders.
}

FolderReport check_folder(std::string_view service, const std::string& path,
                          const FsckOptions& options) {
    FolderReport folder{.service = std::string(service), .folder = path};
    auto blobs = store::check_stored_blobs(path);
    if (blobs) {
        folder.blobs = *std::move(blobs);
    } else {
        note_failure(blobs.error(), folder);
    }
    const auto see = [&folder](std::string_view key, std::string_view value) {
        folder.see_row(key, value);
    };
    auto rows =
        options.repair ? store::repair_rows(path, see) : store::check_stored_rows(path, see);
    if (rows) {
        folder.rows = *std::move(rows);
    } else {
        note_failure(rows.error(), folder);
    }
    folder.finish();
    if (folder.fit.has_unnamed()) {
        const auto name = [&folder](std::string_view key, std::string_view) {
            folder.fit.name(key);
        };
        const auto named = store::check_stored_rows(path, name);
        if (!named) note_failure(named.error(), folder);
    }
    return folder;
}

}  // namespace

ExitCode run_fsck(const GlobalOptions& global, const FsckOptions& options) {
    const std::string data = data_directory(global.data);
    std::vector<FolderReport> folders;
    for (const std::string_view service : {"storage", "notifier", "queue"}) {
        const std::string path = fmt::format("{}/{}", data, service);
        std::error_code error;
        const bool is_there = std::filesystem::is_directory(path, error);
        if (error == std::errc::permission_denied) {
            return report("fsck", belongs_to_another(data).error());
        }
        if (!is_there) continue;
        folders.push_back(check_folder(service, path, options));
    }
    if (folders.empty()) {
        const Error error{.code = ErrorCode::not_found,
                          .message = fmt::format("{}: there is no data of a service: name the "
                                                 "data directory with --data",
                                                 data)};
        return report("fsck", error);
    }
    const bool is_sound = std::ranges::all_of(folders, &FolderReport::is_sound);
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", as_json(folders));
    } else {
        for (const auto& folder : folders) fmt::print("{}", as_text(folder));
        if (is_sound) fmt::print("no damage is left\n");
    }
    return is_sound ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
