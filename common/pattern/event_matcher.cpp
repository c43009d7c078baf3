#include "common/pattern/event_matcher.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "common/pattern/array_consistency.hpp"

namespace onput::pattern {

// What each alternative is found under, and then the table.
class EventMatcher::Builder {
public:
    explicit Builder(EventMatcher& matcher) : matcher_(matcher) {}

    void build() {
        for (std::uint32_t i = 0; i < matcher_.patterns_.size(); ++i) add_pattern(i);
        matcher_.uses_.resize(matcher_.names_.paths());
        for (std::uint32_t i = 0; i < matcher_.alternatives_.size(); ++i) choose(i);
        fill();
    }

private:
    // Of keys that are found by presence alone: it says little.
    static constexpr std::uint64_t presence_cost = 4;

    void add_pattern(std::uint32_t index) {
        const CompiledFilter& filter = matcher_.patterns_[index].filter();
        for (const auto& leaves : filter.alternatives) {
            const auto first = static_cast<std::uint32_t>(matcher_.keys_.size());
            for (const std::size_t leaf : leaves) {
                const PathNames::Path path = matcher_.names_.add(filter.leaves[leaf].path);
                matcher_.keys_.push_back({.path = path, .leaf = &filter.leaves[leaf]});
            }
            const auto count = static_cast<std::uint32_t>(leaves.size());
            std::ranges::sort(std::span(matcher_.keys_).subspan(first, count), {},
                              [](const Key& key) -> std::string_view { return key.leaf->path; });
            for (std::uint32_t i = first; i < first + count; ++i) {
                for (const auto& lookup : lookups_of(matcher_.keys_[i])) ++counts_[lookup.hash];
            }
            matcher_.alternatives_.push_back({.pattern = index, .first = first, .count = count});
        }
    }

    // All that a value of the key may be found under; none: it may be absent.
    static std::vector<Lookup> lookups_of(const Key& key) {
        if (key.leaf->accepts_absent) return {};
        std::vector<Lookup> lookups;
        for (const auto& condition : key.leaf->conditions) {
            const auto lookup = lookup_of(key.path, condition);
            if (!lookup) return {presence_of(key.path)};
            lookups.push_back(*lookup);
        }
        if (key.leaf->accepts_present) return {presence_of(key.path)};
        std::ranges::sort(lookups, {}, &Lookup::hash);
        const auto [first, last] = std::ranges::unique(lookups, {}, &Lookup::hash);
        lookups.erase(first, last);
        return lookups;
    }

    void choose(std::uint32_t alternative) {
        const auto& [pattern, first, count] = matcher_.alternatives_[alternative];
        std::vector<Lookup> best;
        PathNames::Path path = 0;
        std::uint64_t best_cost = UINT64_MAX;
        for (std::uint32_t i = first; i < first + count; ++i) {
            auto lookups = lookups_of(matcher_.keys_[i]);
            if (lookups.empty()) continue;
            std::uint64_t cost = 0;
            for (const auto& lookup : lookups) {
                const std::uint64_t weight =
                    lookup.kind == LookupKind::presence ? presence_cost : 1;
                cost = std::max(cost, weight * counts_[lookup.hash]);
            }
            if (cost >= best_cost) continue;
            best_cost = cost;
            best = std::move(lookups);
            path = matcher_.keys_[i].path;
        }
        if (best.empty()) matcher_.always_.push_back(alternative);
        for (const auto& lookup : best) {
            matcher_.uses_[path].add(lookup);
            found_.push_back({.hash = lookup.hash, .alternative = alternative});
        }
    }

    void fill() {
        std::ranges::sort(found_, [](const Found& a, const Found& b) {
            return a.hash != b.hash ? a.hash < b.hash : a.alternative < b.alternative;
        });
        matcher_.slots_.resize(std::bit_ceil(found_.size() * 2 + 2));
        matcher_.postings_.reserve(found_.size());
        for (std::size_t i = 0; i < found_.size();) {
            Slot slot{.hash = found_[i].hash,
                      .first = static_cast<std::uint32_t>(matcher_.postings_.size())};
            for (; i < found_.size() && found_[i].hash == slot.hash; ++i) {
                matcher_.postings_.push_back(found_[i].alternative);
            }
            slot.count = static_cast<std::uint32_t>(matcher_.postings_.size()) - slot.first;
            std::size_t at = slot.hash & (matcher_.slots_.size() - 1);
            while (matcher_.slots_[at].hash != 0) at = (at + 1) & (matcher_.slots_.size() - 1);
            matcher_.slots_[at] = slot;
        }
    }

    struct Found {
        std::uint64_t hash = 0;
        std::uint32_t alternative = 0;
    };

    EventMatcher& matcher_;
    std::unordered_map<std::uint64_t, std::uint64_t> counts_;  // Of alternatives, by hash.
    std::vector<Found> found_;
};

// One event.
class EventMatcher::Match {
public:
    Match(const EventMatcher& matcher, EventScratch& scratch)
        : matcher_(matcher), scratch_(scratch), values_(scratch.reader_.values()) {}

    void run() {
        for (std::uint32_t i = 0; i < values_.size(); ++i) link(i);
        for (const std::uint32_t alternative : matcher_.always_) test(alternative);
        for (const EventValue& found : values_) look_up(found);
        for (const EventValue& found : values_) scratch_.first_[found.path] = 0;
        auto& matched = scratch_.matched_;
        std::ranges::sort(matched);
        const auto [first, last] = std::ranges::unique(matched);
        matched.erase(first, last);
    }

private:
    void link(std::uint32_t index) {
        std::uint32_t& first = scratch_.first_[values_[index].path];
        scratch_.next_[index] = first;
        first = index + 1;
    }

    void look_up(const EventValue& found) {
        const PathUse& use = matcher_.uses_[found.path];
        const auto test_all = [this](std::uint64_t hash) {
            for (const std::uint32_t alternative : matcher_.find(hash)) test(alternative);
        };
        look_up_value(found.path, use, found.value, scratch_.lower_case_, test_all);
        if (use.has_presence) test_all(lookup::presence(found.path));
    }

    void test(std::uint32_t alternative) {
        if (scratch_.tested_[alternative] == scratch_.event_) return;
        scratch_.tested_[alternative] = scratch_.event_;
        const Alternative& tested = matcher_.alternatives_[alternative];
        if (matches(std::span(matcher_.keys_).subspan(tested.first, tested.count))) {
            scratch_.matched_.push_back(tested.pattern);
        }
    }

    // Calls visit(value) for each value of a path until that says true.
    template <typename Visit>
    bool any_of(PathNames::Path path, Visit visit) const {
        for (std::uint32_t i = scratch_.first_[path]; i != 0; i = scratch_.next_[i - 1]) {
            if (visit(values_[i - 1])) return true;
        }
        return false;
    }

    static bool accepts(const FilterLeaf& leaf, const FilterValue& value) {
        return leaf.accepts_present ||
               std::ranges::any_of(leaf.conditions, [&](const FilterCondition& condition) {
                   // The most frequent one, without a call.
                   const auto* exact = std::get_if<ExactText>(&condition);
                   if (exact == nullptr) return pattern::matches(condition, value);
                   return value.kind == JsonKind::text && value.text == exact->text;
               });
    }

    bool matches(std::span<const Key> keys) const {
        bool has_arrays = false;
        for (const Key& key : keys) {
            bool is_in_array = false;
            const bool is_accepted = any_of(key.path, [&](const EventValue& found) {
                is_in_array = is_in_array || found.element != 0;
                return accepts(*key.leaf, found.value);
            });
            has_arrays = has_arrays || is_in_array;
            if (is_accepted) continue;
            // Within an array, a key may be absent from one element.
            const bool is_there = scratch_.first_[key.path] != 0;
            if (!key.leaf->accepts_absent || (is_there && !is_in_array)) return false;
        }
        return !has_arrays || match_in_arrays(keys);
    }

    bool match_in_arrays(std::span<const Key> keys) const {
        std::vector<KeyValues> all;
        all.reserve(keys.size());
        for (const Key& key : keys) {
            KeyValues& values = all.emplace_back();
            values.accepts_absent = key.leaf->accepts_absent;
            any_of(key.path, [&](const EventValue& found) {
                values.found.push_back(
                    {.element = found.element, .is_accepted = accepts(*key.leaf, found.value)});
                return false;
            });
        }
        return match_together(scratch_.reader_.elements(), all);
    }

    const EventMatcher& matcher_;
    EventScratch& scratch_;
    const std::vector<EventValue>& values_;
};

EventMatcher::EventMatcher(std::vector<EventPattern> patterns) : patterns_(std::move(patterns)) {
    Builder(*this).build();
}

std::span<const std::uint32_t> EventMatcher::find(std::uint64_t hash) const {
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].hash != 0; at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash == hash) {
            return std::span(postings_).subspan(slots_[at].first, slots_[at].count);
        }
    }
    return {};
}

std::span<const std::uint32_t> EventMatcher::match(std::string_view event,
                                                   EventScratch& scratch) const {
    scratch.matched_.clear();
    if (!scratch.reader_.read(event, names_)) return {};
    ++scratch.event_;
    if (scratch.first_.size() < names_.paths()) scratch.first_.resize(names_.paths());
    if (scratch.tested_.size() < alternatives_.size()) scratch.tested_.resize(alternatives_.size());
    scratch.next_.resize(scratch.reader_.values().size());
    Match(*this, scratch).run();
    return scratch.matched_;
}

}  // namespace onput::pattern
