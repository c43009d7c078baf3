// EventSet: the names of S3's bucket events, and sets of them.
//
// A configuration names events with the prefix ("s3:ObjectCreated:Put") and may name a family
// ("s3:ObjectCreated:*"). A record of something that happened drops the prefix
// ("ObjectCreated:Put") and never names a family. The two functions below keep these two spellings
// apart.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::pattern {

// A set of single events: one bit for each that can happen. A family is the set of its members.
class EventSet {
public:
    constexpr EventSet() = default;
    constexpr explicit EventSet(std::uint32_t bits) : bits_(bits) {}

    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr std::size_t size() const {
        return static_cast<std::size_t>(std::popcount(bits_));
    }
    [[nodiscard]] constexpr bool intersects(EventSet other) const {
        return (bits_ & other.bits_) != 0;
    }
    constexpr EventSet& operator|=(EventSet other) {
        bits_ |= other.bits_;
        return *this;
    }
    friend constexpr bool operator==(EventSet, EventSet) = default;

private:
    std::uint32_t bits_ = 0;
};

// One row of the table of all names that a configuration may use, without "s3:".
struct EventName {
    std::string_view name;
    EventSet events;
};
std::span<const EventName> configurable_events();

// A name as a notification configuration spells it: "s3:" is required, a family is welcome.
// Anything else, "s3:TestEvent" included, is invalid_argument `unsupported_event` with S3's own
// text.
Result<EventSet> parse_configured_event(std::string_view name);
// The same, and not one that never happens.
Result<EventSet> parse_new_event(std::string_view name);

// S3's events that nothing makes happen here: nothing is lost by reduced redundancy, tiers
// of INTELLIGENT_TIERING and annotations of objects do not exist. A new
// configuration that asks for nothing else is refused as one with an unknown name is: whoever puts
// it would wait in vain. Older ones that name them are kept.
bool never_happens(EventSet events);

// A name as a record or a core spells it: a single event, with or without "s3:".
// Unknown names and families are invalid_argument `unsupported_event`.
Result<EventSet> parse_occurred_event(std::string_view name);

}  // namespace onput::pattern
