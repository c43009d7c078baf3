// HeldRemovals: removals of blobs, which a backup lets wait. Internal to store.
//
//     begin ──> runs ──> end              hold ──> begin: kept, up to held_removals_max
//                                         release ──> take ──> runs ──> end ──> take ...
//
// What was kept is taken in portions, so that nothing else waits long for the threads that run
// removals. A hold that begins meanwhile keeps the rest. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::store {

class HeldRemovals {
public:
    // True: it may run now; `end` is called behind it.
    [[nodiscard]] bool begin(const BlobRef& ref) {
        const std::lock_guard lock(mutex_);
        if (!is_holding_) {
            ++running_;
            return true;
        }
        if (held_.size() < held_removals_max) held_.push_back(ref);
        return false;
    }
    void end(std::uint64_t count = 1) {
        const std::lock_guard lock(mutex_);
        running_ -= count;
        changed_.notify_all();
    }

    void hold() {
        const std::lock_guard lock(mutex_);
        is_holding_ = true;
    }
    // True: the caller sees to it that `take` is called until it has nothing.
    [[nodiscard]] bool release() {
        const std::lock_guard lock(mutex_);
        is_holding_ = false;
        if (is_taking_ || is_over_ || held_.empty()) return false;
        is_taking_ = true;
        return true;
    }
    // The oldest of those that were kept, `count_max` at most. They may run now; `end` is called
    // behind them. Empty: nothing may be taken until the next release.
    std::vector<BlobRef> take(std::size_t count_max) {
        const std::lock_guard lock(mutex_);
        std::vector<BlobRef> taken;
        while (!is_holding_ && !is_over_ && !held_.empty() && taken.size() < count_max) {
            taken.push_back(held_.front());
            held_.pop_front();
        }
        running_ += taken.size();
        is_taking_ = !taken.empty();
        changed_.notify_all();
        return taken;
    }

    // The store ends: what is kept is left to the next recovery.
    void finish() {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }

    // Returns when nothing runs, and nothing that was released is left to be taken.
    void wait_until_none_runs() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return running_ == 0 && !is_taking_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_holding_ = false;
    bool is_taking_ = false;  // From a release until `take` has nothing.
    bool is_over_ = false;
    std::uint64_t running_ = 0;
    std::deque<BlobRef> held_;
};

}  // namespace onput::store
