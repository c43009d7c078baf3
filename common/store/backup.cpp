#include "common/store/backup.hpp"

#include <atomic>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/store/durable_sequence.hpp"
#include "common/store/file_io.hpp"
#include "common/store/io_pool.hpp"
#include "common/store/rows_repair.hpp"

namespace onput::store {
namespace {

namespace fs = std::filesystem;

Result<void> check_target(const std::string& target) {
    std::error_code error;
    if (!fs::path(target).is_absolute()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("back up to {}: name a path from the root on", target));
    }
    if (fs::exists(target, error) && !fs::is_empty(target, error)) {
        return fail(ErrorCode::conflict,
                    fmt::format("back up to {}: it is not empty: name another target", target));
    }
    return make_directories(target);
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
                ONPUT_TRY_VOID(check_target(options_.target));
                is_ours_ = true;
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
                std::error_code ignored;  // A part without a manifest is no backup anyway.
                if (is_ours_ && !is_finished_) fs::remove_all(options_.target, ignored);
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
            if (fs::exists(path)) files.push_back({.from = path, .path = std::string(mark)});
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
        for (const auto& file : files) {
            ONPUT_TRY(auto copied,
                      copy_file(file.from, fmt::format("{}/{}", options_.target, file.path),
                                file.bytes_max, progress_));
            copied.path = file.path;
            options_.manifest.files.push_back(std::move(copied));
        }
        return {};
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
    bool is_ours_ = false;
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
