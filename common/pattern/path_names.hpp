// PathNames: the paths that patterns look at, as a tree of names: an event is read along it, and
// what no path leads to is passed over. A dot parts names: "a.b" and {"a": {"b"}} are one path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onput::pattern {

class PathNames {
public:
    using Node = std::uint32_t;
    using Path = std::uint32_t;
    static constexpr Node root = 0;
    static constexpr Path no_path = UINT32_MAX;

    PathNames();

    // The number of a path, from 0; the same for the same path.
    Path add(std::string_view dotted);
    [[nodiscard]] std::size_t paths() const { return path_count_; }

    // Where a member of this name leads to; its name may have dots.
    [[nodiscard]] std::optional<Node> find(Node parent, std::string_view name) const {
        if ((nodes_[parent].first_letters & letter_bit(name)) == 0) return std::nullopt;
        return find_below(parent, name);
    }
    // Of the path that ends here.
    [[nodiscard]] Path path_of(Node node) const { return nodes_[node].path; }
    [[nodiscard]] bool has_children(Node node) const { return nodes_[node].has_children; }

private:
    struct Entry {
        std::string name;
        Node parent = 0;
        Path path = no_path;
        bool has_children = false;
        // Of its children, a bit each: by which most names are no child's at a glance.
        std::uint64_t first_letters = 0;
        std::uint64_t first_letters_and_sizes = 0;
    };

    // Of the first name, where there are several with dots between: ".a" begins with an empty one.
    static std::uint64_t letter_bit(std::string_view name) {
        const bool has_letter = !name.empty() && name[0] != '.';
        return std::uint64_t{1} << (has_letter ? static_cast<unsigned char>(name[0]) % 64 : 0);
    }

    [[nodiscard]] std::optional<Node> find_below(Node parent, std::string_view name) const;
    [[nodiscard]] std::optional<Node> find_child(Node parent, std::string_view name) const;
    Node add_child(Node parent, std::string_view name);
    void insert(Node node);

    struct Slot {
        Node node = 0;  // 0: free.
        std::uint32_t hash = 0;
    };

    std::vector<Entry> nodes_;
    std::vector<Slot> slots_;  // By parent and name, open addressing.
    std::size_t path_count_ = 0;
};

}  // namespace onput::pattern
