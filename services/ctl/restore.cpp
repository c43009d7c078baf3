// `onput restore`: a backup back into an empty data directory. Nothing is written before all of the
// backup was read and is what its manifests say.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "common/store/backup_manifest.hpp"
#include "common/store/file_io.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> all_services{"storage", "notifier", "queue"};
// In the data directory, until all of it is whole.
constexpr std::string_view unfinished = "restore.part";

struct Part {
    std::string service;
    std::string folder;  // Of the backup.
    store::BackupManifest manifest;
};

Result<Part> read_part(const std::string& backup, std::string_view service) {
    Part part{.service = std::string(service), .folder = fmt::format("{}/{}", backup, service)};
    auto manifest = store::read_backup_manifest(part.folder);
    if (!manifest && manifest.error().code == ErrorCode::not_found) {
        return fail(ErrorCode::not_found,
                    fmt::format("{}: the backup is incomplete: the part of service {} is not "
                                "there, or was never finished: take another one",
                                backup, service));
    }
    if (!manifest) return std::unexpected(std::move(manifest).error());
    part.manifest = *std::move(manifest);
    if (part.manifest.service == service) return part;
    return fail(ErrorCode::conflict,
                fmt::format("{} is the part of service {}: each goes where its name says",
                            part.folder, part.manifest.service));
}

Result<void> check_empty(const std::string& data) {
    std::error_code error;
    if (!fs::exists(data, error) || fs::is_empty(data, error)) return {};
    return fail(ErrorCode::conflict,
                fmt::format("{} is not empty: name an empty directory with --data, or one that is "
                            "not there",
                            data));
}

class RestoreRun {
public:
    RestoreRun(const GlobalOptions& global, const RestoreOptions& options, std::string data)
        : options_(options), data_(std::move(data)), progress_({.quiet = global.quiet}) {}

    Result<std::uint64_t> run() {
        ONPUT_TRY_VOID(check_empty(data_));
        ONPUT_TRY_VOID(read_parts());
        ONPUT_TRY_VOID(for_each_file("compared", [this](const Part& part,
                                                        const store::CopiedFile& file) {
            return store::verify_file(fmt::format("{}/{}", part.folder, file.path), file, done_);
        }));
        done_.bytes = 0;
        ONPUT_TRY_VOID(for_each_file(
            "copied",
            [this](const Part& part, const store::CopiedFile& file) { return copy(part, file); }));
        ONPUT_TRY_VOID(put_in_place());
        progress_.clear();
        return done_.files.load();
    }

private:
    Result<void> read_parts() {
        std::vector<std::string> services = options_.services;
        if (services.empty()) services.assign(all_services.begin(), all_services.end());
        for (const auto& service : services) {
            ONPUT_TRY(parts_.emplace_back(), read_part(options_.backup, service));
            if (parts_.front().manifest.id == parts_.back().manifest.id) continue;
            return fail(ErrorCode::conflict,
                        fmt::format("{}: the parts of {} and {} are of two backups: they do not "
                                    "belong together",
                                    options_.backup, parts_.front().service, service));
        }
        return {};
    }

    template <typename Run>
    Result<void> for_each_file(std::string_view verb, Run run) {
        std::uint64_t total = 0;
        for (const auto& part : parts_) {
            for (const auto& file : part.manifest.files) total += file.bytes;
        }
        for (const auto& part : parts_) {
            for (const auto& file : part.manifest.files) {
                ONPUT_TRY_VOID(run(part, file));
                progress_.show(fmt::format("{} of {} {} ...", human_bytes(done_.bytes),
                                           human_bytes(total), verb));
            }
        }
        return {};
    }

    [[nodiscard]] std::string unfinished_path(const Part& part) const {
        return fmt::format("{}/{}/{}", data_, unfinished, part.service);
    }

    Result<void> copy(const Part& part, const store::CopiedFile& file) {
        ONPUT_TRY(const auto copied,
                  store::copy_file(fmt::format("{}/{}", part.folder, file.path),
                                   fmt::format("{}/{}", unfinished_path(part), file.path),
                                   std::nullopt, done_));
        if (copied.sha256 == file.sha256) return {};
        return fail(ErrorCode::corruption,
                    fmt::format("{}/{}: it changed while it was copied", part.folder, file.path));
    }

    Result<void> put_in_place() {
        for (const auto& part : parts_) {
            const std::string from = unfinished_path(part);
            const std::string to = fmt::format("{}/{}", data_, part.service);
            if (std::rename(from.c_str(), to.c_str()) != 0) {
                return std::unexpected(store::system_error("put in place", to, errno));
            }
        }
        std::error_code ignored;  // An empty directory that stays harms nobody.
        fs::remove(fmt::format("{}/{}", data_, unfinished), ignored);
        return store::sync_directory(data_);
    }

    const RestoreOptions& options_;
    std::string data_;
    Progress progress_;
    store::CopyProgress done_;
    std::vector<Part> parts_;
};

}  // namespace

ExitCode run_restore(const GlobalOptions& global, const RestoreOptions& options) {
    const std::string data = fs::absolute(data_directory(global.data)).lexically_normal().string();
    const auto files = RestoreRun(global, options, data).run();
    if (!files) return report("restore", files.error());
    if (!global.quiet) {
        fmt::print(stderr,
                   "{} files are restored into {}. It is the same instance: never run it beside "
                   "the one that the backup is of.\n",
                   *files, data);
    }
    return ExitCode::ok;
}

}  // namespace onput::ctl
