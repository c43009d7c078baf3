#include "services/queue/logs/filter_pattern.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/schema/logs.hpp"
#include "services/queue/logs/json_condition.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t message_depth_max = 32;

std::unexpected<Error> not_understood(std::string_view why) {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid filter pattern: {}", why),
                "InvalidParameter");
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// A term at the front of `rest`, without its quotes.
Result<std::string> take_term(std::string_view& rest) {
    std::string term;
    if (!rest.starts_with('"')) {
        const auto* const end = std::ranges::find_if_not(rest, is_word);
        term.assign(rest.begin(), end);
        rest.remove_prefix(term.size());
        if (!rest.empty() && rest.front() != ' ') {
            return not_understood(
                fmt::format("put a term with '{}' into double quotes", rest.substr(0, 1)));
        }
        if (term.empty()) return not_understood("a term is missing");
        return term;
    }
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
        term += rest.front();
        rest.remove_prefix(1);
    }
    if (rest.empty()) return not_understood("a double quote has no end");
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() != ' ')
        return not_understood("a space must follow a quoted term");
    if (term.empty()) return not_understood("a quoted term is empty");
    return term;
}

}  // namespace

FilterPattern::FilterPattern() = default;
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;
FilterPattern& FilterPattern::operator=(FilterPattern&&) noexcept = default;
FilterPattern::~FilterPattern() = default;

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
    FilterPattern pattern;
    if (text.size() > schema::log_pattern_bytes_max) {
        return not_understood(
            fmt::format("it has more than {} bytes", schema::log_pattern_bytes_max));
    }
    std::string_view rest = trimmed(text);
    if (rest.starts_with('{')) {
        ONPUT_TRY(pattern.json_, JsonCondition::parse(rest));
        return pattern;
    }
    if (rest.starts_with('['))
        return not_understood("patterns with columns, [a, b], do not exist here");
    if (rest.starts_with('%')) return not_understood("regular expressions do not exist here");
    while (true) {
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (rest.empty()) break;
        auto* terms = &pattern.all_;
        if (rest.front() == '-') terms = &pattern.none_;
        if (rest.front() == '?') terms = &pattern.any_;
        if (terms != &pattern.all_) rest.remove_prefix(1);
        ONPUT_TRY(auto term, take_term(rest));
        terms->push_back(std::move(term));
    }
    if (!pattern.all_.empty() || !pattern.none_.empty()) pattern.any_.clear();
    return pattern;
}

bool FilterPattern::fits(std::string_view message) const {
    const auto is_in = [message](const std::string& term) { return message.contains(term); };
    if (json_ != nullptr) {
        // Most lines of a log are no JSON: those cost one look.
        if (!trimmed(message).starts_with('{')) return false;
        const auto document = json::read(message, {.depth_max = message_depth_max});
        return document && document->object() != nullptr && json_->fits(*document);
    }
    return std::ranges::all_of(all_, is_in) && std::ranges::none_of(none_, is_in) &&
           (any_.empty() || std::ranges::any_of(any_, is_in));
}

}  // namespace onput::queue
