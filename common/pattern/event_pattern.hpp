// EventPattern: which events a rule wants, in EventBridge's language.
//
//     {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "in/"}], "size": [
//         {"numeric": [">", 0, "<=", 100]}]}, "$or": [{"a": [1]}, {"b": [{"exists": false}]}]}}
//
// AND over keys, OR over the values of a key. Operators: exact text, number, true, false and null;
// exact, prefix and suffix (each also with equals-ignore-case), equals-ignore-case, wildcard,
// anything-but (values, or prefix, suffix, equals-ignore-case, wildcard of a text or several),
// numeric, cidr, exists, and $or over at least two alternatives. Keys may be nested or dotted. Of a
// path that is given twice the last counts. Immutable; pure; any thread; a copy shares.
//
// An event's array matches by any of its elements; values of different elements of one array never
// combine. `exists` is about leaves: an object, an empty array and an absent key are alike; within
// an array `false` is about the element that the keys in front of it, by name, have chosen.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/result.hpp"
#include "common/pattern/filter_compiler.hpp"

namespace onput::pattern {

class EventPattern {
public:
    // Fails with invalid_argument, reason InvalidEventPatternException, and EventBridge's text,
    // with line and column: "Event pattern is not valid. Reason: \"source\" must be an object or an
    // array\n at [Source: (String)"{...}"; line: 1, column: 45]".
    static Result<EventPattern> parse(std::string_view json);

    // As EventMatcher has it, for one pattern and one event.
    [[nodiscard]] bool matches(std::string_view event) const;

    [[nodiscard]] const CompiledFilter& filter() const { return *filter_; }

private:
    explicit EventPattern(std::shared_ptr<const CompiledFilter> filter)
        : filter_(std::move(filter)) {}
    // Shared by all matchers that it is part of; it never changes.
    std::shared_ptr<const CompiledFilter> filter_;
};

}  // namespace onput::pattern
