// FilterPolicy: what a subscription wants of its topic, in SNS's filter policy language.
//
//     {"status": ["failed", {"prefix": "time"}], "size": [{"numeric": [">", 0, "<=", 100]}],
//      "bucket": [{"anything-but": "tmp"}], "owner": [{"exists": false}]}
//
// AND over keys, OR over the values of a key. Operators: exact text, number, true, false and null;
// prefix, suffix, equals-ignore-case, anything-but (a value, a list, or {"prefix"}), numeric (one
// or two bounds), exists, cidr, and $or over at least two alternatives. Immutable; pure; any
// thread; a copy shares.
//
// In a body a key may be nested or dotted, {"a": {"b": ...}} and {"a.b": ...} being the same in
// policy and body alike; an array matches by any of its elements, and where several keys lead into
// one array, by one element that has them all. `exists` is about leaves: an object, an empty array
// and an absent key are alike. Of duplicate keys the last counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::pattern {

inline constexpr std::size_t filter_policy_keys_max = 5;  // Of the outermost object.
// The product over the keys of (how many values, times how deeply nested), summed over what $or
// offers.
inline constexpr std::size_t filter_policy_combinations_max = 150;
inline constexpr std::size_t filter_policy_bytes_max = 256 * 1024;

enum class FilterScope : std::uint8_t { message_attributes, message_body };

// An attribute of a message; `type` may carry a custom suffix ("Number.int").
struct FilterAttribute {
    std::string_view name;
    std::string_view type;  // "String", "String.Array", "Number" or "Binary".
    std::string_view value;
};

class FilterPolicy {
public:
    // Fails with invalid_argument, reason InvalidParameter, and SNS's
    // own text from "FilterPolicy: " on, with line and column: "FilterPolicy: Unrecognized match
    // type wrong-operator\n at [Source: (String)"{...}"; line: 1, column: 31]". As SNS's, they are
    // those of the policy without its white space, unless it is no JSON at all. "{}" accepts
    // everything.
    static Result<FilterPolicy> parse(std::string_view json, FilterScope scope);

    [[nodiscard]] FilterScope scope() const;
    // For scope message_attributes alone. Binary attributes match nothing but `exists`.
    [[nodiscard]] bool matches(std::span<const FilterAttribute> attributes) const;
    // For scope message_body alone. A body that is no JSON object, or is nested deeper than 128
    // levels, matches nothing. Takes time and memory in proportion to the body, so bound that
    // first: SNS's 256 KiB take 13 ms at worst, and 150 ms where 150 alternatives look at it all.
    [[nodiscard]] bool matches_body(std::string_view body) const;

private:
    struct Node;
    explicit FilterPolicy(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
    // Shared, because a policy is copied with its subscription and never changes.
    std::shared_ptr<const Node> root_;
};

}  // namespace onput::pattern
