#include "common/pattern/array_consistency.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace onput::pattern {
namespace {

// One bit per key; the lowest is the first path.
using Keys = std::uint64_t;

Keys lowest(Keys keys) {
    return keys & (~keys + 1);
}

class Together {
public:
    Together(std::span<const ArrayElement> elements, std::span<const KeyValues> keys)
        : elements_(elements),
          here_(elements.size()),
          below_(elements.size()),
          children_(elements.size()) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const Keys bit = Keys{1} << i;
            all_ |= bit;
            if (keys[i].accepts_absent) may_be_absent_ |= bit;
            for (const auto& found : keys[i].found) {
                here_[found.element].found |= bit;
                if (found.is_accepted) here_[found.element].accepted |= bit;
            }
        }
        below_ = here_;
        for (std::size_t i = elements.size() - 1; i > 0; --i) {
            below_[elements[i].parent].found |= below_[i].found;
            below_[elements[i].parent].accepted |= below_[i].accepted;
        }
        for (std::uint32_t i = 1; i < elements.size(); ++i) {
            if (below_[i].found != 0) children_[elements[i].parent].push_back(i);
        }
    }

    bool holds() { return match(0, all_).has_value(); }

private:
    struct Seen {
        Keys found = 0;
        Keys accepted = 0;
    };
    struct Array {
        std::span<const std::uint32_t> elements;
        Seen seen;
        Keys keys = 0;  // That it decides.
    };

    // The arrays of one element; each has its elements side by side.
    std::vector<Array> arrays_of(std::uint32_t element) const {
        std::vector<Array> arrays;
        const std::span<const std::uint32_t> all = children_[element];
        for (std::size_t begin = 0; begin < all.size();) {
            std::size_t end = begin;
            Seen seen;
            for (; end < all.size() && elements_[all[end]].array == elements_[all[begin]].array;
                 ++end) {
                seen.found |= below_[all[end]].found;
                seen.accepted |= below_[all[end]].accepted;
            }
            arrays.push_back({.elements = all.subspan(begin, end - begin), .seen = seen});
            begin = end;
        }
        return arrays;
    }

    // Nothing when they do not match together within this element; else those that its values
    // match, the others being absent.
    std::optional<Keys> match(std::uint32_t element, Keys keys) {
        Keys matched = here_[element].accepted & keys;
        Keys left = keys & ~matched;
        if (left == 0) return matched;
        std::vector<Array> arrays = arrays_of(element);
        for (auto& array : arrays) left &= ~(array.keys = left & array.seen.accepted);
        for (auto& array : arrays) {
            const Keys found = left & array.seen.found;
            array.keys |= found;
            left &= ~found;
        }
        Keys absent = left;
        for (const auto& array : arrays) {
            if (array.keys == 0) continue;
            const auto within = match_one(array);
            if (!within) return std::nullopt;
            matched |= *within;
            absent |= array.keys & ~*within;
        }
        if ((absent & (~may_be_absent_ | here_[element].found)) != 0) return std::nullopt;
        return matched;
    }

    // One element has to match all keys that the array decides. What is absent from it is absent
    // if a key in front of that has chosen the element.
    std::optional<Keys> match_one(const Array& array) {
        for (const std::uint32_t element : array.elements) {
            const auto matched = match(element, array.keys & below_[element].found);
            if (!matched) continue;
            const Keys absent = array.keys & ~*matched;
            if (absent == 0) return matched;
            if (*matched == 0 || lowest(absent) < lowest(*matched)) continue;
            if ((absent & ~may_be_absent_) == 0) return matched;
        }
        return std::nullopt;
    }

    std::span<const ArrayElement> elements_;
    std::vector<Seen> here_;
    std::vector<Seen> below_;  // And here.
    std::vector<std::vector<std::uint32_t>> children_;
    Keys all_ = 0;
    Keys may_be_absent_ = 0;
};

}  // namespace

bool match_together(std::span<const ArrayElement> elements, std::span<const KeyValues> keys) {
    return Together(elements, keys).holds();
}

}  // namespace onput::pattern
