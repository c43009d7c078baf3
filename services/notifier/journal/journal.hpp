// Journal: every event once, numbered from 1 without gaps, kept for a while.
//
//     trimmed | first_sequence ......................... head_sequence | next
//                                            ^ the newest ones also decoded in memory
//
// Records are rows; the sequence, the outboxes' marks and the index of traces change in the same
// batch as the records do. Its time never runs backwards, whatever the clock does, so that a moment
// is found by bisection. The epoch names this journal: it is made when the store is new, and
// sequences mean something only within it.
//
// Owned by NotifierCore. Reads may fail as the store's do; a row that should be there and is not is
// corruption.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/notifier.hpp"
#include "common/store/store.hpp"
#include "services/notifier/journal/journal_body.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

// Encoded: a message to a topic (256 KiB) with what is said about it and whom it is owed to.
inline constexpr std::size_t event_bytes_max = 320 * 1024;
inline constexpr std::size_t sources_max = 1024;
inline constexpr std::uint64_t journal_bytes_max_default = 16ULL * 1024 * 1024 * 1024;
inline constexpr std::size_t recent_records_max = 4096;  // Kept decoded for delivery.
inline constexpr std::size_t recent_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t fetch_bytes_max = 4 * 1024 * 1024;  // Of one page; one record always.
inline constexpr std::size_t trim_records_per_turn = 300;
inline constexpr std::size_t lost_records_per_batch = 400;
inline constexpr std::size_t lost_ranges_max = 100;  // The last one grows where more are needed.
inline constexpr std::size_t trim_bytes_per_turn = 4 * 1024 * 1024;

// A record with its body decoded.
struct JournalEntry {
    std::uint64_t sequence = 0;
    Timestamp time;
    JournalBody body;
    std::size_t bytes = 0;  // Of the encoded body.

    // Nothing when the record holds something else.
    [[nodiscard]] const schema::ObjectEvent* event() const {
        return std::get_if<schema::ObjectEvent>(&body);
    }
    [[nodiscard]] const schema::TopicMessage* message() const {
        return std::get_if<schema::TopicMessage>(&body);
    }
    [[nodiscard]] const schema::DeliveryAttempt* attempt() const {
        return std::get_if<schema::DeliveryAttempt>(&body);
    }
    [[nodiscard]] const schema::BusEvent* bus_event() const {
        return std::get_if<schema::BusEvent>(&body);
    }
};

// An entry that is kept decoded, or one that was read for the holder alone. Of the former it is
// only a reference, valid until the next append.
class EntryRef {
public:
    explicit EntryRef(const JournalEntry* kept) : entry_(kept) {}
    explicit EntryRef(JournalEntry read)
        : own_(std::make_unique<JournalEntry>(std::move(read))), entry_(own_.get()) {}
    const JournalEntry& operator*() const { return *entry_; }
    const JournalEntry* operator->() const { return entry_; }

private:
    std::unique_ptr<JournalEntry> own_;
    const JournalEntry* entry_;
};

struct FetchedPage {
    schema::JournalPage page;
    std::vector<std::string> records;  // Encoded JournalRecords.
};

class Journal {
public:
    explicit Journal(const store::View& view) : view_(view) {}

    // Reads where the journal stands, or begins a new one with `new_epoch`. The state row is in the
    // last batch in any case: once that is durable, so is all that the store showed at start.
    //
    // Where rows are missing, by damage or a repair, a failed DeliveryAttempt that owes nothing
    // takes the place of each record that is gone, so that sequences stay without a hole.
    // They come in batches of their own, before the one with the state.
    Result<void> restore(std::string new_epoch, std::vector<store::Batch>& batches);

    // How far this outbox has been taken over; 0: not known yet.
    [[nodiscard]] std::uint64_t through(std::string_view source) const;
    // A new one above sources_max takes the place of the one that appended least recently.
    void set_through(std::string_view source, std::uint64_t through, store::Batch& batch);

    // Appends one body, given decoded and encoded, and returns its record. Call write_state after
    // the last one of a batch.
    schema::JournalRecord append(JournalBody body, std::string bytes, Timestamp now,
                                 store::Batch& batch);
    void write_state(store::Batch& batch) const;

    // The record if it is among those kept decoded, else nothing. Valid until the next append.
    [[nodiscard]] const JournalEntry* recent(std::uint64_t sequence) const;
    [[nodiscard]] Result<JournalEntry> read(std::uint64_t sequence) const;
    // One or the other.
    [[nodiscard]] Result<EntryRef> load(std::uint64_t sequence) const;
    // From `from` on, as many records as the limit allows and at least one.
    [[nodiscard]] Result<std::vector<JournalEntry>> read_from(std::uint64_t from,
                                                              store::ScanLimit limit) const;

    // Fails with reason wrong_epoch or truncated.
    [[nodiscard]] Result<FetchedPage> fetch(const schema::FetchJournal& request) const;
    [[nodiscard]] Result<schema::JournalPosition> find(const schema::FindJournal& request) const;
    // Sequences of a trace that are still kept, rising, at most scan_rows_max.
    [[nodiscard]] Result<std::vector<std::uint64_t>> sequences_of(std::string_view trace_id) const;

    struct Retention {
        Timestamp older_than;           // Records before it may go,
        std::uint64_t records_max = 0;  // and so may those above this count
        std::uint64_t bytes_max = 0;    // or of more bytes than these,
        std::uint64_t needed_from = 0;  // but not this one and what follows.
    };
    // Removes at most trim_records_per_turn records. True: there is more to remove.
    Result<bool> trim(const Retention& retention, store::Batch& batch);

    // What the records up to here owe to subscriptions is in the subscriptions' own rows.
    [[nodiscard]] std::uint64_t owed_through() const { return state_.owed_through; }
    void set_owed_through(std::uint64_t sequence);

    [[nodiscard]] const std::string& epoch() const { return state_.epoch; }
    // What its numbers are told apart by where they are delivered.
    [[nodiscard]] const std::string& delivery_source() const {
        return state_.delivery_source.empty() ? state_.epoch : state_.delivery_source;
    }
    [[nodiscard]] std::uint64_t first() const { return state_.first_sequence; }
    [[nodiscard]] std::uint64_t head() const { return state_.head_sequence; }
    [[nodiscard]] Timestamp head_time() const { return head_time_; }
    // Of the bodies kept; those that were here before bytes were counted, or before damage was
    // repaired, aside.
    [[nodiscard]] std::uint64_t bytes() const { return state_.bytes; }

    // False: this record is as it was written. Otherwise another one may have taken its place.
    [[nodiscard]] bool may_be_lost(std::uint64_t sequence) const;

    void check_invariants() const;

private:
    Result<void> restore_sources();
    void note_lost(std::uint64_t sequence);
    [[nodiscard]] Result<JournalStateRecord> find_state(std::string new_epoch) const;
    Result<void> fill_holes(std::vector<store::Batch>& batches);
    Result<void> fill(std::uint64_t sequence, std::vector<store::Batch>& batches);
    [[nodiscard]] Result<schema::JournalRecord> read_record(std::uint64_t sequence) const;
    void remember(JournalEntry entry);
    void forget(const JournalEntry& entry, store::Batch& batch);
    void count_anew();
    [[nodiscard]] bool is_above(const Retention& retention) const;

    const store::View& view_;
    JournalStateRecord state_;
    Timestamp head_time_;       // Of the newest record, the latest of all.
    std::uint64_t filled_ = 0;  // The last hole that `restore` filled, and the time it got.
    Timestamp filled_time_;
    std::map<std::string, SourceRecord, std::less<>> sources_;
    std::deque<JournalEntry> recent_;  // Contiguous; the last one is the head.
    std::size_t recent_bytes_ = 0;
};

}  // namespace onput::notifier
