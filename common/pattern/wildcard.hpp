// Wildcard: '*' stands for any bytes, none included; "\*" and "\\" are a star and a backslash.
// Immutable; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::pattern {

// EventBridge's own bound is on how many ways there are to match; this one is on stars, with the
// same words.
inline constexpr std::size_t wildcard_stars_max = 64;

class Wildcard {
public:
    // Fails with invalid_argument and EventBridge's text, whose position counts the bytes from the
    // opening quote: "Consecutive wildcard characters at pos 26".
    static Result<Wildcard> parse(std::string_view pattern);

    // Takes time in proportion to the text's length times that of the pattern, at worst.
    [[nodiscard]] bool matches(std::string_view text) const;

    // What every text that matches begins and ends with. Without a star both are all of it.
    [[nodiscard]] const std::string& prefix() const { return parts_.front(); }
    [[nodiscard]] const std::string& suffix() const { return parts_.back(); }

private:
    std::vector<std::string> parts_{1};  // Between the stars; at least one.
};

}  // namespace onput::pattern
