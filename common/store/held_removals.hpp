// HeldRemovals: removals of blobs, which a backup lets wait. Internal to store.
//
//     begin ──> runs ──> end              hold ──> begin: kept, up to held_removals_max
//                                         release ──> what was kept, to be begun again
//
// Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
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
    void end() {
        const std::lock_guard lock(mutex_);
        if (--running_ == 0) none_runs_.notify_all();
    }

    void hold() {
        const std::lock_guard lock(mutex_);
        is_holding_ = true;
    }
    std::vector<BlobRef> release() {
        const std::lock_guard lock(mutex_);
        is_holding_ = false;
        return std::exchange(held_, {});
    }

    void wait_until_none_runs() {
        std::unique_lock lock(mutex_);
        none_runs_.wait(lock, [this] { return running_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable none_runs_;
    bool is_holding_ = false;
    std::uint64_t running_ = 0;
    std::vector<BlobRef> held_;
};

}  // namespace onput::store
