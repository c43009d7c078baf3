#include "services/notifier/delivery/push_destination.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

constexpr Duration throttle_period = std::chrono::seconds(1);

}  // namespace

PushDestination::PushDestination(DestinationRecord kind, std::uint64_t first_number)
    : record_(std::move(kind)) {
    ONPUT_CHECK(first_number > 0);
    record_.settled_number = first_number - 1;
    record_.last_number = first_number - 1;
}

PushDestination::PushDestination(DestinationRecord record,
                                 std::map<std::uint64_t, AttemptRecord> waiting)
    : record_(std::move(record)), waiting_(std::move(waiting)) {
    for (const auto& [number, attempt] : waiting_) by_time_.emplace(attempt.next_at, number);
    if (owed() > waiting_.size()) window_ = OwedWindow(sequence_of(record_.settled_number));
}

void PushDestination::owe(const Pending& item) {
    ONPUT_CHECK(item.number > record_.last_number);
    window_.owe({&item, 1});
    record_.last_number = item.number;
    ++record_.owed_total;
}

bool PushDestination::refill(std::uint64_t sequence, const std::optional<Pending>& item) {
    const std::uint64_t last = sequence_of(record_.last_number);
    // One that waits lies beyond the cursor when an older one was on its way.
    if (!item || waiting_.contains(item->number)) return window_.refill(sequence, {}, last);
    return window_.refill(sequence, {&*item, 1}, last);
}

bool PushDestination::is_throttled(Timestamp now, const PushLimits& limits) const {
    return limits.receives_per_second_max > 0 &&
           begun_in_second_ >= limits.receives_per_second_max && now >= second_began_ &&
           now < second_began_ + throttle_period;
}

bool PushDestination::has_fresh(std::uint64_t durable_sequence) const {
    return waiting_.size() < retries_max && !window_.items().empty() &&
           sequence_of(window_.items().front().number) <= durable_sequence;
}

bool PushDestination::is_due(std::uint64_t number, Timestamp now) const {
    const AttemptRecord& record = waiting_.at(number);
    // A clock set back makes it due rather than late.
    return now >= record.next_at || now < record.failed_at;
}

std::optional<PushAttempt> PushDestination::next(Timestamp now, const PushLimits& limits,
                                                 std::uint64_t durable_sequence) const {
    if (open() >= limits.open_max || is_throttled(now, limits)) return std::nullopt;
    const bool is_fresh = has_fresh(durable_sequence);
    const std::size_t again_max = std::max<std::size_t>(limits.open_max / 2, 1);
    const bool may_retry = !is_fresh || again_.size() < again_max;
    if (may_retry && !by_time_.empty() && is_due(by_time_.begin()->second, now)) {
        const std::uint64_t number = by_time_.begin()->second;
        const AttemptRecord& record = waiting_.at(number);
        return PushAttempt{.item = {.number = number, .time = record.time},
                           .attempt = record.attempts + 1};
    }
    if (!is_fresh) return std::nullopt;
    return PushAttempt{.item = window_.items().front(), .attempt = 1};
}

std::optional<Timestamp> PushDestination::next_at(Timestamp now, const PushLimits& limits,
                                                  std::uint64_t durable_sequence) const {
    if (open() >= limits.open_max) return std::nullopt;
    const bool is_fresh = has_fresh(durable_sequence);
    if (!is_fresh && by_time_.empty()) return std::nullopt;
    Timestamp at = now;
    if (!is_fresh && !is_due(by_time_.begin()->second, now)) at = by_time_.begin()->first;
    if (is_throttled(now, limits)) at = std::max(at, second_began_ + throttle_period);
    return at;
}

void PushDestination::begin(const PushAttempt& attempt, Timestamp now) {
    if (now >= second_began_ + throttle_period || now < second_began_) {
        second_began_ = now;
        begun_in_second_ = 0;
    }
    ++begun_in_second_;
    if (attempt.attempt == 1) {
        ONPUT_CHECK(!window_.items().empty());
        ONPUT_CHECK(window_.items().front().number == attempt.item.number);
        const Pending item = window_.pop_front();
        first_.emplace(item.number, item.time);
        return;
    }
    const auto found = waiting_.find(attempt.item.number);
    ONPUT_CHECK(found != waiting_.end());
    ONPUT_CHECK(by_time_.erase({found->second.next_at, found->first}) == 1);
    again_.insert(found->first);
}

void PushDestination::settle(std::uint64_t number) {
    ++record_.settled_total;
    if (again_.erase(number) > 0) {
        ONPUT_CHECK(waiting_.erase(number) == 1);
    } else {
        ONPUT_CHECK(first_.erase(number) == 1);
    }
    settled_early_.insert(number);
    advance();
}

void PushDestination::fail(std::uint64_t number, AttemptRecord record) {
    ONPUT_CHECK(first_.erase(number) + again_.erase(number) == 1);
    by_time_.emplace(record.next_at, number);
    waiting_.insert_or_assign(number, std::move(record));
    advance();
}

// Behind the cursor nothing is left that was never begun or is on its way for the first time.
void PushDestination::advance() {
    std::uint64_t cursor = record_.last_number;
    if (!first_.empty()) {
        cursor = first_.begin()->first - 1;
    } else if (!window_.items().empty()) {
        cursor = window_.items().front().number - 1;
    } else if (!window_.is_complete()) {
        cursor = delivery_number(window_.scanned_through() + 1, 0) - 1;
    }
    ONPUT_CHECK(cursor >= record_.settled_number);
    record_.settled_number = cursor;
    settled_early_.erase(settled_early_.begin(), settled_early_.upper_bound(cursor));
}

DestinationRecord PushDestination::record() const {
    DestinationRecord record = record_;
    // A crash forgets what was settled early.
    record.settled_total -= settled_early_.size();
    return record;
}

std::optional<Timestamp> PushDestination::oldest() const {
    std::optional<Timestamp> oldest;
    const auto look = [&oldest](Timestamp time) {
        oldest = oldest ? std::min(*oldest, time) : time;
    };
    if (!window_.items().empty()) look(window_.items().front().time);
    if (!first_.empty()) look(first_.begin()->second);
    if (!waiting_.empty()) look(waiting_.begin()->second.time);
    return oldest;
}

std::optional<std::uint64_t> PushDestination::needed_from() const {
    auto needed = window_.needed_from();
    const auto look = [&needed](std::uint64_t number) {
        const std::uint64_t sequence = sequence_of(number);
        needed = needed ? std::min(*needed, sequence) : sequence;
    };
    if (!first_.empty()) look(first_.begin()->first);
    if (!waiting_.empty()) look(waiting_.begin()->first);
    return needed;
}

void PushDestination::check_invariants() const {
    ONPUT_CHECK(record_.settled_total <= record_.owed_total);
    ONPUT_CHECK(record_.settled_number <= record_.last_number);
    ONPUT_CHECK(settled_early_.size() <= record_.settled_total);
    ONPUT_CHECK(by_time_.size() + again_.size() == waiting_.size());
    const std::size_t known = window_.items().size() + first_.size() + waiting_.size();
    ONPUT_CHECK(known <= owed());
    ONPUT_CHECK(!window_.is_complete() || known == owed());
    ONPUT_CHECK(first_.empty() || record_.settled_number < first_.begin()->first);
    ONPUT_CHECK(window_.items().empty() || window_.items().front().number > record_.settled_number);
}

}  // namespace onput::notifier
