// Whether keys that each match by themselves match together: values of different elements of one
// array never combine. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/pattern/event_reader.hpp"

namespace onput::pattern {

// What an event has for one key of a pattern. Keys are in the order of their paths.
struct KeyValues {
    bool accepts_absent = false;
    struct Found {
        std::uint32_t element = 0;
        bool is_accepted = false;
    };
    std::vector<Found> found;
};

// At most filter_alternative_keys_max keys. In time in proportion to the elements times the keys.
bool match_together(std::span<const ArrayElement> elements, std::span<const KeyValues> keys);

}  // namespace onput::pattern
