#include "common/pattern/path_names.hpp"

#include <utility>

#include "common/base/check.hpp"
#include "common/pattern/value_hash.hpp"

namespace onput::pattern {
namespace {

std::uint64_t letter_and_size_bit(std::string_view name) {
    const std::size_t letter = name.empty() ? 0 : static_cast<unsigned char>(name[0]);
    return std::uint64_t{1} << ((letter + name.size() * 11) % 64);
}

}  // namespace

PathNames::PathNames() : nodes_(1), slots_(16) {}

PathNames::Path PathNames::add(std::string_view dotted) {
    Node node = root;
    for (;;) {
        const std::size_t dot = dotted.find('.');
        node = add_child(node, dotted.substr(0, dot));
        if (dot == dotted.npos) break;
        dotted.remove_prefix(dot + 1);
    }
    if (nodes_[node].path == no_path) nodes_[node].path = static_cast<Path>(path_count_++);
    return nodes_[node].path;
}

PathNames::Node PathNames::add_child(Node parent, std::string_view name) {
    if (const auto found = find_child(parent, name)) return *found;
    const auto node = static_cast<Node>(nodes_.size());
    nodes_.push_back({.name = std::string(name), .parent = parent});
    nodes_[parent].has_children = true;
    nodes_[parent].first_letters |= letter_bit(name);
    nodes_[parent].first_letters_and_sizes |= letter_and_size_bit(name);
    if (nodes_.size() * 4 > slots_.size()) {
        slots_.assign(slots_.size() * 4, {});
        for (Node old = 1; old < node; ++old) insert(old);
    }
    insert(node);
    return node;
}

void PathNames::insert(Node node) {
    const std::uint64_t hash = hash_bytes(nodes_[node].parent, nodes_[node].name);
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].node != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {.node = node, .hash = static_cast<std::uint32_t>(hash >> 32)};
}

std::optional<PathNames::Node> PathNames::find_child(Node parent, std::string_view name) const {
    const std::uint64_t hash = hash_bytes(parent, name);
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].node != 0; at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash != static_cast<std::uint32_t>(hash >> 32)) continue;
        const Entry& entry = nodes_[slots_[at].node];
        if (entry.parent == parent && entry.name == name) return slots_[at].node;
    }
    return std::nullopt;
}

std::optional<PathNames::Node> PathNames::find_below(Node parent, std::string_view name) const {
    if ((nodes_[parent].first_letters_and_sizes & letter_and_size_bit(name)) != 0) {
        // No name in the tree has a dot.
        if (const auto found = find_child(parent, name)) return found;
    }
    std::size_t dot = name.find('.');
    if (dot == name.npos) return std::nullopt;
    Node node = parent;
    for (;; dot = name.find('.')) {
        const auto found = find_child(node, name.substr(0, dot));
        if (!found || dot == name.npos) return found;
        node = *found;
        name.remove_prefix(dot + 1);
    }
}

}  // namespace onput::pattern
