#include "services/notifier/delivery/destination.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

FailureKind kind_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found:
        case ErrorCode::permission_denied:
        case ErrorCode::invalid_argument:
        case ErrorCode::unimplemented: return FailureKind::refused;
        default: return FailureKind::unreachable;
    }
}

std::string describe(const Error& error) {
    std::string text(to_string(error.code));
    if (!error.reason.empty()) text += " (" + error.reason + ")";
    text += ": " + error.message;
    if (text.size() > last_error_bytes_max) text.resize(last_error_bytes_max);
    return text;
}

}  // namespace

Destination::Destination(DestinationRecord kind, std::uint64_t first_number)
    : record_(std::move(kind)) {
    ONPUT_CHECK(first_number > 0);
    record_.settled_number = first_number - 1;
    record_.last_number = first_number - 1;
}

Destination::Destination(DestinationRecord record) : record_(std::move(record)) {
    if (owed() == 0) return;
    // The record of the last settled number may owe more: it is looked at again.
    const std::uint64_t settled = sequence_of(record_.settled_number);
    window_ = OwedWindow(settled == 0 ? 0 : settled - 1);
}

void Destination::owe(std::span<const Pending> items) {
    ONPUT_CHECK(!items.empty());
    ONPUT_CHECK(items.front().number > record_.last_number);
    window_.owe(items);
    record_.last_number = items.back().number;
    record_.owed_total += items.size();
}

void Destination::need(std::uint64_t sequence) {
    ONPUT_CHECK(record_.is_dead_letter);
    const std::uint64_t needed = record_.needed_sequence;
    record_.needed_sequence = needed == 0 ? sequence : std::min(needed, sequence);
}

bool Destination::refill(std::uint64_t sequence, std::span<const Pending> items) {
    const auto is_settled = [this](const Pending& item) {
        return item.number <= record_.settled_number;
    };
    const auto first = std::ranges::find_if_not(items, is_settled);
    return window_.refill(sequence, {first, items.end()}, sequence_of(record_.last_number));
}

bool Destination::is_due(Timestamp now) const {
    return !in_flight_ && !window().empty() && schedule_.is_due(now);
}

void Destination::begin(const Attempt& attempt) {
    ONPUT_CHECK(!in_flight_);
    ONPUT_CHECK(attempt.items > 0 && attempt.items <= window().size());
    ONPUT_CHECK(attempt.first_number == window().front().number);
    in_flight_ = attempt;
}

void Destination::settle_front(Settled& settled) {
    settled.items.push_back(window_.pop_front());
    record_.settled_number = settled.items.back().number;
    ++record_.settled_total;
    if (owed() == 0) record_.needed_sequence = 0;
}

Settled Destination::succeed(std::uint64_t through) {
    ONPUT_CHECK(in_flight_.has_value());
    Settled settled{.items = {}, .attempts = schedule_.failures() + 1};
    for (std::size_t i = 0; i < in_flight_->items && window().front().number <= through; ++i) {
        settle_front(settled);
        if (window().empty()) break;
    }
    in_flight_.reset();
    schedule_.succeed();
    last_error_.clear();
    return settled;
}

void Destination::fail(const Error& error, Timestamp now, Random& random) {
    ONPUT_CHECK(in_flight_.has_value());
    counts.failed += in_flight_->items;
    in_flight_.reset();
    schedule_.fail(kind_of(error.code), now, random);
    last_error_ = describe(error);
}

Settled Destination::give_up_oldest() {
    ONPUT_CHECK(!in_flight_);
    ONPUT_CHECK(!window().empty());
    Settled settled{.items = {}, .attempts = schedule_.failures()};
    settle_front(settled);
    return settled;
}

std::optional<std::uint64_t> Destination::needed_from() const {
    const auto needed = window_.needed_from();
    if (!needed || record_.needed_sequence == 0) return needed;
    return std::min(*needed, record_.needed_sequence);
}

void Destination::check_invariants() const {
    ONPUT_CHECK(record_.settled_total <= record_.owed_total);
    ONPUT_CHECK(record_.settled_number <= record_.last_number);
    ONPUT_CHECK(window().size() <= window_max);
    ONPUT_CHECK(window().size() <= owed());
    ONPUT_CHECK(!window_.is_complete() || window().size() == owed());
    ONPUT_CHECK(!in_flight_ || in_flight_->items <= window().size());
    std::uint64_t last = record_.settled_number;
    for (const Pending& item : window()) {
        ONPUT_CHECK(item.number > last);
        last = item.number;
    }
}

}  // namespace onput::notifier
