// The durable state of a service: rows in partitions. One small interface, two engines: RocksDB
// (rocks_store.hpp) and, for tests and simulation, memory that forgets what was not synced
// (tests/support/memory_store.hpp).
//
// A partition is the unit of atomicity and has one owner, the process that opened the store. A
// batch commits in one partition only. Keys are ordered by bytes. Within a partition a service
// names its tables by a leading letter, e.g. "o/<key>".
//
//     turn:  core reads through View, answers Effects ──> store.commit(batch) ...
//            ──> store.sync() ──> replies wait for the ticket
//
// A commit is visible to get and scan at once, and durable when its ticket resolves. One sync pays
// for all commits before it. A reply that says what a commit did, or what was read after it, must
// wait until durable() >= its ticket.
//
// Reads are answered in the call, because a partition has one owner: its rows are on this machine.
//
// Errors of reads, of commit, and of a sync (`on_failed`) are final: the process must stop taking
// writes and end; the sync is never retried.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/histogram.hpp"
#include "common/base/result.hpp"

namespace onput::store {

inline constexpr std::size_t partition_bytes_max = 128;
inline constexpr std::size_t key_bytes_max = 2048;
inline constexpr std::size_t value_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t scan_rows_max = 1000;

// Counts commits since the store was opened, from 1. 0 is before any.
using Ticket = std::uint64_t;

struct Row {
    std::string key;
    std::string value;
    friend bool operator==(const Row&, const Row&) = default;
};

// A range of keys: from <= key < to. An empty `to` is the end of the partition.
struct Range {
    std::string from;
    std::string to;
    // All keys that start with `prefix`.
    static Range of_prefix(std::string_view prefix);
};

// How much one scan answers: so many rows, and no further ones once their keys and values have so
// many bytes. At least one row, if there is any.
struct ScanLimit {
    ScanLimit(std::size_t rows_max) : rows(rows_max) {}  // NOLINT(google-explicit-constructor)
    ScanLimit(std::size_t rows_max, std::size_t bytes_max) : rows(rows_max), bytes(bytes_max) {}

    std::size_t rows;  // <= scan_rows_max
    std::size_t bytes = SIZE_MAX;
};

// Changes that become visible, and durable, together. Later changes of a key win.
class Batch {
public:
    struct Change {
        std::string key;
        std::optional<std::string> value;  // Nothing: the row is removed.
    };

    explicit Batch(std::string partition) : partition_(std::move(partition)) {}

    void put(std::string key, std::string value) {
        changes_.push_back({std::move(key), std::move(value)});
    }
    void remove(std::string key) { changes_.push_back({std::move(key), std::nullopt}); }

    [[nodiscard]] const std::string& partition() const { return partition_; }
    [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
    [[nodiscard]] bool empty() const { return changes_.empty(); }

private:
    std::string partition_;
    std::vector<Change> changes_;
};

// Reading. Sees every commit made so far, durable or not.
class View {
public:
    virtual ~View() = default;

    // Nothing when there is no such row.
    [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view partition,
                                                                 std::string_view key) const = 0;

    // Rows in key order. The next page starts after the last key: from = key + '\0'. Where values
    // may be large, bound the bytes: a thousand rows of a megabyte stop the process for a second.
    [[nodiscard]] virtual Result<std::vector<Row>> scan(std::string_view partition,
                                                        const Range& range,
                                                        ScanLimit limit) const = 0;
    // The same without the values.
    [[nodiscard]] virtual Result<std::vector<std::string>> scan_keys(std::string_view partition,
                                                                     const Range& range,
                                                                     std::size_t limit) const = 0;

    // False: rows that were committed are known to be missing, by damage or a repair.
    [[nodiscard]] virtual bool is_complete() const { return true; }
};

class Store : public View {
public:
    // Called by the engine, on a thread of its own: post to the loop and return.
    struct Events {
        std::function<void(Ticket durable)> on_durable;
        std::function<void(Error)> on_failed;
    };

    // Applies the batch and returns its ticket. An empty batch returns the last ticket given.
    [[nodiscard]] virtual Result<Ticket> commit(Batch batch) = 0;

    // Starts making every commit so far durable; on_durable follows. Calls while a sync runs are
    // folded into the next one.
    virtual void sync() = 0;

    // The newest ticket given, and the newest that survives a power loss. Any thread may ask for
    // the latter.
    [[nodiscard]] virtual Ticket last_ticket() const = 0;
    [[nodiscard]] virtual Ticket durable() const = 0;

    // For backups (backup.hpp). Both block, on any thread but the loop's. `flush` writes what is in
    // memory to tables, so that a checkpoint has little to write. `checkpoint` makes a directory
    // with files that open to all rows of every commit made before the call, and perhaps of some
    // made during it; and, beside these, the mark that says how far they must reach. An engine
    // without files has neither.
    [[nodiscard]] virtual Result<void> flush() { return no_files(); }
    [[nodiscard]] virtual Result<void> checkpoint(const std::string& /*directory*/) {
        return no_files();
    }

    // How long syncs took since it was opened. Any thread. An engine without a disk has none.
    [[nodiscard]] virtual HistogramSnapshot sync_times() const { return {}; }

private:
    static std::unexpected<Error> no_files() {
        return fail(ErrorCode::unimplemented, "these rows are in no files");
    }
};

}  // namespace onput::store
