// The first failed sync of an engine. It is final: what is on the disk is unknown from then on, so
// every later write fails with it, and `on_failed` is called once, to end the process. Any thread.
// Internal to store.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "common/base/result.hpp"

namespace onput::store {

class Failure {
public:
    explicit Failure(std::function<void(Error)> on_failed) : on_failed_(std::move(on_failed)) {}

    // Calls `on_failed` for the first error only.
    void report(const Error& error) {
        {
            const std::lock_guard lock(mutex_);
            if (error_) return;
            error_ = error;
        }
        if (on_failed_) on_failed_(error);
    }

    [[nodiscard]] std::optional<Error> get() const {
        const std::lock_guard lock(mutex_);
        return error_;
    }

private:
    std::function<void(Error)> on_failed_;
    mutable std::mutex mutex_;
    std::optional<Error> error_;
};

}  // namespace onput::store
