// FilterPattern: which log events FilterLogEvents answers. A subset of CloudWatch Logs':
//
//     ERROR timeout          both words, anywhere in the message, in any order
//     "connection reset"     this text; needed for all but letters, digits and '_'
//     ?ERROR ?WARN           one of them; beside other terms they say nothing
//     -DEBUG -"a b"          not this one
//     { $.level = "ERROR" && ($.ms > 250 || $.user.name = bo*) && $.at[0] NOT EXISTS }
//
// A JSON pattern fits messages that are JSON objects: = and != compare texts, with '*' for any, and
// numbers; < > <= >= numbers; IS NULL, IS TRUE, IS FALSE, NOT EXISTS. && binds more than ||. A
// field that is not there fits nothing but NOT EXISTS.
//
// Patterns with columns, [a, b], and regular expressions, %a%, are refused. Pure; the text is
// hostile.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::queue {

// Of one JSON pattern; more are refused.
inline constexpr std::size_t filter_comparisons_max = 64;
inline constexpr std::size_t filter_depth_max = 16;

// A condition on a JSON object (json_condition.hpp).
class JsonCondition;

class FilterPattern {
public:
    // invalid_argument, reason InvalidParameter, says what is not understood. More than
    // schema::log_pattern_bytes_max are refused.
    static Result<FilterPattern> parse(std::string_view text);

    FilterPattern();  // Fits all.
    FilterPattern(FilterPattern&&) noexcept;
    FilterPattern& operator=(FilterPattern&&) noexcept;
    ~FilterPattern();

    [[nodiscard]] bool fits(std::string_view message) const;

private:
    std::vector<std::string> all_;
    std::vector<std::string> any_;
    std::vector<std::string> none_;
    std::unique_ptr<JsonCondition> json_;
};

}  // namespace onput::queue
