// Hostile files of time zones: refused, or clocks that can be read back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/notifier/schedules/time_zone.hpp"

using namespace onput;
using namespace onput::notifier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto zone = TimeZone::parse({reinterpret_cast<const char*>(data), size});
    if (!zone) return 0;
    constexpr std::int64_t half_year = 182 * 86'400;
    for (std::int64_t at = -2'000'000'000; at < 6'000'000'000; at += half_year) {
        const std::chrono::sys_seconds time{std::chrono::seconds(at)};
        const auto local = zone->to_local(time);
        ONPUT_CHECK(local.time_since_epoch() - time.time_since_epoch() == zone->offset_at(time));
        const auto first = zone->to_utc(local);
        ONPUT_CHECK(!first || zone->to_local(*first) == local);
    }
    return 0;
}
