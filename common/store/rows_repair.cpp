#include "common/store/rows_repair.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include "common/base/printable.hpp"
#include "common/store/durable_sequence.hpp"
#include "common/store/file_io.hpp"
#include "common/store/key_search.hpp"
#include "common/store/rocks_tables.hpp"
#include "common/store/store.hpp"

namespace onput::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t batch_bytes_max = 4 * 1024 * 1024;  // Of copied rows, written at once.
constexpr std::size_t shown_bytes_max = 200;              // Of a key in a report.

Error rocks_error(std::string_view action, const rocksdb::Status& status) {
    return {.code = status.IsCorruption() ? ErrorCode::corruption : ErrorCode::unavailable,
            .message = fmt::format("{}: {}", action, status.ToString())};
}

// Held as long as nobody else may open the rows.
class RowsLock {
public:
    static Result<RowsLock> take(const std::string& rows) {
        rocksdb::FileLock* lock = nullptr;
        const auto status = rocksdb::Env::Default()->LockFile(rows + "/LOCK", &lock);
        if (!status.ok()) {
            return fail(
                ErrorCode::conflict,
                fmt::format("lock {}: a process has it open: stop the service first", rows));
        }
        return RowsLock(lock);
    }
    RowsLock(RowsLock&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    RowsLock& operator=(RowsLock&&) = delete;
    ~RowsLock() {
        if (lock_ != nullptr) static_cast<void>(rocksdb::Env::Default()->UnlockFile(lock_));
    }

private:
    explicit RowsLock(rocksdb::FileLock* lock) : lock_(lock) {}
    rocksdb::FileLock* lock_;
};

// "partition/key"; a zero byte ends the partition.
std::string show(std::string_view row_key) {
    std::string shown(row_key.substr(0, shown_bytes_max));
    if (const auto end = shown.find('\0'); end != std::string::npos) shown[end] = '/';
    return printable(shown);
}

enum class Strictness { strict, lenient };

Result<std::unique_ptr<rocksdb::DB>> open_read_only(const std::string& rows,
                                                    Strictness strictness) {
    rocksdb::Options options;
    options.paranoid_checks = strictness == Strictness::strict;
    // As a service opens them, which reads filters that no search needs.
    if (strictness == Strictness::strict) options.table_factory = make_tables(check_cache_bytes);
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.info_log_level = rocksdb::FATAL_LEVEL;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::OpenForReadOnly(options, rows, &opened);
    if (!status.ok()) return std::unexpected(rocks_error("open " + rows, status));
    return std::unique_ptr<rocksdb::DB>(opened);
}

// The same although a table's properties are damaged; fails when its index is, because then no row
// at all can be searched.
Result<std::unique_ptr<rocksdb::DB>> open_leniently(const std::string& rows) {
    ONPUT_TRY(auto db, open_read_only(rows, Strictness::lenient));
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(rocksdb::ReadOptions()));
    at->Seek(std::string(partition_bytes_max + 1, '\xff'));
    if (!at->status().ok()) return std::unexpected(rocks_error("search " + rows, at->status()));
    return db;
}

using VisitRow =
    std::function<Result<void>(const rocksdb::Slice& key, const rocksdb::Slice& value)>;

rocksdb::ReadOptions scan_options() {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    return options;
}

// Visits every row that can be read, and skips what cannot.
Result<void> for_each_readable(rocksdb::DB& db, RowsCheck& check, const VisitRow& visit) {
    std::string from;
    std::string last;
    for (;;) {
        const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(scan_options()));
        for (at->Seek(from); at->Valid(); at->Next()) {
            last = at->key().ToString();
            ONPUT_TRY_VOID(visit(at->key(), at->value()));
            ++check.rows;
        }
        if (at->status().ok()) return {};
        const std::string reason = at->status().ToString();
        const auto next =
            first_key_that(std::max(last + '\0', from), [&db](const std::string& key) {
                const std::unique_ptr<rocksdb::Iterator> probe(db.NewIterator(scan_options()));
                probe->Seek(key);
                return probe->status().ok();
            });
        ++check.gap_count;
        if (check.gaps.size() < RowsCheck::gaps_max) {
            check.gaps.push_back(
                {.after = show(last), .before = next ? show(*next) : "", .reason = reason});
        }
        if (!next) return {};
        from = *next;
    }
}

Result<void> check_end_of_log(rocksdb::DB& db, const std::string& directory, RowsCheck& check) {
    const std::string mark = directory + "/rows.durable";
    ONPUT_TRY(const bool is_marked, path_exists(mark));
    if (!is_marked) return {};
    const auto durable = DurableSequence::open(mark);
    const std::uint64_t recovered = db.GetLatestSequenceNumber();
    if (durable && recovered < durable->get()) check.changes_lost = durable->get() - recovered;
    return {};
}

// Writes rows to a new database, in batches, without a log.
class RowsCopy {
public:
    explicit RowsCopy(std::string path) : path_(std::move(path)) {}

    Result<void> open() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);  // Of a repair that did not end.
        rocksdb::Options options;
        options.create_if_missing = true;
        options.error_if_exists = true;
        options.table_factory = make_tables(check_cache_bytes);
        options.info_log_level = rocksdb::FATAL_LEVEL;
        rocksdb::DB* opened = nullptr;
        const auto status = rocksdb::DB::Open(options, path_, &opened);
        if (!status.ok()) return std::unexpected(rocks_error("create " + path_, status));
        db_.reset(opened);
        return {};
    }

    Result<void> add(const rocksdb::Slice& key, const rocksdb::Slice& value) {
        auto status = batch_.Put(key, value);
        if (status.ok() && batch_.GetDataSize() > batch_bytes_max) status = write();
        if (!status.ok()) return std::unexpected(rocks_error("write " + path_, status));
        return {};
    }

    // Everything is on the disk when this succeeds.
    Result<void> finish() {
        auto status = write();
        if (status.ok()) status = db_->Flush(rocksdb::FlushOptions());
        if (status.ok()) status = db_->Close();
        db_.reset();
        if (!status.ok()) return std::unexpected(rocks_error("write " + path_, status));
        return sync_directory(path_);
    }

private:
    rocksdb::Status write() {
        rocksdb::WriteOptions options;
        options.disableWAL = true;
        const auto status = db_->Write(options, &batch_);
        batch_.Clear();
        return status;
    }

    std::string path_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteBatch batch_;
};

// RocksDB's own repair makes a list of files anew; it works on a copy, because it moves what it
// does not understand.
Result<std::unique_ptr<rocksdb::DB>> open_relisted(const std::string& rows,
                                                   const std::string& copy) {
    std::error_code error;
    fs::remove_all(copy, error);
    fs::copy(rows, copy, fs::copy_options::recursive, error);
    if (error) {
        return fail(ErrorCode::unavailable,
                    fmt::format("copy {} to {}: {}", rows, copy, error.message()));
    }
    rocksdb::Options options;
    options.info_log_level = rocksdb::FATAL_LEVEL;
    const auto status = rocksdb::RepairDB(copy, options);
    if (!status.ok()) return std::unexpected(rocks_error("list the tables of " + copy, status));
    return open_read_only(copy, Strictness::strict);
}

Result<std::unique_ptr<rocksdb::DB>> open_for_copy(const std::string& rows, const RowsCheck& check,
                                                   const std::string& relisted) {
    if (!check.unopenable) return open_read_only(rows, Strictness::strict);
    auto db = open_leniently(rows);
    return db ? std::move(db) : open_relisted(rows, relisted);
}

Result<void> rename_path(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0) return {};
    return std::unexpected(system_error("rename", from, errno));
}

Result<std::string> make_kept_directory(const std::string& directory) {
    const std::string quarantine = directory + "/quarantine";
    ONPUT_TRY_VOID(make_directory(quarantine));
    for (int number = 1;; ++number) {
        std::string kept = fmt::format("{}/rows-{}", quarantine, number);
        ONPUT_TRY(const bool is_taken, path_exists(kept));
        if (is_taken) continue;
        ONPUT_TRY_VOID(make_directory(kept));
        return kept;
    }
}

// In one step, so that there never is a moment without rows: a service that started in it would
// take every blob for an orphan.
Result<void> put_in_place(const std::string& directory, const std::string& repaired,
                          RowsCheck& check) {
    const std::string rows = directory + "/rows";
    const std::string lost = fmt::format("{}/{}", directory, rows_lost_file);
    ONPUT_TRY(check.kept, make_kept_directory(directory));
    {
        ONPUT_TRY(const FileDescriptor file, open_file(lost, O_WRONLY | O_CREAT));
        ONPUT_TRY_VOID(sync_data(file, lost));
    }
    ONPUT_TRY_VOID(sync_directory(directory));
    if (::renameat2(AT_FDCWD, repaired.c_str(), AT_FDCWD, rows.c_str(), RENAME_EXCHANGE) != 0) {
        return std::unexpected(system_error("put in place", repaired, errno));
    }
    ONPUT_TRY_VOID(sync_directory(directory));
    ONPUT_TRY_VOID(rename_path(repaired, check.kept + "/rows"));
    for (const std::string_view name : {std::string_view("rows.durable"),
                                        std::string_view("rows.kept-logs"), rows_damaged_file}) {
        const std::string path = fmt::format("{}/{}", directory, name);
        ONPUT_TRY(const bool is_there, path_exists(path));
        if (is_there) {
            ONPUT_TRY_VOID(rename_path(path, fmt::format("{}/{}", check.kept, name)));
        }
    }
    return sync_directory(directory);
}

Result<void> expect_rows(const std::string& rows) {
    ONPUT_TRY(const PathKind kind, path_kind(rows));
    if (kind == PathKind::directory) return {};
    return fail(ErrorCode::not_found, "check " + rows + ": there are no rows");
}

void show_row(const SeeRow& see, const rocksdb::Slice& key, const rocksdb::Slice& value) {
    if (!see) return;
    std::string_view behind = key.ToStringView();
    behind.remove_prefix(std::min(behind.find('\0'), behind.size() - 1) + 1);
    see(behind, value.ToStringView());
}

}  // namespace

Result<RowsCheck> check_stored_rows(const std::string& directory, const SeeRow& see) {
    const std::string rows = directory + "/rows";
    ONPUT_TRY_VOID(expect_rows(rows));
    ONPUT_TRY(const RowsLock lock, RowsLock::take(rows));
    RowsCheck check;
    auto db = open_read_only(rows, Strictness::strict);
    if (!db) {
        check.unopenable = db.error().message;
        db = open_leniently(rows);
        if (!db) return check;
    }
    ONPUT_TRY_VOID(check_end_of_log(**db, directory, check));
    const auto show_to = [&see](const auto& key, const auto& value) -> Result<void> {
        show_row(see, key, value);
        return {};
    };
    ONPUT_TRY_VOID(for_each_readable(**db, check, show_to));
    return check;
}

Result<RowsCheck> repair_rows(const std::string& directory, const SeeRow& see) {
    ONPUT_TRY(RowsCheck check, check_stored_rows(directory));
    ONPUT_TRY(const bool met_damage,
              path_exists(fmt::format("{}/{}", directory, rows_damaged_file)));
    if (check.is_sound() && !met_damage) return check_stored_rows(directory, see);
    const std::string rows = directory + "/rows";
    const std::string relisted = directory + "/rows.relisted";
    const std::string repaired = directory + "/rows.repaired";
    ONPUT_TRY(const RowsLock lock, RowsLock::take(rows));
    auto db = open_for_copy(rows, check, relisted);
    if (!db) return std::unexpected(std::move(db).error());
    RowsCheck copied{.changes_lost = check.changes_lost, .unopenable = check.unopenable};
    RowsCopy copy(repaired);
    ONPUT_TRY_VOID(copy.open());
    const auto copy_row = [&](const auto& key, const auto& value) {
        show_row(see, key, value);
        return copy.add(key, value);
    };
    ONPUT_TRY_VOID(for_each_readable(**db, copied, copy_row));
    ONPUT_TRY_VOID(copy.finish());
    db->reset();
    ONPUT_TRY_VOID(put_in_place(directory, repaired, copied));
    std::error_code ignored;  // A copy that stays costs room; the next repair removes it.
    fs::remove_all(relisted, ignored);
    return copied;
}

}  // namespace onput::store
