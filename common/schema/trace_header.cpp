#include "common/schema/trace_header.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::schema {
namespace {

constexpr std::string_view lineage_name = "Lineage=";
constexpr std::size_t id_digits = 8;
constexpr std::size_t parent_digits = 16;
// What is left of a header by its lineage: "|", an id, ":" and two digits for each function.
constexpr std::size_t fields_bytes_max =
    trace_header_bytes_max - lineage_name.size() - lineage_functions_max * (id_digits + 4);

struct Visits {
    std::string id;
    std::uint32_t count = 0;
};

// Without the version and the colon that may stand behind the function's ARN.
std::string id_of(std::string_view function_arn) {
    constexpr int colons_before_qualifier = 7;
    std::size_t end = 0;
    for (int colons = 0; end < function_arn.size(); ++end) {
        if (function_arn[end] == ':' && ++colons == colons_before_qualifier) break;
    }
    return to_hex(Digest::of(DigestAlgorithm::sha256, function_arn.substr(0, end)))
        .substr(0, id_digits);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + separator.size());
    }
}

// Clients write '|' as it stands or as in a URL.
std::vector<Visits> parse_lineage(std::string_view text) {
    std::vector<Visits> all;
    const std::string_view separator = text.contains("%7C") ? "%7C" : "|";
    for (const std::string_view part : split(text, separator)) {
        const auto colon = part.rfind(':');
        if (colon == std::string_view::npos || all.size() == lineage_functions_max) continue;
        const auto count = parse_number<std::uint32_t>(part.substr(colon + 1));
        const std::string_view id = part.substr(0, colon);
        if (!count || id.size() != id_digits) continue;
        all.push_back({.id = std::string(id), .count = std::min(*count, function_loops_max)});
    }
    return all;
}

std::vector<Visits> lineage_in(std::string_view header) {
    if (header.size() > trace_header_bytes_max) return {};
    for (const std::string_view field : split(header, ";")) {
        if (field.starts_with(lineage_name))
            return parse_lineage(field.substr(lineage_name.size()));
    }
    return {};
}

// All but the lineage, each with its ';'. Of a header without a root, or with so much in it that
// the lineage has no room, nothing stays.
std::string fields_of(std::string_view header, std::string_view root) {
    std::string kept;
    bool has_root = false;
    for (const std::string_view field : split(header, ";")) {
        if (!field.contains('=') || field.starts_with(lineage_name)) continue;
        has_root = has_root || field.starts_with("Root=");
        kept.append(field).push_back(';');
    }
    if (has_root && kept.size() <= fields_bytes_max) return kept;
    const std::size_t parent = std::min<std::size_t>(root.size(), parent_digits);
    return fmt::format("Root={};Parent={};Sampled=0;", root, root.substr(root.size() - parent));
}

}  // namespace

std::uint32_t loops_in(std::string_view header, std::string_view function_arn) {
    const std::string id = id_of(function_arn);
    for (const Visits& visits : lineage_in(header)) {
        if (visits.id == id) return visits.count;
    }
    return 0;
}

std::string with_invocation(std::string_view header, std::string_view function_arn,
                            std::string_view root) {
    std::vector<Visits> lineage = lineage_in(header);
    const std::string id = id_of(function_arn);
    const auto known = std::ranges::find(lineage, id, &Visits::id);
    if (known != lineage.end()) {
        ++known->count;
    } else {
        if (lineage.size() == lineage_functions_max) lineage.erase(lineage.begin());
        lineage.push_back({.id = id, .count = 1});
    }
    std::string counts;
    for (const Visits& visits : lineage)
        counts += fmt::format("{}{}:{}", counts.empty() ? "" : "|", visits.id, visits.count);
    return fmt::format("{}{}{}", fields_of(header, root), lineage_name, counts);
}

}  // namespace onput::schema
