// `onput restore`: a backup back into an empty data directory. Nothing is written before all of the
// backup was read and is what its manifests say.
//
//     compare ──> plan ──> copy beside its place ──> sync ──> move into place ──> plan removed
//
// One that fails while it copies removes its copies. One that was killed is begun again: what is in
// its place stays, the rest is copied anew; meanwhile the plan keeps `onput dev` from starting half
// an instance.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "common/store/backup_manifest.hpp"
#include "common/store/file_io.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/restore_plan.hpp"
#include "services/ctl/setting.hpp"

namespace onput::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> all_services{"storage", "notifier", "queue"};
constexpr std::string_view cold_prefix = "cold/";  // Of archived bytes, in the part of storage.

struct Part {
    std::string service;
    std::string folder;  // Of the backup.
    store::BackupManifest manifest;
};

Result<std::vector<std::string>> list_names(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    if (error) return std::unexpected(store::system_error("list", directory, error.value()));
    return names;
}

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

// Nothing but `allowed` may be in a directory that is restored into.
Result<void> check_holds_only(const std::string& directory, const std::vector<std::string>& allowed,
                              std::string_view option) {
    ONPUT_TRY(const auto kind, store::path_kind(directory));
    if (kind == store::PathKind::none) return {};
    const auto names = list_names(directory);
    if (!names) return std::unexpected(names.error());
    const bool is_empty = std::ranges::all_of(*names, [&](const auto& name) {
        return std::ranges::find(allowed, name) != allowed.end();
    });
    if (is_empty) return {};
    return fail(ErrorCode::conflict,
                fmt::format("{} is not empty: name an empty directory with {}, or one that is not "
                            "there",
                            directory, option));
}

// What is copied beside its place and then moved there in one step.
struct Move {
    std::string from;
    std::string to;
    bool is_done = false;  // By a restore that was killed.
};

struct Item {
    const Part* part = nullptr;
    const store::CopiedFile* file = nullptr;
    std::size_t move = 0;
    std::string below = {};  // The path below that; empty: it is the file itself.

    [[nodiscard]] std::string source() const {
        return fmt::format("{}/{}", part->folder, file->path);
    }
};

std::string join(const std::string& directory, const std::string& below) {
    return below.empty() ? directory : fmt::format("{}/{}", directory, below);
}

class RestoreRun {
public:
    RestoreRun(const GlobalOptions& global, const RestoreOptions& options, std::string data)
        : options_(options),
          data_(std::move(data)),
          cold_(cold_directory(data_, options.cold_data)),
          progress_({.quiet = global.quiet}) {}

    Result<std::uint64_t> run() {
        ONPUT_TRY_VOID(read_parts());
        plan_moves();
        ONPUT_TRY_VOID(check_target());
        ONPUT_TRY_VOID(for_each_item("compared", [this](const Item& item) {
            return store::verify_file(item.source(), *item.file, done_);
        }));
        ONPUT_TRY_VOID(check_moves());
        ONPUT_TRY_VOID(write_restore_plan(data_, plan_));
        if (auto copied = copy_all(); !copied) {
            remove_copies();
            return std::unexpected(std::move(copied).error());
        }
        ONPUT_TRY_VOID(put_in_place());
        progress_.clear();
        return done_.files.load();
    }

    // Of archived bytes, where it is not in the data directory; else empty.
    [[nodiscard]] std::string cold_elsewhere() const { return is_cold_elsewhere_ ? cold_ : ""; }

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
        plan_ = {.backup_id = parts_.front().manifest.id,
                 .services = std::move(services),
                 .cold_directory = cold_};
        return {};
    }

    // A part is moved as a whole; archived bytes that belong elsewhere entry by entry, because
    // their directory may be a mounted disk.
    void plan_moves() {
        std::map<std::string, std::size_t> known;  // By where it goes.
        for (const auto& part : parts_) {
            const std::string home = fmt::format("{}/{}", data_, part.service);
            for (const auto& file : part.manifest.files) {
                Move move{.from = fmt::format("{}/{}/{}", data_, unfinished_folder, part.service),
                          .to = home};
                std::string below = file.path;
                const bool is_cold = part.service == "storage" && below.starts_with(cold_prefix);
                if (is_cold) below.erase(0, cold_prefix.size());
                if (is_cold && cold_.starts_with(home + "/")) {
                    below = fmt::format("{}/{}", cold_.substr(home.size() + 1), below);
                } else if (is_cold) {
                    const std::string entry = below.substr(0, below.find('/'));
                    move = {.from = fmt::format("{}/{}/{}", cold_, unfinished_folder, entry),
                            .to = fmt::format("{}/{}", cold_, entry)};
                    below.erase(0, entry.size() + 1);
                    is_cold_elsewhere_ = true;
                }
                const auto [found, is_new] = known.emplace(move.to, moves_.size());
                if (is_new) moves_.push_back(std::move(move));
                items_.push_back({.part = &part,
                                  .file = &file,
                                  .move = found->second,
                                  .below = std::move(below)});
            }
        }
    }

    // The directories are empty, or have what the same restore left when it was killed.
    Result<void> check_target() {
        ONPUT_TRY(const auto unfinished, read_restore_plan(data_));
        if (unfinished && *unfinished != plan_) {
            return fail(
                ErrorCode::conflict,
                fmt::format("a restore of backup {1} ({2}) into {0} was not finished: do it again "
                            "as it was, or name an empty directory with --data",
                            data_, unfinished->backup_id, fmt::join(unfinished->services, ", ")));
        }
        std::vector<std::string> ours{std::string(unfinished_folder)};
        std::vector<std::string> ours_in_cold;
        if (unfinished) {
            for (const auto& move : moves_) {
                const fs::path place(move.to);
                ours_in_cold.push_back(place.filename().string());
                ours.push_back(place.lexically_relative(data_).begin()->string());
            }
            ours_in_cold.emplace_back(unfinished_folder);
        }
        ONPUT_TRY_VOID(check_holds_only(data_, ours, "--data"));
        if (is_cold_elsewhere_) return check_holds_only(cold_, ours_in_cold, "--cold-data");
        return {};
    }

    // What is in its place already is what the backup has, or somebody has used it since.
    Result<void> check_moves() {
        for (auto& move : moves_) {
            ONPUT_TRY(move.is_done, store::path_exists(move.to));
        }
        for (const auto& item : items_) {
            const Move& move = moves_[item.move];
            if (!move.is_done) continue;
            const auto verified = store::verify_file(join(move.to, item.below), *item.file, done_);
            if (verified) continue;
            return fail(ErrorCode::conflict,
                        fmt::format("{} was changed since a restore that was not finished put it "
                                    "there ({}): name an empty directory with --data",
                                    move.to, verified.error().message));
        }
        return {};
    }

    template <typename Run>
    Result<void> for_each_item(std::string_view verb, Run run) {
        std::uint64_t total = 0;
        for (const auto& item : items_) total += item.file->bytes;
        done_.bytes = 0;
        for (const auto& item : items_) {
            ONPUT_TRY_VOID(run(item));
            progress_.show(
                fmt::format("{} of {} {} ...", human_bytes(done_.bytes), human_bytes(total), verb));
        }
        return {};
    }

    // Copies of this restore that are not in their place; the plan says that they are ours.
    void remove_copies() {
        std::error_code ignored;  // What stays is in the way, which is an error then.
        for (const auto& move : moves_) fs::remove_all(move.from, ignored);
        if (is_cold_elsewhere_) fs::remove(fmt::format("{}/{}", cold_, unfinished_folder), ignored);
        if (std::ranges::any_of(moves_, &Move::is_done)) return;
        static_cast<void>(remove_restore_plan(data_));
    }

    Result<void> copy_all() {
        std::error_code ignored;  // The same.
        for (const auto& move : moves_) fs::remove_all(move.from, ignored);
        std::vector<std::string> written;
        ONPUT_TRY_VOID(for_each_item("copied", [&](const Item& item) -> Result<void> {
            const Move& move = moves_[item.move];
            if (move.is_done) return {};
            written.push_back(join(move.from, item.below));
            ONPUT_TRY(const auto copied,
                      store::copy_file(item.source(), written.back(), std::nullopt, done_));
            if (copied.sha256 == item.file->sha256) return {};
            return fail(ErrorCode::corruption,
                        fmt::format("{}: it changed while it was copied", item.source()));
        }));
        ONPUT_TRY_VOID(mark_notifier(written));
        return store::sync_names(written);
    }

    // What its journal numbers from here on others have read under the same numbers.
    Result<void> mark_notifier(std::vector<std::string>& written) const {
        const std::string home = fmt::format("{}/notifier", data_);
        const auto move = std::ranges::find(moves_, home, &Move::to);
        if (move == moves_.end() || move->is_done) return {};
        written.push_back(fmt::format("{}/{}", move->from, store::restored_mark));
        ONPUT_TRY_VOID(store::open_file(written.back(), O_WRONLY | O_CREAT));
        return {};
    }

    Result<void> put_in_place() {
        for (const auto& move : moves_) {
            if (move.is_done || std::rename(move.from.c_str(), move.to.c_str()) == 0) continue;
            return std::unexpected(store::system_error("put in place", move.to, errno)
                                       .with_context("the restore is not finished: do it again"));
        }
        if (is_cold_elsewhere_) {
            std::error_code ignored;  // An empty directory that stays harms nobody.
            fs::remove(fmt::format("{}/{}", cold_, unfinished_folder), ignored);
            ONPUT_TRY_VOID(store::sync_directory(cold_));
        }
        ONPUT_TRY_VOID(store::sync_directory(data_));
        return remove_restore_plan(data_);
    }

    const RestoreOptions& options_;
    std::string data_;
    std::string cold_;
    bool is_cold_elsewhere_ = false;
    Progress progress_;
    store::CopyProgress done_;
    std::vector<Part> parts_;
    RestorePlan plan_;
    std::vector<Move> moves_;
    std::vector<Item> items_;
};

}  // namespace

ExitCode run_restore(const GlobalOptions& global, const RestoreOptions& options) {
    const std::string data = data_directory(global.data);
    RestoreRun restore(global, options, data);
    const auto files = restore.run();
    if (!files) return report("restore", files.error());
    if (global.quiet) return ExitCode::ok;
    fmt::print(stderr,
               "{} files are restored into {}. It is the same instance: never run it beside the "
               "one that the backup is of.\n",
               *files, data);
    if (!restore.cold_elsewhere().empty()) {
        fmt::print(stderr, "Archived objects are in {}: start storage with it as cold_data.\n",
                   restore.cold_elsewhere());
    }
    return ExitCode::ok;
}

}  // namespace onput::ctl
