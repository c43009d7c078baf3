// `onput fsck`: what is damaged in the data of a stopped instance, and, with --repair, rows that
// can be opened again.
#include "services/ctl/fsck.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/setting.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view blobs_owner = "storage";  // The service whose rows refer to blobs.

void note_failure(const Error& error, FolderReport& folder) {
    // A service that never ran has nothing to check.
    if (error.code == ErrorCode::not_found) return;
    folder.failures.push_back(error.message);
    static_cast<void>(report("fsck", error));  // The exit code is made of all folders.
}

void check_blobs(BlobsReport& found, FolderReport& folder) {
    auto blobs = store::check_stored_blobs(found.folder);
    if (blobs) {
        found.blobs = *std::move(blobs);
    } else if (blobs.error().code == ErrorCode::not_found) {
        found.blobs = store::BlobsCheck();  // What rows refer to is missing.
    } else {
        note_failure(blobs.error(), folder);
    }
}

Result<store::RowsCheck> check_rows(const FolderReport& folder, const FsckOptions& options,
                                    const store::SeeRow& see) {
    return options.repair ? store::repair_rows(folder.folder, see)
                          : store::check_stored_rows(folder.folder, see);
}

bool has_lost_rows(const std::string& folder) {
    std::error_code error;
    const bool is_there =
        std::filesystem::exists(fmt::format("{}/{}", folder, store::rows_lost_file), error);
    return is_there || error;
}

FolderReport check_folder(std::string_view service, const std::string& data,
                          const FsckOptions& options) {
    FolderReport folder{.service = std::string(service),
                        .folder = fmt::format("{}/{}", data, service)};
    const bool has_blobs = service == blobs_owner;
    store::SeeRow see;
    if (has_blobs) {
        folder.blobs.folder = folder.folder;
        folder.cold.folder = cold_directory(data, options.cold_data);
        check_blobs(folder.blobs, folder);
        check_blobs(folder.cold, folder);
        see = [&folder](std::string_view key, std::string_view value) {
            folder.see_row(key, value);
        };
    }
    auto rows = check_rows(folder, options, see);
    if (rows) {
        folder.rows = *std::move(rows);
    } else {
        note_failure(rows.error(), folder);
    }
    folder.has_lost_rows = has_lost_rows(folder.folder);
    folder.finish();
    if (folder.fit.has_unnamed()) {
        const auto name = [&folder](std::string_view key, std::string_view) {
            folder.fit.name(key);
        };
        const auto named = store::check_stored_rows(folder.folder, name);
        if (!named) note_failure(named.error(), folder);
    }
    return folder;
}

}  // namespace

Result<std::vector<FolderReport>> check_data(const std::string& data, const FsckOptions& options) {
    std::vector<FolderReport> folders;
    for (const std::string_view service : {"storage", "notifier", "queue"}) {
        std::error_code error;
        const bool is_there =
            std::filesystem::is_directory(fmt::format("{}/{}", data, service), error);
        if (error == std::errc::permission_denied) return belongs_to_another(data);
        if (is_there) folders.push_back(check_folder(service, data, options));
    }
    if (!folders.empty()) return folders;
    return fail(ErrorCode::not_found,
                fmt::format("{}: there is no data of a service: name the data directory with "
                            "--data",
                            data));
}

ExitCode run_fsck(const GlobalOptions& global, const FsckOptions& options) {
    const auto folders = check_data(data_directory(global.data), options);
    if (!folders) return report("fsck", folders.error());
    const bool is_sound = std::ranges::all_of(*folders, &FolderReport::is_sound);
    if (global.output == OutputFormat::json) {
        json::Writer out;
        write_json(out, *folders);
        fmt::print("{}\n", out.take());
    } else {
        for (const auto& folder : *folders) fmt::print("{}", as_text(folder));
        if (is_sound) fmt::print("no damage is left\n");
    }
    return is_sound ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
