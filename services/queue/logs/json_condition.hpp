// JsonCondition: a filter pattern in braces (filter_pattern.hpp), as a tree. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/json/value.hpp"

namespace onput::queue {

class JsonCondition {
public:
    enum class Kind : std::uint8_t { all, any, compare };
    enum class Operator : std::uint8_t {
        equal,
        not_equal,
        less,
        greater,
        less_or_equal,
        greater_or_equal,
        is_null,
        is_true,
        is_false,
        not_exists,
    };
    struct Step {
        std::string member = {};
        std::optional<std::size_t> index = {};  // Of an array, instead of a member.
    };

    // `text` with its braces. The errors of FilterPattern::parse.
    static Result<std::unique_ptr<JsonCondition>> parse(std::string_view text);

    [[nodiscard]] bool fits(const json::Value& document) const;

    Kind kind = Kind::compare;
    std::vector<std::unique_ptr<JsonCondition>> parts = {};  // Of all, any.
    std::vector<Step> path = {};                             // Of compare, as are those below.
    Operator is = Operator::equal;
    std::string text = {};
    std::optional<double> number = {};  // What `text` is, when it is one without quotes.

private:
    [[nodiscard]] bool compare(const json::Value& found) const;
};

}  // namespace onput::queue
