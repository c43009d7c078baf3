#include "services/notifier/schedules/timetable.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

// Below this a clock is only corrected.
constexpr Duration set_back_min = std::chrono::seconds(1);
constexpr Duration instant = Duration(1);

Timestamp anchor_of(const TimePlan& plan, const ScheduleCursor& cursor) {
    return plan.start.value_or(cursor.set_at);
}

ScheduleExpression::Frame frame_of(const TimePlan& plan, const ScheduleCursor& cursor) {
    return {.zone = plan.zone, .anchor = anchor_of(plan, cursor)};
}

// Spreads due times over the window; not a secret.
Duration put_off(std::string_view arn, Timestamp due, Duration window) {
    if (window == Duration::zero()) return window;
    std::uint64_t hash = 14'695'981'039'346'656'037U ^ static_cast<std::uint64_t>(to_micros(due));
    for (const char c : arn) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    }
    hash ^= hash >> 32U;
    return Duration(static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(window.count())));
}

void merge_nearest(std::vector<TakenSpan>& spans) {
    std::size_t nearest = 0;
    for (std::size_t i = 1; i + 1 < spans.size(); ++i) {
        if (spans[i + 1].first - spans[i].last < spans[nearest + 1].first - spans[nearest].last) {
            nearest = i;
        }
    }
    spans[nearest].last = spans[nearest + 1].last;
    spans.erase(spans.begin() + static_cast<std::ptrdiff_t>(nearest) + 1);
}

}  // namespace

std::string cursor_key(std::string_view arn) {
    return "x/" + std::string(arn);
}

store::Range cursor_rows() {
    return store::Range::of_prefix("x/");
}

void Timetable::restore(std::vector<ScheduleCursor> cursors) {
    ONPUT_CHECK(entries_.empty() && restored_.empty());
    for (auto& cursor : cursors) {
        std::string arn = cursor.arn;
        restored_.emplace(std::move(arn), std::move(cursor));
    }
}

void Timetable::end_restore(store::Batch& batch) {
    for (const auto& [arn, cursor] : restored_) batch.remove(cursor_key(arn));
    restored_.clear();
}

void Timetable::set(const std::string& arn, TimePlan plan, Timestamp now, store::Batch& batch) {
    Entry entry{.plan = std::move(plan), .cursor = {.arn = arn, .set_at = now}};
    if (const auto found = entries_.find(arn); found != entries_.end()) {
        unschedule(found->second);
        entry.cursor.taken = std::move(found->second.cursor.taken);
        entries_.erase(found);
    }
    batch.put(cursor_key(arn), schema::encode(entry.cursor));
    schedule(entries_.emplace(arn, std::move(entry)).first->second, now);
}

void Timetable::set_restored(const std::string& arn, TimePlan plan, Timestamp now) {
    ONPUT_CHECK(!entries_.contains(arn));
    Entry entry{.plan = std::move(plan), .cursor = {.arn = arn, .set_at = now}};
    if (auto row = restored_.extract(arn)) entry.cursor = std::move(row.mapped());
    Entry& added = entries_.emplace(arn, std::move(entry)).first->second;
    schedule(added, now);
    if (added.cursor.taken.empty()) return;
    const auto next = next_due_after(added, added.cursor.taken.back().last);
    if (next && *next <= now && next != added.due_at) ++passed_over_;
}

void Timetable::remove(std::string_view arn, store::Batch& batch) {
    const auto found = entries_.find(arn);
    if (found == entries_.end()) return;
    unschedule(found->second);
    batch.remove(cursor_key(arn));
    entries_.erase(found);
}

std::optional<Timestamp> Timetable::next_due_after(const Entry& entry, Timestamp after) {
    const auto frame = frame_of(entry.plan, entry.cursor);
    auto due = entry.plan.expression.next_after(after, frame);
    for (const TakenSpan& span : entry.cursor.taken) {
        if (!due || *due < span.first) break;
        if (*due <= span.last) due = entry.plan.expression.next_after(span.last, frame);
    }
    if (!due || (entry.plan.end && *due > *entry.plan.end)) return std::nullopt;
    return due;
}

std::optional<Timestamp> Timetable::next_due(const Entry& entry, Timestamp now, Timestamp passed) {
    const TimePlan& plan = entry.plan;
    Timestamp set_at = entry.cursor.set_at;
    if (plan.is_due_at_once && plan.expression.is_rate()) set_at -= instant;
    // An entry that was set in the future was set by a clock that has been set back since.
    Timestamp after = std::max(now - plan.late_max - plan.window, std::min(set_at, now));
    if (plan.start) after = std::max(after, *plan.start - instant);
    return next_due_after(entry, std::max(after, passed));
}

void Timetable::schedule(Entry& entry, Timestamp now, Timestamp passed) {
    unschedule(entry);
    entry.due_at = next_due(entry, now, passed);
    entry.wake_at.reset();
    if (!entry.due_at) return;
    // In a window that is longer than the interval each waits no longer than to the next.
    Duration window = entry.plan.window;
    if (window > Duration::zero()) {
        const auto next =
            entry.plan.expression.next_after(*entry.due_at, frame_of(entry.plan, entry.cursor));
        if (next) window = std::min(window, *next - *entry.due_at);
    }
    entry.wake_at = *entry.due_at + put_off(entry.cursor.arn, *entry.due_at, window);
    by_time_.emplace(*entry.wake_at, entry.cursor.arn);
}

void Timetable::unschedule(const Entry& entry) {
    if (entry.wake_at) by_time_.erase({*entry.wake_at, entry.cursor.arn});
}

void Timetable::take(Entry& entry, Timestamp due) {
    auto& spans = entry.cursor.taken;
    const auto after = std::ranges::upper_bound(spans, due, {}, &TakenSpan::first);
    const auto frame = frame_of(entry.plan, entry.cursor);
    const bool follows = after != spans.begin() &&
                         entry.plan.expression.next_after(std::prev(after)->last, frame) == due;
    if (follows) {
        std::prev(after)->last = due;
        return;
    }
    spans.insert(after, {.first = due, .last = due});
    if (spans.size() > taken_spans_max) merge_nearest(spans);
}

void Timetable::observe(Timestamp now) {
    const bool is_set_back = now + set_back_min < observed_;
    observed_ = is_set_back ? now : std::max(observed_, now);
    if (!is_set_back) return;
    for (auto& [arn, entry] : entries_) schedule(entry, now);
}

std::vector<Timetable::Due> Timetable::take_due(Timestamp now, std::size_t count_max,
                                                store::Batch& batch) {
    observe(now);
    std::vector<Due> taken;
    while (taken.size() < count_max && !by_time_.empty() && by_time_.begin()->first <= now) {
        Entry& entry = entries_.find(by_time_.begin()->second)->second;
        ONPUT_CHECK(entry.due_at && entry.wake_at);
        if (now - *entry.wake_at <= entry.plan.late_max) {
            taken.push_back({.arn = entry.cursor.arn, .due_at = *entry.due_at});
            take(entry, *entry.due_at);
            batch.put(cursor_key(entry.cursor.arn), schema::encode(entry.cursor));
            schedule(entry, now);
        } else {
            ++passed_over_;
            schedule(entry, now, *entry.due_at);
        }
    }
    return taken;
}

std::optional<Timestamp> Timetable::next_wakeup() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
}

bool Timetable::contains(std::string_view arn) const {
    return entries_.contains(arn);
}

bool Timetable::is_over(std::string_view arn) const {
    const auto found = entries_.find(arn);
    if (found == entries_.end()) return false;
    const Entry& entry = found->second;
    return !entry.cursor.taken.empty() &&
           !next_due_after(entry, entry.cursor.taken.back().last).has_value();
}

void Timetable::check_invariants() const {
    std::size_t scheduled = 0;
    for (const auto& [arn, entry] : entries_) {
        ONPUT_CHECK(arn == entry.cursor.arn &&
                    entry.due_at.has_value() == entry.wake_at.has_value());
        ONPUT_CHECK(entry.cursor.taken.size() <= taken_spans_max);
        ONPUT_CHECK(!entry.wake_at || by_time_.contains({*entry.wake_at, arn}));
        scheduled += entry.wake_at ? 1 : 0;
        for (std::size_t i = 0; i < entry.cursor.taken.size(); ++i) {
            const TakenSpan& span = entry.cursor.taken[i];
            ONPUT_CHECK(span.first <= span.last);
            ONPUT_CHECK(i == 0 || entry.cursor.taken[i - 1].last < span.first);
        }
    }
    ONPUT_CHECK(scheduled == by_time_.size());
}

}  // namespace onput::notifier
