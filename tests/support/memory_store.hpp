// MemoryStore: the Store of unit tests and simulations. It forgets what was not synced.
//
//     commit ──> visible ──sync──> syncing ──complete_sync──> durable
//                   └────────────────┴── crash ──> gone
//
// Sync::at_once: sync() itself makes everything durable and calls on_durable before it returns.
// Sync::manual:  sync() only notes how far the sync goes; complete_sync() finishes it. As in the
//                real engine, commits and syncs made meanwhile belong to the next one.
//
// crash() ends a life of the process: the rows are those that were durable, tickets start again
// from 0, running syncs and injected faults are forgotten, and the events are those of the dead
// process until connect() gives new ones (crash() drops them, so that nobody is called by mistake).
//
// After a failed commit or sync every later commit fails with the same error, as the real engine
// does; crash() ends that too. Deterministic; one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/store.hpp"

namespace onput::support {

// What a RADOS object with omap would take, in Limits::rados.
inline constexpr std::size_t rados_value_bytes_max = 64 * 1024;
inline constexpr std::size_t rados_batch_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t rados_batch_changes_max = 1024;

struct MemoryStoreOptions {
    enum class Sync { at_once, manual };
    enum class Limits { of_store, rados };
    Sync sync = Sync::at_once;
    Limits limits = Limits::of_store;
};

class MemoryStore final : public store::Store {
public:
    explicit MemoryStore(MemoryStoreOptions options = {}, Events events = {});

    void connect(Events events);

    Result<std::optional<std::string>> get(std::string_view partition,
                                           std::string_view key) const override;
    Result<std::vector<store::Row>> scan(std::string_view partition, const store::Range& range,
                                         store::ScanLimit limit) const override;
    Result<std::vector<std::string>> scan_keys(std::string_view partition,
                                               const store::Range& range,
                                               std::size_t limit) const override;
    Result<store::Ticket> commit(store::Batch batch) override;
    void sync() override;
    store::Ticket last_ticket() const override { return last_; }
    store::Ticket durable() const override { return durable_; }

    // Finishes the running sync and starts the one folded behind it. False when none ran.
    bool complete_sync();
    [[nodiscard]] bool syncing() const { return running_.has_value(); }

    // Ends the process's life, losing everything that is not durable.
    void crash();
    // The same, but the crash came late: commits up to `survives` had reached the disk although
    // nobody was told. From durable() to last_ticket().
    void crash_keeping(store::Ticket survives);

    // Fault injection. A read's fault is only that read's; the others end the store's life.
    void fail_next_commit(Error error) { commit_fault_ = std::move(error); }
    void fail_next_sync(Error error) { sync_fault_ = std::move(error); }
    void fail_next_read(Error error) { read_fault_ = std::move(error); }

    // Reads that touch this row fail with `corruption` until it is written again. The first of them
    // makes the store incomplete, over crashes.
    void damage(std::string_view partition, std::string_view key);
    [[nodiscard]] bool is_damaged(std::string_view partition, std::string_view key) const;
    // The blocks can be read again, as if none had been damaged.
    void heal();
    // What a repair leaves: no row is damaged any more, and the store is not complete.
    void repair();
    [[nodiscard]] bool is_complete() const override { return is_complete_; }

    // For assertions.
    [[nodiscard]] std::vector<std::string> keys(std::string_view partition) const;
    [[nodiscard]] std::size_t row_count(std::string_view partition) const;
    [[nodiscard]] std::vector<std::string> partitions() const;

private:
    using Rows = std::map<std::string, std::string, std::less<>>;
    // How to take back one change of a commit that is not durable yet.
    struct Undo {
        store::Ticket ticket = 0;
        std::string partition;
        std::string key;
        std::optional<std::string> before;
    };

    [[nodiscard]] Result<void> check_rados(const store::Batch& batch) const;
    [[nodiscard]] Result<void> take_read_fault() const;
    [[nodiscard]] Result<void> check_damage(std::string_view partition, std::string_view key) const;
    void set_row(const std::string& partition, const std::string& key,
                 std::optional<std::string> value);
    void finish_sync(store::Ticket upto);

    MemoryStoreOptions options_;
    Events events_;
    std::map<std::string, Rows, std::less<>> partitions_;
    std::deque<Undo> undo_;  // Oldest first; exactly the changes with ticket > durable_.
    store::Ticket last_ = 0;
    store::Ticket durable_ = 0;
    std::optional<store::Ticket> running_;
    bool next_wanted_ = false;  // sync() was called while one ran.

    std::set<std::pair<std::string, std::string>, std::less<>> damaged_;
    mutable bool is_complete_ = true;

    std::optional<Error> failed_;
    std::optional<Error> commit_fault_;
    std::optional<Error> sync_fault_;
    mutable std::optional<Error> read_fault_;
};

}  // namespace onput::support
