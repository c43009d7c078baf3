#include "services/notifier/delivery/destination.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::notifier {

DestinationRecord new_destination(DestinationRecord kind, std::uint64_t first_number) {
    ONPUT_CHECK(first_number > 0);
    kind.settled_number = first_number - 1;
    kind.last_number = first_number - 1;
    return kind;
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

bool Destination::refill(std::uint64_t sequence, std::vector<Pending> items) {
    std::erase_if(items, [this](const Pending& item) {
        return item.number <= record_.settled_number || is_waiting(item.number);
    });
    return window_.refill(sequence, items, sequence_of(record_.last_number));
}

void Destination::forget_lost() {
    if (!window_.is_complete()) return;
    record_.settled_total += owed() - std::min<std::uint64_t>(owed(), known());
    if (owed() == 0) record_.needed_sequence = 0;
}

void Destination::note_success(Timestamp now, Timestamp journaled_at) {
    lag = std::max(now - journaled_at, Duration{});
    failures = 0;
    last_error.clear();
}

void Destination::note_failure(Timestamp now, std::string error) {
    ++failures;
    failed_at = now;
    last_error = std::move(error);
    if (last_error.size() > last_error_bytes_max) last_error.resize(last_error_bytes_max);
}

void Destination::check_invariants() const {
    ONPUT_CHECK(record_.settled_total + settled_beyond_ <= record_.owed_total);
    ONPUT_CHECK(record_.settled_number <= record_.last_number);
    ONPUT_CHECK(window_.items().size() <= std::min<std::uint64_t>(window_max, owed()));
    std::uint64_t last = record_.settled_number;
    for (const Pending& item : window_.items()) {
        ONPUT_CHECK(item.number > last);
        last = item.number;
    }
}

}  // namespace onput::notifier
