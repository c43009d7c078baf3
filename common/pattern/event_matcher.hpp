// EventMatcher: which of many patterns an event matches, all at once.
//
// Of every alternative of every pattern the key that fewest others share is chosen, and a table
// leads from that key's values to the alternative: exact ones, and what a text begins or ends with,
// by hash; else that the key is there at all. The values of an event look their candidates up, and
// each candidate is tested as a whole. So the time for an event goes by how long it is and by how
// many patterns it nearly matches, whatever their number; but each pattern whose keys are all of
// the kinds numeric range, anything-but, exists and cidr is tested with every event that has the
// chosen key.
//
// Immutable once made; any thread, each with a scratch of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/pattern/event_pattern.hpp"
#include "common/pattern/event_reader.hpp"
#include "common/pattern/path_names.hpp"
#include "common/pattern/value_lookup.hpp"

namespace onput::pattern {

// What EventMatcher::match works with; kept between events so that its memory is.
class EventScratch {
private:
    friend class EventMatcher;
    EventReader reader_;
    std::vector<std::uint32_t> first_;   // Of each path, 1 + the index of its last value; 0: none.
    std::vector<std::uint32_t> next_;    // Of each value, likewise.
    std::vector<std::uint64_t> tested_;  // Of each alternative, the event that it was tested with.
    std::uint64_t event_ = 0;            // How many there were.
    std::string lower_case_;
    std::vector<std::uint32_t> matched_;
};

class EventMatcher {
public:
    explicit EventMatcher(std::vector<EventPattern> patterns);

    // The indices of the patterns that match, rising; valid until the scratch is used again.
    // `event` is an object of JSON: what is none, or is nested deeper than json_depth_max, matches
    // nothing, and bad JSON in parts that no pattern looks at may go unseen.
    std::span<const std::uint32_t> match(std::string_view event, EventScratch& scratch) const;

    [[nodiscard]] std::size_t size() const { return patterns_.size(); }

private:
    struct Key {
        PathNames::Path path = 0;
        const FilterLeaf* leaf = nullptr;  // Of the pattern's own filter.
    };
    struct Alternative {
        std::uint32_t pattern = 0;
        std::uint32_t first = 0;  // Of keys_.
        std::uint32_t count = 0;
    };
    struct Slot {
        std::uint64_t hash = 0;   // 0: free.
        std::uint32_t first = 0;  // Of postings_.
        std::uint32_t count = 0;
    };
    class Builder;
    class Match;

    [[nodiscard]] std::span<const std::uint32_t> find(std::uint64_t hash) const;

    std::vector<EventPattern> patterns_;
    PathNames names_;
    std::vector<PathUse> uses_;  // By path.
    std::vector<Key> keys_;
    std::vector<Alternative> alternatives_;
    std::vector<Slot> slots_;  // Open addressing.
    std::vector<std::uint32_t> postings_;
    std::vector<std::uint32_t> always_;  // Alternatives that any event may match.
};

}  // namespace onput::pattern
