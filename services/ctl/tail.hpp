// Tail: the records of the journal, chosen and shown one by one, until what ends it. Knows neither
// the bus nor the terminal: `show` and `say` are called with whole lines.
//
//     caught_up:   what was there when it began has come
//     take:        filter -> hold back (--last) -> show -> count
//
// Not thread-safe; the loop's thread is its only caller.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "common/events/filter.hpp"
#include "services/ctl/exit_code.hpp"
#include "services/ctl/tail_cursor.hpp"
#include "services/ctl/tail_printer.hpp"

namespace onput::ctl {

inline constexpr ExitCode tail_gap_seen = static_cast<ExitCode>(2);
inline constexpr ExitCode tail_truncation_seen = static_cast<ExitCode>(3);
inline constexpr std::uint64_t tail_last_max = 100'000;  // Of --last: records held in memory.

struct TailPlan {
    std::uint64_t last = 0;          // Of what was there, only so many; 0: all.
    std::uint64_t count = 0;         // Ends after so many were shown; 0: never.
    std::optional<Timestamp> until;  // Ends before the first record that is younger.
    bool follow = true;
    bool fail_on_gap = false;
};

class Tail {
public:
    struct Outlets {
        // A line for stdout; an error ends the tail, and its record is not done with.
        std::function<Result<void>(const std::string& line)> show;
        std::function<void(const std::string& line)> say;  // For stderr.
        std::function<void()> end;                         // The outcome is there.
    };

    // `before`: everything up to there is done with.
    struct Parts {
        TailPlan plan;
        events::RecordFilter filter;
        TailPrinter printer;
        TailPosition before = {};
    };
    Tail(Parts parts, Outlets outlets)
        : plan_(parts.plan),
          filter_(std::move(parts.filter)),
          printer_(std::move(parts.printer)),
          outlets_(std::move(outlets)),
          position_(std::move(parts.before)) {}

    // What a BusReader tells.
    void take(const schema::JournalRecord& record);
    void fetched(std::uint64_t from, std::uint64_t to);
    void truncated(std::uint64_t from, std::uint64_t to);
    void begin_epoch(const std::string& epoch);
    void caught_up(Timestamp now);
    void fail(const Error& error);

    // The first call decides.
    void finish(ExitCode code);

    [[nodiscard]] bool is_done() const { return outcome_.has_value(); }
    [[nodiscard]] ExitCode outcome() const { return outcome_.value_or(so_far_); }
    // So far; finish takes it when nothing went wrong.
    [[nodiscard]] ExitCode so_far() const { return so_far_; }
    // Where one of the same name goes on.
    [[nodiscard]] const TailPosition& position() const { return position_; }

private:
    // False: the tail has ended.
    bool show(const std::string& line);
    bool show_held_back();
    void end_if_enough();

    TailPlan plan_;
    events::RecordFilter filter_;
    TailPrinter printer_;
    Outlets outlets_;
    TailPosition position_;
    std::deque<std::string> held_back_;  // At most plan_.last.
    std::uint64_t last_ = 0;             // The newest that was taken.
    std::uint64_t shown_ = 0;
    bool is_caught_up_ = false;
    std::optional<ExitCode> outcome_;
    ExitCode so_far_ = ExitCode::ok;
};

}  // namespace onput::ctl
