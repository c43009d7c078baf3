#include "services/queue/logs/json_condition.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/queue/logs/filter_pattern.hpp"

namespace onput::queue {
namespace {

using Operator = JsonCondition::Operator;
using Part = std::unique_ptr<JsonCondition>;

std::unexpected<Error> not_understood(std::string_view why) {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid filter pattern: {}", why),
                "InvalidParameter");
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.*+:/@").contains(c) || static_cast<unsigned char>(c) >= 0x80;
}

// `text` against a pattern in which '*' is any text. As often as there are stars, each finds the
// first place that fits.
bool fits_stars(std::string_view text, std::string_view pattern) {
    const auto first = pattern.find('*');
    if (first == std::string_view::npos) return text == pattern;
    if (!text.starts_with(pattern.substr(0, first))) return false;
    text.remove_prefix(first);
    pattern.remove_prefix(first + 1);
    while (true) {
        const auto star = pattern.find('*');
        const std::string_view piece = pattern.substr(0, star);
        if (star == std::string_view::npos) return text.ends_with(piece);
        const auto at = text.find(piece);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + piece.size());
        pattern.remove_prefix(star + 1);
    }
}

class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    Result<Part> parse() {
        if (!take("{")) return not_understood("it has no {");
        ONPUT_TRY(auto condition, parse_any(0));
        if (!take("}")) return not_understood("} is missing");
        skip();
        if (!rest_.empty()) return not_understood("something follows }");
        return condition;
    }

private:
    void skip() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view token) {
        skip();
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    // A word of the language, after which no other letter stands.
    bool take_word(std::string_view word) {
        skip();
        const bool is_it = starts_with_ignoring_case(rest_, word) &&
                           (rest_.size() == word.size() || !is_plain(rest_[word.size()]));
        if (is_it) rest_.remove_prefix(word.size());
        return is_it;
    }

    Result<Part> parse_any(std::size_t depth) {
        return parse_joined("||", JsonCondition::Kind::any, depth);
    }
    Result<Part> parse_joined(std::string_view sign, JsonCondition::Kind kind, std::size_t depth) {
        const auto parse_one = [&]() -> Result<Part> {
            if (kind == JsonCondition::Kind::any)
                return parse_joined("&&", JsonCondition::Kind::all, depth);
            return parse_one_of(depth);
        };
        ONPUT_TRY(auto first, parse_one());
        if (!take(sign)) return first;
        auto joined = std::make_unique<JsonCondition>();
        joined->kind = kind;
        joined->parts.push_back(std::move(first));
        do {
            ONPUT_TRY(auto next, parse_one());
            joined->parts.push_back(std::move(next));
        } while (take(sign));
        return joined;
    }
    Result<Part> parse_one_of(std::size_t depth) {
        if (!take("(")) return parse_comparison();
        if (depth >= filter_depth_max) return not_understood("it is nested too deeply");
        ONPUT_TRY(auto inner, parse_any(depth + 1));
        if (!take(")")) return not_understood(") is missing");
        return inner;
    }

    Result<Part> parse_comparison() {
        if (++comparisons_ > filter_comparisons_max)
            return not_understood("it has too many comparisons");
        auto made = std::make_unique<JsonCondition>();
        ONPUT_TRY(made->path, parse_path());
        if (take_word("NOT")) {
            if (!take_word("EXISTS")) return not_understood("EXISTS must follow NOT");
            made->is = Operator::not_exists;
            return made;
        }
        if (take_word("IS")) {
            if (take_word("NULL")) {
                made->is = Operator::is_null;
            } else if (take_word("TRUE")) {
                made->is = Operator::is_true;
            } else if (take_word("FALSE")) {
                made->is = Operator::is_false;
            } else {
                return not_understood("NULL, TRUE or FALSE must follow IS");
            }
            return made;
        }
        ONPUT_TRY(made->is, parse_operator());
        ONPUT_TRY_VOID(parse_value(*made));
        const bool needs_number = made->is != Operator::equal && made->is != Operator::not_equal;
        if (needs_number && !made->number) return not_understood("< and > compare numbers");
        return made;
    }

    Result<Operator> parse_operator() {
        if (take("!=")) return Operator::not_equal;
        if (take("<=")) return Operator::less_or_equal;
        if (take(">=")) return Operator::greater_or_equal;
        if (take("<")) return Operator::less;
        if (take(">")) return Operator::greater;
        if (take("=")) return Operator::equal;
        return not_understood("an operator is missing behind a field");
    }

    Result<std::vector<JsonCondition::Step>> parse_path() {
        if (!take("$")) return not_understood("a field begins with $");
        std::vector<JsonCondition::Step> path;
        while (!rest_.empty() && (rest_.front() == '.' || rest_.front() == '[')) {
            if (path.size() == filter_depth_max)
                return not_understood("a field is nested too deeply");
            const bool is_member = rest_.front() == '.';
            rest_.remove_prefix(1);
            ONPUT_TRY(auto step, is_member ? parse_member() : parse_index());
            path.push_back(std::move(step));
        }
        if (path.empty()) return not_understood("a field is $.name");
        return path;
    }
    Result<JsonCondition::Step> parse_member() {
        const auto end = std::ranges::find_if_not(
            rest_, [](char c) { return is_plain(c) && c != '.' && c != '*'; });
        JsonCondition::Step step{.member = std::string(rest_.begin(), end)};
        rest_.remove_prefix(step.member.size());
        if (step.member.empty()) return not_understood("a field has no name behind '.'");
        return step;
    }
    Result<JsonCondition::Step> parse_index() {
        const auto end = rest_.find(']');
        const auto index = parse_number<std::size_t>(rest_.substr(0, end));
        if (end == std::string_view::npos || !index)
            return not_understood("an index is a number in [ ]");
        rest_.remove_prefix(end + 1);
        return JsonCondition::Step{.index = *index};
    }

    Result<void> parse_value(JsonCondition& made) {
        skip();
        if (rest_.starts_with('%')) return not_understood("regular expressions do not exist here");
        if (rest_.starts_with('"')) return parse_quoted(made);
        const auto end = std::ranges::find_if_not(rest_, is_plain);
        made.text.assign(rest_.begin(), end);
        rest_.remove_prefix(made.text.size());
        if (made.text.empty()) return not_understood("a value is missing behind an operator");
        made.number = parse_number<double>(made.text);
        return {};
    }
    Result<void> parse_quoted(JsonCondition& made) {
        rest_.remove_prefix(1);
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
            made.text += rest_.front();
            rest_.remove_prefix(1);
        }
        if (rest_.empty()) return not_understood("a double quote has no end");
        rest_.remove_prefix(1);
        return {};
    }

    std::string_view rest_;
    std::size_t comparisons_ = 0;
};

const json::Value* find_path(const json::Value& document,
                             const std::vector<JsonCondition::Step>& path) {
    const json::Value* at = &document;
    for (const auto& step : path) {
        if (!step.index) {
            at = at->find(step.member);
        } else {
            const auto* array = at->array();
            at = array != nullptr && *step.index < array->size() ? &(*array)[*step.index] : nullptr;
        }
        if (at == nullptr) return nullptr;
    }
    return at;
}

}  // namespace

Result<std::unique_ptr<JsonCondition>> JsonCondition::parse(std::string_view text) {
    return Parser(text).parse();
}

bool JsonCondition::fits(const json::Value& document) const {
    const auto is_true_of = [&document](const Part& part) { return part->fits(document); };
    if (kind == Kind::all) return std::ranges::all_of(parts, is_true_of);
    if (kind == Kind::any) return std::ranges::any_of(parts, is_true_of);
    const json::Value* found = find_path(document, path);
    if (is == Operator::not_exists) return found == nullptr;
    return found != nullptr && compare(*found);
}

bool JsonCondition::compare(const json::Value& found) const {
    const bool* flag = found.flag();
    const auto real = found.real();
    switch (is) {
        case Operator::is_null: return found.is_null();
        case Operator::is_true: return flag != nullptr && *flag;
        case Operator::is_false: return flag != nullptr && !*flag;
        case Operator::less: return real && *real < *number;
        case Operator::greater: return real && *real > *number;
        case Operator::less_or_equal: return real && *real <= *number;
        case Operator::greater_or_equal: return real && *real >= *number;
        case Operator::not_exists: return false;
        case Operator::equal:
        case Operator::not_equal: break;
    }
    const bool wants_equal = is == Operator::equal;
    // What is neither text nor number is not compared.
    if (const auto* said = found.text()) return fits_stars(*said, text) == wants_equal;
    if (real) return (number && *real == *number) == wants_equal;
    return false;
}

}  // namespace onput::queue
