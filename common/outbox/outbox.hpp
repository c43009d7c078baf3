// Outbox: which events of a service still have to be handed to the notifier, and when. Pure.
//
//     commit ─> kept ─on_durable─> may go ─next─> on its way ─on_appended─> over ─trim─> gone
//                                    ^                │
//                                    └── on_failed ───┘   again after a delay that doubles
//
// An event's row (rows.hpp) is in the same batch as the change that caused it. The rows are the
// truth; here are only positions in them, and for speed the newest rows' bytes while nothing older
// waits. One hand-over is on its way at a time: the notifier takes any number at or below the
// highest that it has seen as done, so a batch that overtook a lost one would lose the lost one's
// events.
//
// A crash loses the positions. A record of the owner, written with each trim(), says through which
// number rows are removed; everything above is handed over again, and the notifier drops what it
// has. The number of events that wait is bounded by the disk only: nobody is refused because the
// notifier is away.
//
// Owned and driven by a service's core; Relay makes the calls.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/outbox/rows.hpp"
#include "common/schema/notifier.hpp"
#include "common/store/store.hpp"

namespace onput::outbox {

inline constexpr std::size_t relay_batch_bytes_max = 1024 * 1024;
inline constexpr std::size_t outbox_cache_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t trim_rows_max = 1000;  // Outbox rows that one batch removes.
inline constexpr Duration relay_delay_min = std::chrono::milliseconds(20);
inline constexpr Duration relay_delay_max = std::chrono::seconds(5);

class Outbox {
public:
    explicit Outbox(Rows rows) : rows_(std::move(rows)) {}

    // Before anything else. Rows (relayed_through, last] are there, and durable.
    struct Position {
        std::uint64_t relayed_through = 0;
        std::uint64_t last = 0;
    };
    void restore(Position position);

    // The number of the event to be committed now.
    [[nodiscard]] std::uint64_t next_number() const { return last_ + 1; }
    // That event is in the batch of this command.
    void add(std::uint64_t number, const std::string& encoded);
    // Its batch was not committed after all. Only the newest can be taken back.
    void take_back(std::uint64_t number);

    // Every event up to `number` survives a crash.
    void on_durable(std::uint64_t number);

    struct RelayBatch {
        std::vector<std::uint64_t> numbers;
        std::vector<std::string> events;  // The rows' values, one per number.
    };
    // What to hand over now; nothing while a hand-over is on its way, a delay runs, or no durable
    // event waits. At most append_events_max events and relay_batch_bytes_max bytes, at least one.
    Result<std::optional<RelayBatch>> next(const store::View& view, Timestamp now);

    // The notifier has everything up to `through`, durably.
    void on_appended(std::uint64_t through, Timestamp now);
    // It answered with an error, or not in time: the same events go again after a delay.
    void on_failed(Timestamp now);

    // When `next` is worth asking again although nothing happened.
    [[nodiscard]] std::optional<Timestamp> next_wakeup() const;

    // Rows that were handed over and can be removed.
    [[nodiscard]] std::uint64_t trimmable() const { return relayed_ - removed_; }
    // Removes up to trim_rows_max of them in `batch`. Returns the number of the last one removed.
    std::uint64_t trim(store::Batch& batch);
    void undo_trim(std::uint64_t removed_before) { removed_ = removed_before; }

    [[nodiscard]] std::uint64_t last() const { return last_; }
    [[nodiscard]] std::uint64_t durable() const { return durable_; }
    [[nodiscard]] std::uint64_t removed_through() const { return removed_; }
    [[nodiscard]] std::uint64_t waiting() const { return last_ - relayed_; }
    [[nodiscard]] std::uint32_t failures() const { return failures_; }

    void check_invariants() const;

private:
    void take_cached(RelayBatch& out);
    Result<void> take_stored(const store::View& view, RelayBatch& out);
    void forget_cache();

    Rows rows_;

    // removed_ <= relayed_ <= sent_ <= durable_ <= last_
    std::uint64_t last_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t sent_ = 0;  // Handed over through here; above relayed_: on its way.
    std::uint64_t relayed_ = 0;
    std::uint64_t removed_ = 0;

    std::deque<std::string> cache_;  // Events sent_ + 1, sent_ + 2 ...; may end before last_.
    std::size_t cache_bytes_ = 0;

    std::uint32_t failures_ = 0;  // Since the last success.
    Timestamp failed_at_;
    Timestamp retry_at_;
};

}  // namespace onput::outbox
