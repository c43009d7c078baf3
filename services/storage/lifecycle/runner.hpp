// LifecycleRunner: drives the core's lifecycle pass at a steady rate, so that requests do not feel
// it: a few rows, then a pause that is as long as the rate and the background's share say. It also
// waits while the notifier is far behind with events. Loop thread only.
#pragma once

#include "services/storage/host.hpp"
#include "services/storage/housekeeping/background.hpp"

namespace onput::storage {

// Rows that one step judges; it takes about a millisecond.
inline constexpr std::size_t lifecycle_step_rows = 256;
// While requests come: one that comes meanwhile waits for it.
inline constexpr std::size_t lifecycle_shared_step_rows = 32;
// What a change costs beside a row that is only read.
inline constexpr std::size_t lifecycle_rows_per_change = 10;
inline constexpr std::uint64_t lifecycle_events_waiting_max = 10'000;
inline constexpr Duration lifecycle_wait = std::chrono::seconds(1);

class LifecycleRunner {
public:
    struct Options {
        std::uint64_t rows_per_second = 0;
        Duration interval{};  // From the start of one pass to the next; 0: there is none.
    };
    LifecycleRunner(StorageHost& host, Background& background, Options options)
        : host_(host), background_(background), options_(options) {}

    // Begins a pass, or goes on with one, when it is time. To be called now and then.
    void start();
    [[nodiscard]] std::uint64_t passes() const { return passes_; }

private:
    void step();
    // Judges up to so many rows. Returns how many it cost.
    std::size_t run_one(std::size_t rows_max);

    StorageHost& host_;
    Background& background_;
    Options options_;
    bool is_running_ = false;
    std::uint64_t passes_ = 0;  // That ended.
};

}  // namespace onput::storage
