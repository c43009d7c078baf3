// BusSequencer: what a reader of the bus does with what it sees. Pure: no socket, no clock.
//
//     live record     next in sequence: passed on
//                     ahead:            kept until the hole before it is fetched
//                     behind:           a duplicate, dropped
//     heartbeat       its head is ahead of what came: the tail is missing, and fetched
//     page            passed on, and the kept records that follow it
//     another epoch   position asked for anew, then from the new journal's oldest record on
//
// Kept records are bounded by Limits; above it the newest go, and come again by fetch. One request
// to the journal is open at a time: after each call, the owner sends next_request(), if any, and
// reports how it ended by on_position, on_page or on_refused; until then next_request() is empty.
// BusReader owns it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/notifier.hpp"
#include "common/transport/bus.hpp"

namespace onput::transport {

class BusSequencer {
public:
    struct Limits {
        std::size_t kept_records_max = 20'000;
        std::size_t kept_bytes_max = 64 * 1024 * 1024;
    };

    // What happened, for the reader, in order.
    struct Range {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        friend bool operator==(const Range&, const Range&) = default;
    };
    struct Fetched : Range {};
    struct Truncated : Range {};
    struct NewEpoch {
        std::string epoch;
    };
    struct CaughtUp {
        std::uint64_t head_sequence = 0;
    };
    using Step = std::variant<schema::JournalRecord, Fetched, Truncated, NewEpoch, CaughtUp>;
    using Request = std::variant<schema::FindJournal, schema::FetchJournal>;

    explicit BusSequencer(BusReader::Start start) : BusSequencer(std::move(start), Limits{}) {}
    BusSequencer(BusReader::Start start, Limits limits);

    // A message of the bus. `record.sequence` is the head's.
    void on_live(const std::string& epoch, schema::JournalRecord record, std::vector<Step>& steps);
    void on_heartbeat(const schema::BusHead& head);

    // The bus has been silent: the journal is to be asked where it is.
    void on_silence();

    [[nodiscard]] std::optional<Request> next_request();
    void on_position(const schema::JournalPosition& position, std::vector<Step>& steps);
    // `corruption` when the page is not an answer to what was asked: it counts as refused.
    Result<void> on_page(const schema::JournalPage& page,
                         std::vector<schema::JournalRecord> records, std::vector<Step>& steps);
    void on_refused(const Error& error, std::vector<Step>& steps);

    [[nodiscard]] std::uint64_t next_sequence() const { return next_; }
    [[nodiscard]] std::size_t kept_records() const { return kept_.size(); }

private:
    void adopt(const schema::JournalPosition& position, std::vector<Step>& steps);
    void hand_on(schema::JournalRecord record, std::vector<Step>& steps);
    void keep(schema::JournalRecord record);
    void hand_on_kept(std::vector<Step>& steps);
    void skip_to(std::uint64_t first, std::vector<Step>& steps);
    void tell_caught_up(std::vector<Step>& steps);
    void check_invariants() const;

    BusReader::Start start_;
    Limits limits_;
    bool has_position_ = false;
    bool wants_position_ = true;
    std::optional<Request> open_request_;

    std::string epoch_;
    std::uint64_t next_ = 0;  // The sequence to pass on next. 0 before the position is known.
    std::uint64_t head_ = 0;  // The newest sequence known to exist.
    std::uint64_t head_at_start_ = 0;
    bool has_caught_up_ = false;

    // Live records ahead of `next_`, by sequence. Before the position is known: all that came.
    std::map<std::uint64_t, schema::JournalRecord> kept_;
    std::string kept_epoch_;
    std::size_t kept_bytes_ = 0;
};

}  // namespace onput::transport
