#include "services/storage/replication/lanes.hpp"

#include <algorithm>

namespace onput::storage {

const std::string& RowCursor::from(Duration now) {
    if (is_at_end_ && now - began_ >= replica_round_min) {
        from_.clear();
        is_at_end_ = false;
        began_ = now;
    }
    return from_;
}

HeldRows::Held HeldRows::hold(const std::string& row, Duration now) {
    const auto found = rows_.find(row);
    if (found != rows_.end()) {
        auto& held = found->second;
        held.delay = std::min(held.delay * 2, replica_retry_max);
        held.until = now + held.delay;
        return Held::again;
    }
    // Those that nobody came back to are gone from the store.
    if (rows_.size() >= held_rows_max)
        std::erase_if(rows_, [now](const auto& entry) {
            return entry.second.until + replica_retry_max < now;
        });
    if (rows_.size() >= held_rows_max) return Held::beyond;
    rows_.emplace(row, Row{.until = now + replica_retry_min, .delay = replica_retry_min});
    return Held::first;
}

bool HeldRows::is_held(const std::string& row, Duration now) const {
    const auto found = rows_.find(row);
    return found != rows_.end() && found->second.until > now;
}

void HoldOff::fail(Duration now) {
    // Several that were under way together fail together.
    if (is_held(now)) return;
    delay_ = std::clamp(delay_ * 2, endpoint_retry_min, endpoint_retry_max);
    until_ = now + delay_;
}

void Allowance::advance(Duration now) {
    const auto earned = [this](Duration time) {
        return static_cast<double>(per_second_) * static_cast<double>(time.count()) / 1e6;
    };
    const Duration passed = std::max(now - advanced_, Duration::zero());
    advanced_ = now;
    left_ = std::min(left_ + earned(passed), std::max(earned(allowance_max), 1.0));
}

bool Allowance::take() {
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

}  // namespace onput::storage
