#include "common/pattern/value_lookup.hpp"

#include <algorithm>
#include <ranges>

namespace onput::pattern {
namespace {

using Found = std::optional<Lookup>;

Found with(LookupKind kind, std::uint64_t hash) {
    return Lookup{.kind = kind, .bytes = 0, .hash = hash};
}

Found prefix_of(PathNames::Path path, std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t hash = lookup::seed(path, LookupKind::prefix);
    for (const char c : text) hash = hash_byte(hash, c);
    return Lookup{.kind = LookupKind::prefix,
                  .bytes = static_cast<std::uint32_t>(text.size()),
                  .hash = lookup::finish(hash, text.size())};
}

Found suffix_of(PathNames::Path path, std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t hash = lookup::seed(path, LookupKind::suffix);
    for (const char c : std::views::reverse(text)) hash = hash_byte(hash, c);
    return Lookup{.kind = LookupKind::suffix,
                  .bytes = static_cast<std::uint32_t>(text.size()),
                  .hash = lookup::finish(hash, text.size())};
}

std::string_view name_of(JsonKind literal) {
    if (literal == JsonKind::literal_true) return "true";
    return literal == JsonKind::literal_false ? "false" : "null";
}

struct Finder {
    PathNames::Path path = 0;

    Found operator()(const ExactText& exact) const {
        return with(LookupKind::exact, lookup::exact(path, JsonKind::text, exact.text));
    }
    Found operator()(const ExactLiteral& exact) const {
        return with(LookupKind::exact, lookup::exact(path, exact.literal, name_of(exact.literal)));
    }
    Found operator()(const ExactNumber& exact) const {
        return with(LookupKind::exact, lookup::exact(path, JsonKind::number, exact.text));
    }
    Found operator()(const DecimalRange& range) const {
        if (range.bottom != range.top) return std::nullopt;
        return with(LookupKind::decimal, lookup::decimal(path, range.bottom));
    }
    Found operator()(const EqualsIgnoreCase& exact) const {
        return with(LookupKind::ignoring_case, lookup::ignoring_case(path, lower_case(exact.text)));
    }
    Found operator()(const Prefix& prefix) const { return prefix_of(path, prefix.text); }
    Found operator()(const Suffix& suffix) const { return suffix_of(path, suffix.text); }
    Found operator()(const WildcardText& wildcard) const {
        const auto prefix = prefix_of(path, wildcard.wildcard.prefix());
        return prefix ? prefix : suffix_of(path, wildcard.wildcard.suffix());
    }
    template <typename Other>
    Found operator()(const Other&) const {
        return std::nullopt;
    }
};

void insert_sorted(std::vector<std::uint32_t>& sorted, std::uint32_t value) {
    const auto at = std::ranges::lower_bound(sorted, value);
    if (at == sorted.end() || *at != value) sorted.insert(at, value);
}

}  // namespace

void PathUse::add(const Lookup& lookup) {
    switch (lookup.kind) {
        case LookupKind::exact: has_exact = true; break;
        case LookupKind::ignoring_case: has_ignoring_case = true; break;
        case LookupKind::decimal: has_decimals = true; break;
        case LookupKind::prefix: insert_sorted(prefix_bytes, lookup.bytes); break;
        case LookupKind::suffix: insert_sorted(suffix_bytes, lookup.bytes); break;
        case LookupKind::presence: has_presence = true; break;
    }
}

Lookup presence_of(PathNames::Path path) {
    return {.kind = LookupKind::presence, .bytes = 0, .hash = lookup::presence(path)};
}

std::optional<Lookup> lookup_of(PathNames::Path path, const FilterCondition& condition) {
    return std::visit(Finder{path}, condition);
}

}  // namespace onput::pattern
