#include "common/store/rocks_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>

#include "common/base/check.hpp"
#include "common/store/backup.hpp"
#include "common/store/check_rows.hpp"
#include "common/store/durable_sequence.hpp"
#include "common/store/file_io.hpp"
#include "common/store/rocks_tables.hpp"
#include "common/store/rows_checkpoint.hpp"
#include "common/store/rows_repair.hpp"

namespace onput::store {
namespace {

constexpr int background_jobs = 2;
constexpr int memtables_max = 3;
constexpr int open_files_max = 512;
constexpr std::size_t manifest_bytes_max = 64 * 1024 * 1024;
constexpr std::uint64_t table_bytes = 64ULL * 1024 * 1024;
constexpr std::uint64_t background_sync_bytes = 1024ULL * 1024;

// A queue's head is where rows are deleted and where scans start: a table in which half of any
// such run are deletions is compacted although nothing else asks for it.
constexpr std::size_t deletion_window = 16 * 1024;
constexpr std::size_t deletion_trigger = deletion_window / 2;

// A partition contains no NUL, so rows of two partitions never interleave.
std::string row_key(std::string_view partition, std::string_view key) {
    std::string whole;
    whole.reserve(partition.size() + 1 + key.size());
    whole.append(partition);
    whole.push_back('\0');
    whole.append(key);
    return whole;
}

// The first key behind the partition.
std::string partition_end(std::string_view partition) {
    std::string end(partition);
    end.push_back('\x01');
    return end;
}

// Makes the log's file as long as it will be when it is created, so that a sync does not also have
// to write a new file size: 104 instead of 148 us. The tail of zeros is read as the log's end.
class PreallocatedLogs final : public rocksdb::FileSystemWrapper {
public:
    using rocksdb::FileSystemWrapper::FileSystemWrapper;
    const char* Name() const override { return "onput.preallocated_logs"; }
    rocksdb::FileOptions OptimizeForLogWrite(const rocksdb::FileOptions& options,
                                             const rocksdb::DBOptions& db) const override {
        auto optimized = rocksdb::FileSystemWrapper::OptimizeForLogWrite(options, db);
        optimized.fallocate_with_keep_size = false;
        return optimized;
    }
};

// RocksDB's own log file is left out: writing it to a full disk aborts the process. What matters of
// it comes back as a status.
class NoLog final : public rocksdb::Logger {
public:
    NoLog() : rocksdb::Logger(rocksdb::FATAL_LEVEL) {}
    using rocksdb::Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

rocksdb::Options rocks_options(const RocksOptions& options, rocksdb::Env& env) {
    rocksdb::Options rocks;
    rocks.env = &env;
    rocks.create_if_missing = true;
    rocks.max_background_jobs = background_jobs;
    rocks.max_open_files = open_files_max;
    rocks.info_log = std::make_shared<NoLog>();
    rocks.max_manifest_file_size = manifest_bytes_max;
    rocks.stats_dump_period_sec = 0;
    rocks.stats_persist_period_sec = 0;
    rocks.write_buffer_size = options.write_buffer_bytes;
    // With one column family the memtables bound the log: at most so many times the buffer.
    rocks.max_write_buffer_number = memtables_max;
    rocks.level_compaction_dynamic_level_bytes = true;
    rocks.target_file_size_base = table_bytes;
    rocks.bytes_per_sync = background_sync_bytes;
    rocks.compression = rocksdb::kLZ4Compression;
    rocks.table_factory = make_tables(options.cache_bytes);
    rocks.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(deletion_window, deletion_trigger));

    // The log: commits collect in its buffer, the committer writes and syncs it. Replay stops at
    // the first record that is damaged, missing or out of sequence, which is where a power loss
    // tore it; anything laxer could bring back a commit without the ones before it. That it did
    // not stop before what was acknowledged is for the DurableSequence to say. RocksDB refuses to
    // recycle log files in this mode; they are preallocated instead.
    rocks.manual_wal_flush = true;
    rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    return rocks;
}

// Second names for the log files, so that opening a damaged store destroys nothing: RocksDB removes
// the files once it has replayed what it could read.
Result<void> keep_logs(const std::string& rows, const std::string& kept) {
    std::error_code error;
    std::filesystem::create_directories(kept, error);
    for (std::filesystem::directory_iterator entry(rows, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() != ".log") continue;
        std::filesystem::create_hard_link(entry->path(), kept / entry->path().filename(), error);
        if (error == std::errc::file_exists) error.clear();
    }
    if (error) {
        return fail(ErrorCode::unavailable, "keep the logs of " + rows + ": " + error.message(),
                    std::string(reason_storage_failed));
    }
    return {};
}

void forget_logs(const std::string& kept) {
    std::error_code ignored;  // Leftover names cost space only; the next opening removes them.
    std::filesystem::remove_all(kept, ignored);
}

std::string damaged_mark(const std::string& directory) {
    return fmt::format("{}/{}", directory, rows_damaged_file);
}

// Compaction that meets a damaged block ends every commit, at each start anew: from the next start
// on there is none, until the rows are repaired.
void mark_damaged(const std::string& directory) {
    // Without the mark the next start fails as this one did.
    static_cast<void>(open_file(damaged_mark(directory), O_WRONLY | O_CREAT));
}

class RocksStore final : public Store {
public:
    struct Parts {
        std::unique_ptr<rocksdb::Env> env;
        std::unique_ptr<rocksdb::DB> db;
        bool is_complete = true;  // No row is known to be unreadable, or lost.
    };

    RocksStore(Parts parts, DurableSequence durable, Events events, std::string directory)
        : directory_(std::move(directory)),
          parts_(std::move(parts)),
          durable_sequence_(std::move(durable)),
          events_(std::move(events)),
          is_complete_(parts_.is_complete) {
        committer_ = std::jthread([this](const std::stop_token& stop) { run_committer(stop); });
    }

    RocksStore(const RocksStore&) = delete;
    RocksStore& operator=(const RocksStore&) = delete;

    ~RocksStore() override {
        committer_.request_stop();
        committer_.join();
        // What was not synced is nobody's promise; closing may or may not keep it.
        static_cast<void>(parts_.db->Close());
    }

    Result<std::optional<std::string>> get(std::string_view partition,
                                           std::string_view key) const override {
        ONPUT_TRY_VOID(check_partition(partition));
        ONPUT_TRY_VOID(check_key(key));
        std::string value;
        const rocksdb::Status status =
            parts_.db->Get(rocksdb::ReadOptions(), row_key(partition, key), &value);
        if (status.IsNotFound()) return std::nullopt;
        if (!status.ok()) return read_failed("get a row", status);
        return value;
    }

    Result<std::vector<Row>> scan(std::string_view partition, const Range& range,
                                  ScanLimit limit) const override {
        std::vector<Row> rows;
        std::size_t bytes = 0;
        ONPUT_TRY_VOID(visit(partition, range, limit.rows, [&](auto key, auto value) {
            if (!rows.empty() && bytes + key.size() + value.size() > limit.bytes) return false;
            bytes += key.size() + value.size();
            rows.push_back({.key = key.ToString(), .value = value.ToString()});
            return true;
        }));
        return rows;
    }

    Result<std::vector<std::string>> scan_keys(std::string_view partition, const Range& range,
                                               std::size_t limit) const override {
        std::vector<std::string> keys;
        ONPUT_TRY_VOID(visit(partition, range, limit, [&](auto key, auto /*value*/) {
            keys.push_back(key.ToString());
            return true;
        }));
        return keys;
    }

    Result<Ticket> commit(Batch batch) override {
        ONPUT_TRY_VOID(check_batch(batch));
        rocksdb::WriteBatch changes;
        for (const Batch::Change& change : batch.changes()) {
            const std::string key = row_key(batch.partition(), change.key);
            const rocksdb::Status status =
                change.value ? changes.Put(key, *change.value) : changes.Delete(key);
            ONPUT_CHECK(status.ok());
        }
        auto ticket = write(changes, batch.empty());
        // The committer finds the failure and tells of it on its own thread.
        if (!ticket) sync();
        return ticket;
    }

    void sync() override {
        const std::lock_guard lock(sync_mutex_);
        sync_wanted_ = true;
        sync_signal_.notify_one();
    }

    Result<void> flush() override {
        const rocksdb::Status status = parts_.db->Flush(rocksdb::FlushOptions());
        if (!status.ok()) return std::unexpected(rocks_error("flush rows", status));
        return {};
    }

    Result<void> checkpoint(const std::string& directory) override {
        return checkpoint_rows({.rows = directory_ + "/rows", .target = directory}, *parts_.db,
                               durable_sequence_.get());
    }

    bool is_complete() const override { return is_complete_; }
    Ticket last_ticket() const override { return last_.load(); }
    Ticket durable() const override { return durable_.load(); }
    HistogramSnapshot sync_times() const override { return sync_times_.snapshot(); }

private:
    // Calls `take(key, value)` for at most `limit` rows, until it says false.
    template <typename Take>
    Result<void> visit(std::string_view partition, const Range& range, std::size_t limit,
                       Take take) const {
        ONPUT_TRY_VOID(check_scan(partition, range, limit));
        if (limit == 0 || (!range.to.empty() && range.from >= range.to)) return {};
        const std::string from = row_key(partition, range.from);
        const std::string to =
            range.to.empty() ? partition_end(partition) : row_key(partition, range.to);
        // The bound lets the iterator stop before it walks into the next partition's deletions.
        const rocksdb::Slice upper_bound(to);
        rocksdb::ReadOptions options;
        options.iterate_upper_bound = &upper_bound;
        const std::unique_ptr<rocksdb::Iterator> at(parts_.db->NewIterator(options));
        std::size_t taken = 0;
        const std::uint64_t skipped = rocksdb::get_perf_context()->internal_delete_skipped_count;
        for (at->Seek(from); at->Valid(); at->Next()) {
            rocksdb::Slice key = at->key();
            key.remove_prefix(partition.size() + 1);
            // The last one is not stepped over: damage behind it is none of its reader's.
            if (!take(key, at->value()) || ++taken == limit) break;
        }
        if (!at->status().ok()) return read_failed("scan rows", at->status());
        flush_deletions(rocksdb::get_perf_context()->internal_delete_skipped_count - skipped);
        return {};
    }

    std::uint64_t property(const std::string& name) const {
        std::uint64_t value = 0;
        return parts_.db->GetIntProperty(name, &value) ? value : 0;
    }

    // Deletions in memory are skipped one by one by each scan. In a table they are compacted away.
    void flush_deletions(std::uint64_t skipped) const {
        if (skipped < deletion_trigger) return;
        using Properties = rocksdb::DB::Properties;
        // One that is on its way to a table already may be the one that is full of them.
        if (property(Properties::kNumImmutableMemTable) > 0) return;
        if (property(Properties::kNumDeletesActiveMemTable) < deletion_trigger) return;
        rocksdb::FlushOptions options;
        options.wait = false;
        options.allow_write_stall = true;  // Else the call itself may wait.
        // A failure is the next commit's, as of any flush.
        static_cast<void>(parts_.db->Flush(options));
    }

    // The next start knows from its beginning that rows are missing.
    std::unexpected<Error> read_failed(std::string_view action,
                                       const rocksdb::Status& status) const {
        if (status.IsCorruption() && is_complete_.exchange(false)) mark_damaged(directory_);
        return std::unexpected(rocks_error(action, status));
    }

    Result<Ticket> write(rocksdb::WriteBatch& changes, bool empty) {
        // Held over the write, so that tickets are in the order of the log.
        const std::lock_guard lock(commit_mutex_);
        if (failed_) return std::unexpected(*failed_);
        if (empty) return last_.load();
        const rocksdb::Status status = parts_.db->Write(rocksdb::WriteOptions(), &changes);
        if (status.ok()) return last_.fetch_add(1) + 1;
        failed_ = rocks_error("commit rows", status);
        return std::unexpected(*failed_);
    }

    void run_committer(const std::stop_token& stop) {
        while (wait_for_sync(stop)) {
            auto flushed = flush_log();
            if (flushed) flushed = sync_log(*flushed);
            if (!flushed) return report(flushed.error());
        }
    }

    // False when the store is being closed.
    bool wait_for_sync(const std::stop_token& stop) {
        std::unique_lock lock(sync_mutex_);
        if (!sync_signal_.wait(lock, stop, [this] { return sync_wanted_; })) return false;
        sync_wanted_ = false;
        return true;
    }

    struct Flushed {
        Ticket upto = 0;
        rocksdb::SequenceNumber sequence = 0;
    };

    // Gives the log's buffer to the kernel. No commit meanwhile: RocksDB aborts the process when it
    // is asked to append to a log whose last write failed.
    Result<Flushed> flush_log() {
        const std::lock_guard lock(commit_mutex_);
        if (failed_) return std::unexpected(*failed_);
        const Flushed flushed{.upto = last_.load(),
                              .sequence = parts_.db->GetLatestSequenceNumber()};
        const rocksdb::Status status = parts_.db->FlushWAL(/*sync=*/false);
        if (status.ok()) return flushed;
        failed_ = rocks_error("flush the log", status);
        return std::unexpected(*failed_);
    }

    // A failure is final: what is on the disk is then unknown, and a second sync of the same file
    // may succeed without having written the lost pages.
    Result<Flushed> sync_log(const Flushed& flushed) {
        if (flushed.upto == durable_.load()) return flushed;
        const auto began = std::chrono::steady_clock::now();
        const rocksdb::Status status = parts_.db->SyncWAL();
        sync_times_.add(
            std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began));
        if (!status.ok()) {
            const std::lock_guard lock(commit_mutex_);
            if (!failed_) failed_ = rocks_error("sync the log", status);
            return std::unexpected(*failed_);
        }
        durable_sequence_.set(flushed.sequence);
        durable_.store(flushed.upto);
        if (events_.on_durable) events_.on_durable(flushed.upto);
        return flushed;
    }

    // Tells the owner, once.
    void report(const Error& error) {
        if (error.code == ErrorCode::corruption) mark_damaged(directory_);
        if (!reported_.exchange(true) && events_.on_failed) events_.on_failed(error);
    }

    const std::string directory_;
    Parts parts_;
    DurableSequence durable_sequence_;
    Events events_;
    mutable std::atomic<bool> is_complete_;  // Reading finds out.

    std::mutex commit_mutex_;
    std::optional<Error> failed_;  // Guarded by commit_mutex_. Set once.
    std::atomic<Ticket> last_ = 0;
    std::atomic<Ticket> durable_ = 0;
    std::atomic<bool> reported_ = false;
    Histogram sync_times_;

    std::mutex sync_mutex_;
    std::condition_variable_any sync_signal_;
    bool sync_wanted_ = false;
    std::jthread committer_;  // Last: it uses the others.
};

// Whether the rows can be searched at all: with the index of a table of level 0 damaged none can.
bool is_searchable(rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(rocksdb::ReadOptions()));
    at->Seek(std::string(partition_bytes_max + 1, '\xff'));
    return at->status().ok();
}

// A table whose properties are damaged fails RocksDB's checks at opening, and can be read.
rocksdb::Status open_leniently(rocksdb::Options rocks, const std::string& rows,
                               std::unique_ptr<rocksdb::DB>& db) {
    rocksdb::DB* opened = nullptr;
    rocks.paranoid_checks = false;
    rocks.disable_auto_compactions = true;
    rocksdb::Status status = rocksdb::DB::Open(rocks, rows, &opened);
    if (!status.ok()) return status;
    db.reset(opened);
    if (is_searchable(*db)) return status;
    db.reset();
    return rocksdb::Status::Corruption("the index of a table is damaged");
}

Result<RocksStore::Parts> open_database(const RocksOptions& options, const std::string& rows) {
    RocksStore::Parts parts;
    parts.env = rocksdb::NewCompositeEnv(
        std::make_shared<PreallocatedLogs>(rocksdb::FileSystem::Default()));
    rocksdb::DB* opened = nullptr;
    rocksdb::Options rocks = rocks_options(options, *parts.env);
    ONPUT_TRY(rocks.disable_auto_compactions, path_exists(damaged_mark(options.directory)));
    rocksdb::Status status = rocksdb::DB::Open(rocks, rows, &opened);
    parts.db.reset(opened);
    if (status.IsCorruption() && open_leniently(rocks, rows, parts.db).ok()) {
        mark_damaged(options.directory);
        status = rocksdb::Status::OK();
    }
    if (!status.ok()) {
        Error error = rocks_error("open " + rows, status);
        // RocksDB has no code of its own for a lock that is held.
        if (status.IsIOError() && error.message.find("LOCK") != std::string::npos) {
            error.code = ErrorCode::conflict;
            error.reason.clear();
        }
        return std::unexpected(std::move(error));
    }
    ONPUT_TRY(const bool is_damaged, path_exists(damaged_mark(options.directory)));
    ONPUT_TRY(const bool has_lost,
              path_exists(fmt::format("{}/{}", options.directory, rows_lost_file)));
    parts.is_complete = !is_damaged && !has_lost;
    return parts;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const RocksOptions& options, Store::Events events) {
    const std::string rows = options.directory + "/rows";
    const std::string kept = options.directory + "/rows.kept-logs";
    ONPUT_TRY_VOID(make_directory(options.directory));
    ONPUT_TRY_VOID(make_directory(rows));
    ONPUT_TRY(DurableSequence durable,
              DurableSequence::open(fmt::format("{}/{}", options.directory, rows_durable_file)));
    std::error_code ignored;  // Of a backup that this store's last life did not end: it costs room.
    std::filesystem::remove_all(fmt::format("{}/{}", options.directory, rows_backup_directory),
                                ignored);
    ONPUT_TRY_VOID(keep_logs(rows, kept));
    auto opened = open_database(options, rows);
    if (!opened) {
        // Another process's logs are not kept: nothing is wrong with them.
        if (opened.error().code == ErrorCode::conflict) forget_logs(kept);
        return std::unexpected(std::move(opened).error());
    }
    RocksStore::Parts parts = *std::move(opened);

    const std::uint64_t recovered = parts.db->GetLatestSequenceNumber();
    if (recovered < durable.get()) {
        return fail(ErrorCode::corruption,
                    "open " + rows + ": the log ends at change " + std::to_string(recovered) +
                        " but was durable up to " + std::to_string(durable.get()) +
                        "; its files are kept in " + kept +
                        "; \"onput fsck --repair\" goes on without what is missing");
    }
    forget_logs(kept);
    return std::make_unique<RocksStore>(std::move(parts), std::move(durable), std::move(events),
                                        options.directory);
}

}  // namespace onput::store
