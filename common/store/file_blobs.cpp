// The file engine of BlobStore: small blobs in the segment log, large ones in files of their own.
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/store/blob_files.hpp"
#include "common/store/directory_syncer.hpp"
#include "common/store/failure.hpp"
#include "common/store/generation.hpp"
#include "common/store/held_removals.hpp"
#include "common/store/io_pool.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/rows_repair.hpp"
#include "common/store/segment_log.hpp"
#include "common/store/segment_space.hpp"

namespace onput::store {
namespace {

constexpr unsigned threads_max = 64;
constexpr std::uint64_t read_bytes_max = 64ULL * 1024 * 1024;
constexpr std::size_t held_removals_portion = 16;  // Of one job.

void check_owner(const Owner& owner) {
    ONPUT_CHECK(owner.partition.size() <= partition_bytes_max);
    ONPUT_CHECK(owner.key.size() <= key_bytes_max);
}

// References when rows were lost: that there is no row proves nothing.
BlobReferences of_lost_rows(const BlobReferences& given) {
    const auto lost = [] {
        return fail(ErrorCode::corruption,
                    fmt::format("a repair has lost rows: {} says so", rows_lost_file));
    };
    return {.is_referred = [given, lost](const Owner& owner, const BlobRef& ref) -> Result<bool> {
                ONPUT_TRY(const bool referred, given.is_referred(owner, ref));
                if (!referred) return lost();
                return true;
            },
            .for_each = [given, lost](const BlobReferences::Visit& visit) -> Result<void> {
                ONPUT_TRY_VOID(given.for_each(visit));
                return lost();
            }};
}

class FileBlobs final : public BlobStore {
public:
    struct Opened {
        FileDescriptor lock;
        std::uint64_t generation = 0;
        bool has_lost_rows = false;
    };

    FileBlobs(const FileBlobOptions& options, Opened opened, std::function<void(Error)> on_failed)
        : directory_(options.directory),
          lock_(std::move(opened.lock)),
          has_lost_rows_(opened.has_lost_rows),
          failure_(std::move(on_failed)),
          space_({.directory = options.directory + "/segments",
                  .quarantine = options.directory + "/quarantine"}),
          log_({.directory = options.directory + "/segments",
                .segment_bytes = options.segment_bytes,
                .first_number = opened.generation * numbers_per_generation},
               space_, failure_),
          files_({.directory = options.directory + "/blobs",
                  .quarantine = options.directory + "/quarantine",
                  .first_id = opened.generation * numbers_per_generation},
                 {.pool = pool_, .syncer = syncer_, .failure = failure_}),
          pool_(options.threads) {}
    FileBlobs(const FileBlobs&) = delete;
    FileBlobs& operator=(const FileBlobs&) = delete;
    ~FileBlobs() override { removals_.finish(); }

    void write(Owner owner, std::string bytes, BlobSealed done) override {
        ONPUT_CHECK(recovered_);
        ONPUT_CHECK(bytes.size() <= segment_blob_bytes_max);
        check_owner(owner);
        log_.write(std::move(owner), std::move(bytes), std::move(done));
    }

    Result<std::unique_ptr<BlobWriter>> open(Owner owner) override {
        ONPUT_CHECK(recovered_);
        check_owner(owner);
        if (const auto failed = failure_.get()) return std::unexpected(*failed);
        return files_.open(std::move(owner));
    }

    void read(const BlobRef& ref, Piece piece, BlobRead done) override {
        ONPUT_CHECK(recovered_);
        const bool taken =
            pool_.try_submit([this, ref, piece, done] { done(read_now(ref, piece)); });
        if (!taken) {
            done(fail(ErrorCode::resource_exhausted, "too many reads wait",
                      std::string(reason_storage_busy)));
        }
    }

    void remove(const BlobRef& ref) override {
        ONPUT_CHECK(recovered_);
        if (!removals_.begin(ref)) return;
        // When too much waits the blob stays without a row, until the next recovery.
        const bool taken = pool_.try_submit([this, ref] {
            remove_now(ref);
            removals_.end();
        });
        if (!taken) removals_.end();
    }

    void hold_removals() override { removals_.hold(); }
    void release_removals() override {
        if (removals_.release()) remove_held();
    }

    Result<std::vector<BlobFile>> files() override {
        removals_.wait_until_none_runs();
        std::vector<BlobFile> files{{.path = std::string(generation_file)}};
        ONPUT_TRY(const auto segments, space_.list());
        for (const std::uint64_t number : segments) {
            files.push_back({.path = std::filesystem::path(space_.path_of(number))
                                         .lexically_relative(directory_)
                                         .string(),
                             .bytes_max = space_.end_of(number)});
        }
        ONPUT_TRY(const auto names, files_.list());
        for (const auto& name : names) files.push_back({.path = "blobs/" + name});
        return files;
    }

    void verify(const BlobRef& ref, BlobDone done) override {
        ONPUT_CHECK(recovered_);
        const bool taken = pool_.try_submit([this, ref, done] {
            if (ref.segment == 0) return done(files_.verify(ref));
            const auto read = space_.read(ref, {.offset = 0, .length = ref.length});
            done(read ? Result<void>() : std::unexpected(read.error()));
        });
        if (!taken) {
            done(fail(ErrorCode::resource_exhausted, "too many reads wait",
                      std::string(reason_storage_busy)));
        }
    }

    Result<BlobRecovery> recover(const BlobReferences& given) override {
        ONPUT_CHECK(!recovered_);
        const BlobReferences references = has_lost_rows_ ? of_lost_rows(given) : given;
        BlobRecovery recovery;
        BlobSuspects suspects;
        ONPUT_TRY_VOID(space_.scan(references, suspects, recovery));
        ONPUT_TRY_VOID(files_.scan(references, suspects, recovery));
        suspects.ask(references, recovery);
        ONPUT_TRY_VOID(space_.settle(suspects, recovery));
        ONPUT_TRY_VOID(files_.settle(suspects, recovery));
        recovered_ = true;
        return recovery;
    }

private:
    void remove_now(const BlobRef& ref) {
        if (ref.segment == 0) {
            files_.remove(ref);
        } else {
            space_.remove(ref);
        }
    }

    // One job of the pool at a time: reads that come meanwhile are next in turn.
    void remove_held() {
        pool_.submit([this] {
            const auto refs = removals_.take(held_removals_portion);
            if (refs.empty()) return;
            for (const BlobRef& ref : refs) remove_now(ref);
            removals_.end(refs.size());
            remove_held();
        });
    }

    Result<std::string> read_now(const BlobRef& ref, Piece piece) const {
        // Compared without a sum that could overflow.
        const bool inside = piece.offset <= ref.length && piece.length <= ref.length - piece.offset;
        if (!inside || piece.length > read_bytes_max) {
            return fail(ErrorCode::invalid_argument,
                        "read blob " + to_text(ref) + ": the piece is outside it or too large");
        }
        if (ref.segment == 0) return files_.read(ref, piece);
        return space_.read(ref, piece);
    }

    const std::string directory_;
    FileDescriptor lock_;
    const bool has_lost_rows_;
    std::atomic<bool> recovered_ = false;
    Failure failure_;
    SegmentSpace space_;
    SegmentLog log_;
    DirectorySyncer syncer_;
    BlobFiles files_;
    HeldRemovals removals_;
    IoPool pool_;  // Last, so it ends first: its jobs use all the others.
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_blobs(const FileBlobOptions& options,
                                                   std::function<void(Error)> on_failed) {
    if (options.segment_bytes < segment_bytes_min || options.threads == 0 ||
        options.threads > threads_max) {
        return fail(ErrorCode::invalid_argument,
                    "open blobs: segments have at least " + std::to_string(segment_bytes_min) +
                        " bytes, threads are 1 to " + std::to_string(threads_max));
    }
    ONPUT_TRY_VOID(make_directory(options.directory));
    ONPUT_TRY_VOID(make_directory(options.directory + "/segments"));
    ONPUT_TRY_VOID(make_directory(options.directory + "/blobs"));
    FileBlobs::Opened opened;
    ONPUT_TRY(opened.lock, lock_directory(options.directory));
    ONPUT_TRY_VOID(claim_directory(options.directory, options.owner));
    ONPUT_TRY(opened.generation, begin_generation(options.directory));
    ONPUT_TRY(opened.has_lost_rows,
              path_exists(fmt::format("{}/{}", options.directory, rows_lost_file)));
    return std::make_unique<FileBlobs>(options, std::move(opened), std::move(on_failed));
}

}  // namespace onput::store
