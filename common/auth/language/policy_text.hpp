// PolicyText: a text of a policy that may have policy variables.
//
//     arn:aws:s3:::home/${aws:username}/*        ${s3:prefix, 'none'}        ${*} ${?} ${$}
//
// Immutable; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/language/request_values.hpp"
#include "common/base/result.hpp"

namespace onput::auth {

// Policies of 2008-10-17 have none: "${" stands for itself in them.
enum class Variables { none, expanded };

class PolicyText {
public:
    // malformed_policy: a variable that does not end, whose key is none that may be asked, or a
    // control character.
    static Result<PolicyText> parse(std::string_view text, Variables variables);

    // Nothing when a variable has no value in this request, and no default; or when the request's
    // work was spent.
    [[nodiscard]] std::optional<std::string> plain(const RequestValues& values) const;
    // As a pattern of wildcard.hpp. What a variable brings is literal in it.
    [[nodiscard]] std::optional<std::string> pattern(const RequestValues& values) const;

    // Whether it takes something from the request; without, `fixed_pattern` is always the pattern.
    [[nodiscard]] bool has_variables() const { return has_variables_; }
    [[nodiscard]] const std::string& fixed_pattern() const { return fixed_; }
    [[nodiscard]] bool has_wildcards() const;
    [[nodiscard]] const std::string& written() const { return written_; }

private:
    struct Part {
        std::string literal;  // In front of the variable.
        std::string key;      // Empty: no variable follows.
        std::optional<std::string> fallback;
    };
    enum class Form { plain, pattern };
    [[nodiscard]] std::optional<std::string> expand(const RequestValues& values, Form form) const;
    Result<void> add_variable(std::string_view inside, std::string& literal);

    std::string written_;
    std::string fixed_;  // Unless it has variables.
    std::vector<Part> parts_;
    bool has_variables_ = false;
};

}  // namespace onput::auth
