#include "services/notifier/destination.hpp"

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

Destination::Destination(std::string arn, std::uint64_t first_number) {
    ONPUT_CHECK(first_number > 0);
    record_.arn = std::move(arn);
    record_.settled_number = first_number - 1;
    record_.last_number = first_number - 1;
}

Destination::Destination(DestinationRecord record) : record_(std::move(record)) {
    is_complete_ = owed() == 0;
    // The record of the last settled number may owe more: it is looked at again.
    const std::uint64_t settled = sequence_of(record_.settled_number);
    scanned_through_ = settled == 0 ? 0 : settled - 1;
}

void Destination::owe(std::span<const Pending> items) {
    ONPUT_CHECK(!items.empty());
    ONPUT_CHECK(items.front().number > record_.last_number);
    if (is_complete_ && window_.size() + items.size() > window_max) {
        is_complete_ = false;
        scanned_through_ = sequence_of(items.front().number) - 1;
    }
    if (is_complete_) window_.insert(window_.end(), items.begin(), items.end());
    record_.last_number = items.back().number;
    record_.owed_total += items.size();
}

bool Destination::refill(std::uint64_t sequence, std::span<const Pending> items) {
    ONPUT_CHECK(!is_complete_);
    ONPUT_CHECK(sequence > scanned_through_);
    if (window_.size() + items.size() > window_max) return false;
    for (const Pending& item : items) {
        if (item.number > record_.settled_number) window_.push_back(item);
    }
    scanned_through_ = sequence;
    is_complete_ = sequence >= sequence_of(record_.last_number);
    return !is_complete_;
}

bool Destination::is_due(Timestamp now) const {
    return !in_flight_ && !window_.empty() && schedule_.is_due(now);
}

void Destination::begin(const Attempt& attempt) {
    ONPUT_CHECK(!in_flight_);
    ONPUT_CHECK(attempt.items > 0 && attempt.items <= window_.size());
    ONPUT_CHECK(attempt.first_number == window_.front().number);
    in_flight_ = attempt;
}

void Destination::settle_front(Settled& settled) {
    record_.settled_number = window_.front().number;
    ++record_.settled_total;
    settled.items.push_back(window_.front());
    window_.pop_front();
}

Settled Destination::succeed(std::uint64_t through) {
    ONPUT_CHECK(in_flight_.has_value());
    Settled settled{.items = {}, .attempts = schedule_.failures() + 1};
    for (std::size_t i = 0; i < in_flight_->items && window_.front().number <= through; ++i) {
        settle_front(settled);
        if (window_.empty()) break;
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
    ONPUT_CHECK(!window_.empty());
    Settled settled{.items = {}, .attempts = schedule_.failures()};
    settle_front(settled);
    return settled;
}

std::optional<std::uint64_t> Destination::needed_from() const {
    if (owed() == 0) return std::nullopt;
    return window_.empty() ? scanned_through_ + 1 : sequence_of(window_.front().number);
}

void Destination::check_invariants() const {
    ONPUT_CHECK(record_.settled_total <= record_.owed_total);
    ONPUT_CHECK(record_.settled_number <= record_.last_number);
    ONPUT_CHECK(window_.size() <= window_max);
    ONPUT_CHECK(window_.size() <= owed());
    ONPUT_CHECK(!is_complete_ || window_.size() == owed());
    ONPUT_CHECK(!in_flight_ || in_flight_->items <= window_.size());
    std::uint64_t last = record_.settled_number;
    for (const Pending& item : window_) {
        ONPUT_CHECK(item.number > last);
        last = item.number;
    }
}

}  // namespace onput::notifier
