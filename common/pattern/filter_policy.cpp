#include "common/pattern/filter_policy.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/check.hpp"
#include "common/pattern/filter_compiler.hpp"
#include "common/pattern/filter_condition.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::pattern {
namespace {

FilterValue value_of(const JsonToken& token) {
    return {.kind = token.kind, .text = token.text, .number = token.number};
}

bool is_scalar(JsonKind kind) {
    switch (kind) {
        case JsonKind::text:
        case JsonKind::number:
        case JsonKind::literal_true:
        case JsonKind::literal_false:
        case JsonKind::literal_null: return true;
        default: return false;
    }
}

bool accepts(const FilterLeaf& leaf, const FilterValue& value) {
    if (leaf.accepts_present) return true;
    for (const FilterCondition& condition : leaf.conditions) {
        if (matches(condition, value)) return true;
    }
    return false;
}

// "Number.int" is a Number.
bool is_type(std::string_view type, std::string_view base) {
    return type.starts_with(base) && (type.size() == base.size() || type[base.size()] == '.');
}

// Any element will do. Elements that are no scalars are none.
bool accepts_array(const FilterLeaf& leaf, std::string_view json) {
    JsonReader reader(json);
    if (reader.next().kind != JsonKind::begin_array) return false;
    bool accepted = false;
    for (JsonToken token = reader.next(); token.kind != JsonKind::end_array;
         token = reader.next()) {
        if (!accepted && is_scalar(token.kind)) accepted = accepts(leaf, value_of(token));
        if (!reader.skip(token)) return false;
    }
    return accepted && reader.next().kind == JsonKind::end;
}

bool accepts_attribute(const FilterLeaf& leaf, std::span<const FilterAttribute> attributes) {
    for (const FilterAttribute& attribute : attributes) {
        if (attribute.name != leaf.path) continue;
        if (leaf.accepts_present) return true;
        if (is_type(attribute.type, "String.Array")) return accepts_array(leaf, attribute.value);
        if (is_type(attribute.type, "String")) {
            return accepts(leaf, {.kind = JsonKind::text, .text = attribute.value});
        }
        if (!is_type(attribute.type, "Number")) return false;
        const auto number = parse_attribute_number(attribute.value);
        return number && accepts(leaf, {.kind = JsonKind::number, .number = *number});
    }
    return leaf.accepts_absent;
}

// A body's values in the order of its text. What is inside an object or array stands between it
// and `next`.
struct BodyEntry {
    std::string_view name;  // In an object.
    FilterValue value;      // Its kind says whether it is an object, an array or a scalar.
    std::size_t next = 0;
};

// Returns no entries when the text is no JSON object. Views point into `reader` and its source.
std::vector<BodyEntry> read_body(JsonReader& reader) {
    std::vector<BodyEntry> entries;
    std::vector<std::size_t> open;
    std::string_view name;
    for (JsonToken token = reader.next();; token = reader.next()) {
        switch (token.kind) {
            case JsonKind::end: return entries;
            case JsonKind::invalid: return {};
            case JsonKind::name: name = token.text; continue;
            case JsonKind::end_object:
            case JsonKind::end_array:
                entries[open.back()].next = entries.size();
                open.pop_back();
                continue;
            default: break;
        }
        if (entries.empty() && token.kind != JsonKind::begin_object) return {};
        if (!is_scalar(token.kind)) open.push_back(entries.size());
        entries.push_back({.name = std::exchange(name, std::string_view()),
                           .value = value_of(token),
                           .next = entries.size() + 1});
    }
}

// One alternative against one body. A set of keys is a bit mask over `leaves`.
//
// A walk goes down only where keys lead. `consumed` is how much of those keys' paths the way to an
// entry has used up, with the dot behind it; all keys of one walk have that much in common.
class BodyMatch {
public:
    using Keys = std::uint64_t;

    BodyMatch(const std::vector<BodyEntry>& entries, std::vector<const FilterLeaf*> leaves)
        : entries_(entries), leaves_(std::move(leaves)) {
        for (std::size_t i = 0; i < leaves_.size(); ++i) {
            all_ |= bit(i);
            if (leaves_[i]->accepts_absent) accept_absent_ |= bit(i);
        }
    }

    [[nodiscard]] bool matches() const { return holds(walk(0, all_, 0), all_); }

private:
    struct Outcome {
        Keys found = 0;  // A value stands at the key's path.
        Keys accepted = 0;
    };

    static Keys bit(std::size_t index) { return Keys{1} << index; }

    [[nodiscard]] bool holds(const Outcome& outcome, Keys keys) const {
        return ((outcome.accepted | (accept_absent_ & ~outcome.found)) & keys) == keys;
    }

    [[nodiscard]] Keys under(Keys keys, std::size_t consumed, std::string_view name) const {
        Keys found = 0;
        for (std::size_t i = 0; i < leaves_.size(); ++i) {
            const std::string_view path = leaves_[i]->path;
            if ((keys & bit(i)) == 0 || path.size() < consumed) continue;
            const std::string_view rest = path.substr(consumed);
            if (!rest.starts_with(name)) continue;
            if (rest.size() == name.size() || rest[name.size()] == '.') found |= bit(i);
        }
        return found;
    }

    [[nodiscard]] Outcome walk(std::size_t at, Keys keys, std::size_t consumed) const {
        if (entries_[at].value.kind == JsonKind::begin_object) {
            return walk_object(at, keys, consumed);
        }
        if (entries_[at].value.kind == JsonKind::begin_array) {
            return walk_array(at, keys, consumed);
        }
        Outcome outcome;
        for (std::size_t i = 0; i < leaves_.size(); ++i) {
            if ((keys & bit(i)) == 0 || leaves_[i]->path.size() + 1 != consumed) continue;
            outcome.found |= bit(i);
            if (accepts(*leaves_[i], entries_[at].value)) outcome.accepted |= bit(i);
        }
        return outcome;
    }

    // Members may add to one key: {"a.b": 1, "a": {"c": 2}}. Of two with one name the last counts.
    [[nodiscard]] Outcome walk_object(std::size_t at, Keys keys, std::size_t consumed) const {
        std::vector<std::pair<std::string_view, Outcome>> members;
        for (std::size_t i = at + 1; i < entries_[at].next; i = entries_[i].next) {
            const std::string_view name = entries_[i].name;
            const Keys below = under(keys, consumed, name);
            if (below == 0) continue;
            const Outcome outcome = walk(i, below, consumed + name.size() + 1);
            const auto same =
                std::ranges::find(members, name, &decltype(members)::value_type::first);
            if (same == members.end()) {
                members.emplace_back(name, outcome);
            } else {
                same->second = outcome;
            }
        }
        Outcome all;
        for (const auto& [name, outcome] : members) {
            all.found |= outcome.found;
            all.accepted |= outcome.accepted;
        }
        return all;
    }

    // One element has to satisfy all keys that lead into the array: values of different elements
    // never combine.
    [[nodiscard]] Outcome walk_array(std::size_t at, Keys keys, std::size_t consumed) const {
        Keys found = 0;
        for (std::size_t i = at + 1; i < entries_[at].next; i = entries_[i].next) {
            const Outcome outcome = walk(i, keys, consumed);
            if (holds(outcome, keys)) return outcome;
            found = keys;
        }
        return {.found = found, .accepted = 0};
    }

    const std::vector<BodyEntry>& entries_;
    std::vector<const FilterLeaf*> leaves_;
    Keys all_ = 0;
    Keys accept_absent_ = 0;
};

}  // namespace

struct FilterPolicy::Node {
    FilterScope scope = FilterScope::message_attributes;
    CompiledFilter filter;
};

Result<FilterPolicy> FilterPolicy::parse(std::string_view json, FilterScope scope) {
    ONPUT_TRY(auto filter, compile_filter(json, scope));
    return FilterPolicy(
        std::make_shared<const Node>(Node{.scope = scope, .filter = std::move(filter)}));
}

FilterScope FilterPolicy::scope() const {
    return root_->scope;
}

bool FilterPolicy::matches(std::span<const FilterAttribute> attributes) const {
    ONPUT_CHECK(root_->scope == FilterScope::message_attributes);
    const CompiledFilter& filter = root_->filter;
    return std::ranges::any_of(filter.alternatives, [&](const auto& alternative) {
        return std::ranges::all_of(alternative, [&](std::size_t index) {
            return accepts_attribute(filter.leaves[index], attributes);
        });
    });
}

bool FilterPolicy::matches_body(std::string_view body) const {
    ONPUT_CHECK(root_->scope == FilterScope::message_body);
    JsonReader reader(body);
    const std::vector<BodyEntry> entries = read_body(reader);
    if (entries.empty()) return false;
    const CompiledFilter& filter = root_->filter;
    return std::ranges::any_of(filter.alternatives, [&](const auto& alternative) {
        std::vector<const FilterLeaf*> wanted;
        wanted.reserve(alternative.size());
        for (const std::size_t index : alternative) wanted.push_back(&filter.leaves[index]);
        return BodyMatch(entries, std::move(wanted)).matches();
    });
}

}  // namespace onput::pattern
