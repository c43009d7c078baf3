// Timetable: what is due when, and that no due time is taken twice. Pure.
//
//     set ──> waits for next ──take_due──> taken: a row, in the batch of what it caused
//                  ^    \──too late──> passed over: nothing is written
//                  |____________|
//
// A due time is taken once, whatever restarts and clocks do: the due times that were taken are kept
// as spans, which are rows; everything else follows from the clock. A clock that is set back finds
// the times behind it taken; those that it had jumped over come when it passes them after all.
//
// A recurring due time that is missed by more than `late_max` is passed over; the next one comes.
// A one-time one says by its own `late_max` how late it may still be.
//
// Owned by NotifierCore. Rows, in the notifier's partition:
//
//     x/<arn>    ScheduleCursor
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/store/store.hpp"
#include "services/notifier/schedules/schedule_expression.hpp"

namespace onput::notifier {

// The precision that EventBridge promises.
inline constexpr Duration late_max_default = std::chrono::seconds(60);
// Of one entry. Above, the two that are nearest to each other become one: what lies between them
// counts as taken.
inline constexpr std::size_t taken_spans_max = 8;

// Due times that were taken, the first and the last; none between them is due any more.
struct TakenSpan {
    Timestamp first = {};
    Timestamp last = {};

    ONPUT_FIELDS(first, last)
    friend bool operator==(const TakenSpan&, const TakenSpan&) = default;
};

struct ScheduleCursor {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::schedule_cursor};

    std::string arn = {};
    Timestamp set_at = {};
    std::vector<TakenSpan> taken = {};  // Rising, apart.

    ONPUT_FIELDS(arn, set_at, taken)
    friend bool operator==(const ScheduleCursor&, const ScheduleCursor&) = default;
};

std::string cursor_key(std::string_view arn);
store::Range cursor_rows();

// When an entry is due.
struct TimePlan {
    ScheduleExpression expression;
    TimeZone zone = {};
    std::optional<Timestamp> start = {};  // Not due before; a rate counts from it.
    std::optional<Timestamp> end = {};    // Not due after.
    // A rate is due at once when it is set, or at its start.
    bool is_due_at_once = false;
    // Each due time is put off by a part of this, always the same one.
    Duration window = Duration::zero();
    Duration late_max = late_max_default;
};

class Timetable {
public:
    // Takes the rows of the store in; each belongs to the entry that `set` names later.
    void restore(std::vector<ScheduleCursor> cursors);
    // During a start: its row stays, though it cannot be due.
    void keep_restored(std::string_view arn) { restored_.erase(std::string(arn)); }
    // After the last `set_restored` of a start: removes rows that belong to nobody.
    void end_restore(store::Batch& batch);

    // Adds an entry, or gives it another plan from now on.
    void set(const std::string& arn, TimePlan plan, Timestamp now, store::Batch& batch);
    // During a start: goes on where its row is.
    void set_restored(const std::string& arn, TimePlan plan, Timestamp now);
    void remove(std::string_view arn, store::Batch& batch);

    struct Due {
        std::string arn;
        Timestamp due_at;
    };
    // What is due now and was not taken yet, at most so many, the oldest first. It is taken when
    // the batch is committed.
    std::vector<Due> take_due(Timestamp now, std::size_t count_max, store::Batch& batch);
    // When take_due has something to do; nothing: never.
    [[nodiscard]] std::optional<Timestamp> next_wakeup() const;

    [[nodiscard]] bool contains(std::string_view arn) const;
    // True: its last due time was taken. One whose last due time was only passed over is not over:
    // a clock that is set back may make it due after all.
    [[nodiscard]] bool is_over(std::string_view arn) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    // How often an entry was found with due times that were too late to be taken, since the start,
    // which is such a time itself.
    [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }

    void check_invariants() const;

private:
    struct Entry {
        TimePlan plan;
        ScheduleCursor cursor;
        std::optional<Timestamp> due_at;
        std::optional<Timestamp> wake_at;  // Of due_at, put off by its part of the window.
    };
    using Entries = std::map<std::string, Entry, std::less<>>;

    // After `passed` as well: what was passed over is no longer due.
    static std::optional<Timestamp> next_due(const Entry& entry, Timestamp now, Timestamp passed);
    static std::optional<Timestamp> next_due_after(const Entry& entry, Timestamp after);
    static void take(Entry& entry, Timestamp due);
    void schedule(Entry& entry, Timestamp now, Timestamp passed = Timestamp::min());
    void unschedule(const Entry& entry);
    void observe(Timestamp now);

    Entries entries_;
    std::map<std::string, ScheduleCursor, std::less<>> restored_;  // Whose entry is not set yet.
    std::set<std::pair<Timestamp, std::string>> by_time_;
    std::uint64_t passed_over_ = 0;
    Timestamp observed_ = {};  // The latest time that was seen since the clock was set back.
};

}  // namespace onput::notifier
