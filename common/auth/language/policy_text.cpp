#include "common/auth/language/policy_text.hpp"

#include <algorithm>
#include <utility>

#include "common/auth/language/condition_key.hpp"
#include "common/auth/language/malformed.hpp"
#include "common/auth/wildcard.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view opening = "${";

// A text that a variable brings, in a pattern.
std::string literally(std::string_view text) {
    std::string out(text);
    std::ranges::replace(out, '*', literal_star);
    std::ranges::replace(out, '?', literal_question_mark);
    return out;
}

std::string without_marks(std::string_view text) {
    std::string out(text);
    std::ranges::replace(out, literal_star, '*');
    std::ranges::replace(out, literal_question_mark, '?');
    return out;
}

}  // namespace

Result<PolicyText> PolicyText::parse(std::string_view text, Variables variables) {
    PolicyText made;
    made.written_ = text;
    if (std::ranges::any_of(text, [](char c) { return c >= 0 && c < ' '; }))
        return malformed("Policy has an invalid character", text);
    std::string literal;
    while (true) {
        const auto at = variables == Variables::none ? std::string_view::npos : text.find(opening);
        literal += text.substr(0, at);
        if (at == std::string_view::npos) break;
        const auto end = text.find('}', at);
        if (end == std::string_view::npos)
            return malformed("Policy has an invalid variable", made.written_);
        ONPUT_TRY_VOID(made.add_variable(
            text.substr(at + opening.size(), end - at - opening.size()), literal));
        text.remove_prefix(end + 1);
    }
    if (!made.has_variables_) made.fixed_ = literal;
    if (!literal.empty()) {
        made.parts_.push_back({.literal = std::move(literal), .key = {}, .fallback = {}});
    }
    return made;
}

Result<void> PolicyText::add_variable(std::string_view inside, std::string& literal) {
    if (inside == "*" || inside == "?" || inside == "$") {
        literal += literally(inside);
        return {};
    }
    has_variables_ = true;
    const auto comma = inside.find(',');
    Part part{.literal = std::exchange(literal, {}), .key = {}, .fallback = {}};
    const auto key = ConditionKey::parse(trimmed(inside.substr(0, comma)));
    if (!key || key->is_multivalued()) return malformed("Policy has an invalid variable", inside);
    part.key = key->name();
    if (comma != std::string_view::npos) {
        std::string_view quoted = trimmed(inside.substr(comma + 1));
        const bool is_quoted =
            quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'';
        if (!is_quoted) return malformed("Policy has an invalid variable", inside);
        part.fallback = quoted.substr(1, quoted.size() - 2);
    }
    parts_.push_back(std::move(part));
    return {};
}

bool PolicyText::has_wildcards() const {
    return std::ranges::any_of(parts_, [](const Part& part) {
        return part.literal.find_first_of("*?") != std::string::npos;
    });
}

std::optional<std::string> PolicyText::expand(const RequestValues& values, Form form) const {
    std::string out;
    for (const Part& part : parts_) {
        out += form == Form::plain ? without_marks(part.literal) : part.literal;
        if (part.key.empty()) continue;
        const auto* found = values.find(part.key);
        const bool is_there = found != nullptr && found->size() == 1;
        if (!is_there && !part.fallback) return {};
        const std::string& value = is_there ? found->front() : *part.fallback;
        if (!values.work().spend(value.size())) return {};
        out += form == Form::plain ? value : literally(value);
    }
    return out;
}

std::optional<std::string> PolicyText::plain(const RequestValues& values) const {
    return expand(values, Form::plain);
}

std::optional<std::string> PolicyText::pattern(const RequestValues& values) const {
    return expand(values, Form::pattern);
}

}  // namespace onput::auth
