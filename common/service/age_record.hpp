// The age clock's row: every core that deletes by age keeps one.
#pragma once

#include <string>

#include "common/base/age_clock.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/store/store.hpp"

namespace onput::service {

// How far the clock moves until its row is written again: so much is lost with a crash.
inline constexpr Duration age_record_interval = std::chrono::seconds(30);

// A wall clock that was set by less moves nothing.
inline constexpr Duration jump_min = std::chrono::seconds(1);

struct AgeRecord {
    // Version 2 added set_by_us; version 3 boot, wall and monotonic_us.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::age_record, .version = 3};

    Timestamp time;
    std::int64_t ahead_for_us = 0;
    std::int64_t behind_for_us = 0;
    std::int64_t set_by_us = 0;
    // Of the machine (Platform::boot), and both clocks in it when the row was written.
    std::string boot = {};
    Timestamp wall = {};
    std::int64_t monotonic_us = 0;

    static AgeRecord of(const AgeClock::State& state) {
        return {.time = state.time,
                .ahead_for_us = state.ahead_for.count(),
                .behind_for_us = state.behind_for.count(),
                .set_by_us = state.set_by.count()};
    }
    [[nodiscard]] AgeClock::State state() const {
        return {.time = time,
                .ahead_for = Duration(ahead_for_us),
                .behind_for = Duration(behind_for_us),
                .set_by = Duration(set_by_us)};
    }

    ONPUT_FIELDS(time, ahead_for_us, behind_for_us, set_by_us, boot, wall, monotonic_us)
    friend bool operator==(const AgeRecord&, const AgeRecord&) = default;
};

// An age clock that survives restarts.
class KeptAge {
public:
    // `boot`: this run of the machine, in which the monotonic clock goes on; empty: not known.
    KeptAge(std::string partition, std::string key, std::string boot)
        : partition_(std::move(partition)), key_(std::move(key)), boot_(std::move(boot)) {}

    // After the first `observe`.
    Result<void> restore(const store::View& view) {
        ONPUT_TRY(const auto row, view.get(partition_, key_));
        if (!row) return {};
        ONPUT_TRY(const auto record, schema::decode<AgeRecord>(*row));
        kept_ = record.state();
        const AgeClock::Reading then{.wall = record.wall,
                                     .monotonic = Duration(record.monotonic_us)};
        if (boot_.empty() || record.boot != boot_ || then.monotonic > last_.monotonic) {
            clock_.restore(kept_);
            return {};
        }
        clock_.resume(kept_, then);
        clock_.observe(last_.wall, last_.monotonic);
        return {};
    }

    void observe(Timestamp wall, Duration monotonic) {
        last_ = {.wall = wall, .monotonic = monotonic};
        clock_.observe(wall, monotonic);
    }

    // Puts its row into the batch after a jump; `batch()` is asked for only then. To be called
    // before the changes of each command: times less AgeClock::set_by are then never durable
    // without it.
    template <typename Batch>
    void keep_jump(Batch batch) {
        const Duration set_by = clock_.set_by() - kept_.set_by;
        if (set_by <= -jump_min || set_by >= jump_min) put(batch());
    }
    // And when it has moved. At the end of each turn.
    template <typename Batch>
    void keep(Batch batch) {
        keep_jump(batch);
        const Duration passed = clock_.state().time - kept_.time;
        if (passed < Duration() || passed >= age_record_interval) put(batch());
    }

    [[nodiscard]] const AgeClock& clock() const { return clock_; }

private:
    void put(store::Batch& batch) {
        kept_ = clock_.state();
        AgeRecord record = AgeRecord::of(kept_);
        record.boot = boot_;
        record.wall = last_.wall;
        record.monotonic_us = last_.monotonic.count();
        batch.put(key_, schema::encode(record));
    }

    std::string partition_;
    std::string key_;
    std::string boot_;
    AgeClock clock_;
    AgeClock::Reading last_;
    AgeClock::State kept_;  // As its row has it.
};

}  // namespace onput::service
