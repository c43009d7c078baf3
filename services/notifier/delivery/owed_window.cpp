#include "services/notifier/delivery/owed_window.hpp"

#include "common/base/check.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

void OwedWindow::owe(std::span<const Pending> items) {
    ONPUT_CHECK(!items.empty());
    if (is_complete_ && items_.size() + items.size() > window_max) {
        is_complete_ = false;
        scanned_through_ = sequence_of(items.front().number) - 1;
    }
    if (is_complete_) items_.insert(items_.end(), items.begin(), items.end());
}

bool OwedWindow::refill(std::uint64_t sequence, std::span<const Pending> items,
                        std::uint64_t last_sequence) {
    ONPUT_CHECK(!is_complete_);
    ONPUT_CHECK(sequence > scanned_through_);
    if (items_.size() + items.size() > window_max) return false;
    items_.insert(items_.end(), items.begin(), items.end());
    scanned_through_ = sequence;
    is_complete_ = sequence >= last_sequence;
    return !is_complete_;
}

Pending OwedWindow::pop_front() {
    ONPUT_CHECK(!items_.empty());
    const Pending item = items_.front();
    items_.pop_front();
    return item;
}

std::optional<std::uint64_t> OwedWindow::needed_from() const {
    if (!items_.empty()) return sequence_of(items_.front().number);
    if (is_complete_) return std::nullopt;
    return scanned_through_ + 1;
}

}  // namespace onput::notifier
