#include "common/store/backup.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <utility>

#include <climits>
#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/store/durable_sequence.hpp"
#include "common/store/file_io.hpp"
#include "common/store/io_pool.hpp"
#include "common/store/rows_repair.hpp"

namespace onput::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown_bytes_max = 200;  // Of a path that is too long.

Result<void> check_is_empty(const std::string& target) {
    std::error_code error;
    const fs::directory_iterator first(target, error);
    if (error) return std::unexpected(system_error("list", target, error.value()));
    if (first == fs::directory_iterator()) return {};
    return fail(ErrorCode::conflict,
                fmt::format("back up to {}: it is not empty: name another target", target));
}

// What the caller named cannot be used. A full disk is no mistake of his.
Error bad_target(const std::string& target, Error error) {
    if (error.code != ErrorCode::resource_exhausted) {
        error.code = ErrorCode::invalid_argument;
        error.reason.clear();
    }
    error.message =
        fmt::format("back up to {}: {}: name a directory that the services can make and write",
                    target, error.message);
    return error;
}

enum class Target : std::uint8_t { was_empty, is_new };

Result<Target> check_target(const std::string& target) {
    if (target.size() >= PATH_MAX) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("back up to {}...: the path is too long: name one of less than {} "
                                "bytes",
                                printable(target.substr(0, shown_bytes_max)), PATH_MAX));
    }
    if (!target.starts_with('/') || target.contains('\0')) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("back up to {}: name a path from the root on", printable(target)));
    }
    const auto kind = path_kind(target);
    if (!kind) return std::unexpected(bad_target(target, kind.error()));
    if (*kind == PathKind::other) {
        return fail(ErrorCode::conflict,
                    fmt::format("back up to {}: it is no directory: name another target", target));
    }
    if (*kind == PathKind::directory) {
        ONPUT_TRY_VOID(check_is_empty(target));
        return Target::was_empty;
    }
    if (auto made = make_directories(target); !made) {
        return std::unexpected(bad_target(target, std::move(made).error()));
    }
    return Target::is_new;
}

// What a backup wrote into its target, which goes too if it was made for it.
void remove_written(const std::string& target, Target was) {
    std::error_code ignored;  // A part without a manifest is no backup anyway.
    if (was == Target::is_new) {
        fs::remove_all(target, ignored);
        return;
    }
    for (fs::directory_iterator entry(target, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
        std::error_code of_one;
        fs::remove_all(entry->path(), of_one);
    }
}

class FileBackup final : public Backup {
public:
    FileBackup(BackupOptions options, Store& rows, std::vector<BackupBlobs> blobs)
        : options_(std::move(options)), rows_(rows), blobs_(std::move(blobs)) {}
    FileBackup(const FileBackup&) = delete;
    FileBackup& operator=(const FileBackup&) = delete;

    ~FileBackup() override { abandon({}); }

    void prepare(Done done) override {
        run(
            [this]() -> Result<void> {
                ONPUT_TRY(target_, check_target(options_.target));
                return rows_.flush();
            },
            std::move(done));
    }

    void take(Done done) override {
        for (const auto& own : blobs_) own.blobs->hold_removals();
        is_holding_ = true;
        run([this] { return rows_.checkpoint(checkpoint_path()); }, std::move(done));
    }

    void copy(Done done) override {
        run(
            [this]() -> Result<void> {
                ONPUT_TRY_VOID(copy_files());
                return verify_files();
            },
            std::move(done));
    }

    void finish(Done done) override {
        run(
            [this]() -> Result<void> {
                end_holds();
                ONPUT_TRY_VOID(write_backup_manifest(options_.target, options_.manifest));
                is_finished_ = true;
                return {};
            },
            std::move(done));
    }

    void abandon(Done done) override {
        progress_.is_cancelled = true;
        run(
            [this]() -> Result<void> {
                end_holds();
                if (target_ && !is_finished_) remove_written(options_.target, *target_);
                return {};
            },
            std::move(done));
    }

    [[nodiscard]] const CopyProgress& progress() const override { return progress_; }

private:
    template <typename Job>
    void run(Job job, Done done) {
        pool_.submit([job, done] {
            auto result = job();
            if (done) done(std::move(result));
        });
    }

    [[nodiscard]] std::string checkpoint_path() const {
        return fmt::format("{}/{}", options_.directory, rows_backup_directory);
    }

    void end_holds() {
        if (!is_holding_.exchange(false)) return;
        std::error_code ignored;  // The next start removes what stays.
        fs::remove_all(checkpoint_path(), ignored);
        for (const auto& own : blobs_) own.blobs->release_removals();
    }

    struct Planned {
        std::string from;
        std::string path;  // In the copy.
        std::optional<std::uint64_t> bytes_max = {};
    };

    Result<std::vector<Planned>> plan() {
        std::vector<Planned> files;
        std::error_code error;
        for (fs::directory_iterator entry(checkpoint_path(), error), end; !error && entry != end;
             entry.increment(error)) {
            const std::string name = entry->path().filename().string();
            // The durable mark of the rows lies beside them.
            files.push_back({.from = entry->path().string(),
                             .path = name == rows_durable_file ? name : "rows/" + name});
        }
        if (error) return std::unexpected(system_error("list", checkpoint_path(), error.value()));
        for (const std::string_view mark : {rows_lost_file, rows_damaged_file}) {
            const std::string path = fmt::format("{}/{}", options_.directory, mark);
            ONPUT_TRY(const bool is_there, path_exists(path));
            if (is_there) files.push_back({.from = path, .path = std::string(mark)});
        }
        for (const auto& own : blobs_) {
            ONPUT_TRY(auto found, own.blobs->files());
            for (auto& file : found) {
                files.push_back({.from = fmt::format("{}/{}", own.directory, file.path),
                                 .path = own.prefix + file.path,
                                 .bytes_max = file.bytes_max});
            }
        }
        return files;
    }

    Result<void> copy_files() {
        ONPUT_TRY(const auto files, plan());
        for (const auto& file : files) {
            std::error_code ignored;  // Of what is copied next, an error says more.
            const std::uint64_t bytes = fs::file_size(file.from, ignored);
            progress_.bytes_total += std::min(bytes, file.bytes_max.value_or(bytes));
        }
        std::vector<std::string> written;
        for (const auto& file : files) {
            written.push_back(fmt::format("{}/{}", options_.target, file.path));
            ONPUT_TRY(auto copied, copy_file(file.from, written.back(), file.bytes_max, progress_));
            copied.path = file.path;
            options_.manifest.files.push_back(std::move(copied));
        }
        return sync_names(written);
    }

    Result<void> verify_files() {
        CopyProgress unseen;
        for (const auto& file : options_.manifest.files) {
            if (progress_.is_cancelled) return fail(ErrorCode::unavailable, "it was cancelled");
            ONPUT_TRY_VOID(
                verify_file(fmt::format("{}/{}", options_.target, file.path), file, unseen));
        }
        return {};
    }

    BackupOptions options_;
    Store& rows_;
    std::vector<BackupBlobs> blobs_;
    CopyProgress progress_;
    // Of the pool's one thread, once the calls that come before it were answered.
    std::optional<Target> target_;  // Nothing: it is not ours.
    bool is_finished_ = false;
    std::atomic<bool> is_holding_ = false;
    IoPool pool_{1};  // Last, so it ends first: its jobs use all the others.
};

}  // namespace

std::unique_ptr<Backup> open_backup(BackupOptions options, Store& rows,
                                    std::vector<BackupBlobs> blobs) {
    return std::make_unique<FileBackup>(std::move(options), rows, std::move(blobs));
}

}  // namespace onput::store
