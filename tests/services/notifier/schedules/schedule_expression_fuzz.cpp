// Hostile expressions of schedules, in hostile zones: refused, or due later and later.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/notifier/schedules/schedule_expression.hpp"

using namespace onput;
using namespace onput::notifier;

// The expression, a zero byte, and the file of the zone; without one it is UTC.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = input.find('\0');
    const auto expression = ScheduleExpression::parse(input.substr(0, zero));
    if (!expression) return 0;
    TimeZone zone;
    if (zero != std::string_view::npos) {
        if (auto parsed = TimeZone::parse(input.substr(zero + 1))) zone = *std::move(parsed);
    }
    const Timestamp anchor = from_seconds(1'800'000'000);
    Timestamp after = anchor;
    for (int i = 0; i < 20; ++i) {
        const auto due = expression->next_after(after, {.zone = zone, .anchor = anchor});
        if (!due) break;
        ONPUT_CHECK(*due > after);
        after = *due;
    }
    return 0;
}
