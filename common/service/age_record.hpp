// The age clock's row: every core that deletes by age keeps one, written now and then.
#pragma once

#include "common/base/age_clock.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::service {

// How far the clock moves until its row is written again: so much is lost with a crash.
inline constexpr Duration age_record_interval = std::chrono::seconds(30);

struct AgeRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::age_record};

    Timestamp time;
    std::int64_t ahead_for_us = 0;
    std::int64_t behind_for_us = 0;

    static AgeRecord of(const AgeClock::State& state) {
        return {.time = state.time,
                .ahead_for_us = state.ahead_for.count(),
                .behind_for_us = state.behind_for.count()};
    }
    [[nodiscard]] AgeClock::State state() const {
        return {.time = time,
                .ahead_for = Duration(ahead_for_us),
                .behind_for = Duration(behind_for_us)};
    }

    ONPUT_FIELDS(time, ahead_for_us, behind_for_us)
    friend bool operator==(const AgeRecord&, const AgeRecord&) = default;
};

}  // namespace onput::service
