// check: whether a tree fits the shape of an operation's input. The one place where requests are
// judged by the model, in every wire form. Pure.
//
// What the model does not name is taken out, as AWS passes over unknown members in forms and JSON
// (XML documents refuse them when they are read). Everything else that does not fit is a Violation,
// and error_of says it in AWS's words:
//
//     mistyped      SerializationException    NUMBER_VALUE can not be converted to a String
//     all others    ValidationException       1 validation error detected: Value '' at 'bed' failed
//                                             to satisfy constraint: Member must have length ...
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

inline constexpr std::size_t violations_max = 10;  // More are not looked for.
// Patterns are tried on texts up to this long; longer ones have a limit of their own in the model.
inline constexpr std::size_t pattern_text_bytes_max = 4096;

struct Violation {
    enum class Kind : std::uint8_t { missing, mistyped, too_small, too_large, pattern, choice };
    Kind kind = Kind::missing;
    std::string path{};         // "entries.1.detail": as AWS's texts name it.
    std::string_view member{};  // "Detail": as the model names it.
    std::string value{};        // As a text, cut off when it is long.
    std::string_view type{};    // Of what was sent: "NUMBER_VALUE".
    const Shape* shape = nullptr;
};

// What a service judges itself, in words of its own.
struct CheckRules {
    // Lengths, ranges, patterns and choices are the mapping's, or of the service behind it; so is a
    // text where a number should be.
    bool leaves_limits = false;
    // An empty text is no value for a required member.
    bool wants_required_texts = false;
    // Members at the top that may be missing, and whose content only has to have the right types.
    std::span<const std::string_view> own_members{};
};

// Prunes and judges. In the order of the model.
std::vector<Violation> check(Value& input, const Shape& shape, const CheckRules& rules);

// Of at least one violation: of the first mistyped one, or of all others together.
Error error_of(std::span<const Violation> violations);

}  // namespace onput::gateway::aws
