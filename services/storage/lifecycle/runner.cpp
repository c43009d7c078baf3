#include "services/storage/lifecycle/runner.hpp"

#include <utility>

#include "common/base/log.hpp"

namespace onput::storage {

void LifecycleRunner::start() {
    if (is_running_ || options_.interval == Duration{}) return;
    if (!host_.core().is_lifecycle_due(host_.now(), options_.interval)) return;
    is_running_ = true;
    step();
}

void LifecycleRunner::step() {
    if (host_.is_draining()) {
        is_running_ = false;
        return;
    }
    if (host_.core().outbox().waiting() > lifecycle_events_waiting_max) {
        host_.loop().after(lifecycle_wait, [this] { step(); });
        return;
    }
    if (const Duration wait = background_.wait(); wait > Duration{}) {
        host_.loop().after(wait, [this] { step(); });
        return;
    }
    const std::size_t rows =
        run_one(background_.is_shared() ? lifecycle_shared_step_rows : lifecycle_step_rows);
    if (!is_running_) return;
    const std::uint64_t pause_us = rows * 1'000'000ULL / options_.rows_per_second;
    host_.loop().after(Duration(static_cast<std::int64_t>(pause_us)), [this] { step(); });
}

std::size_t LifecycleRunner::run_one(std::size_t rows_max) {
    const Background::Slice slice(background_);
    const Timestamp now = host_.now();
    auto step = host_.execute([&](StorageCore& core, Effects& effects) {
        return core.judge_next(now, rows_max, effects);
    });
    if (!step) {
        // A damaged row, which the next pass finds again, if it is not repaired.
        log::error("the lifecycle of a bucket cannot be looked after",
                   {{"reason", step.error().message}});
        static_cast<void>(host_.execute([](StorageCore& core, Effects&) {
            core.skip_lifecycle_bucket();
            return Result<void>();
        }));
        return rows_max;
    }
    const auto do_it = [this](auto&& run) {
        const auto done = host_.execute(run);
        if (!done)
            log::error("a lifecycle rule could not be applied", {{"reason", done.error().message}});
    };
    for (const auto& task : step->tasks) {
        do_it([&](StorageCore& core, Effects& effects) { return core.apply(task, now, effects); });
    }
    for (const auto& upload : step->uploads) {
        do_it([&](StorageCore& core, Effects& effects) {
            return core.abort_for_lifecycle(upload, now, effects);
        });
    }
    if (step->is_over) {
        ++passes_;
        is_running_ = false;
    }
    return step->rows + lifecycle_rows_per_change * (step->tasks.size() + step->uploads.size());
}

}  // namespace onput::storage
