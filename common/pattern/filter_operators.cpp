#include "common/pattern/filter_operators.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/pattern/decimal.hpp"
#include "common/pattern/filter_source.hpp"

namespace onput::pattern {
namespace {

constexpr std::string_view one_key = "Only one key allowed in match expression";
constexpr std::string_view too_many = "Too many elements in numeric expression";
constexpr std::string_view ignoring_case = "equals-ignore-case";

std::string_view explain(DecimalFault fault) {
    return fault == DecimalFault::out_of_range ? "Value must be between -5.0E9 and 5.0E9, inclusive"
                                               : "Only values upto 6 decimals are supported";
}

// JSON numbers are always ones.
double number_of(const std::string& text) {
    return parse_number<double>(text).value_or(0);
}

}  // namespace

Result<void> OperatorReader::read(FilterLeaf& leaf) {
    const JsonToken name = reader_.next();
    if (name.kind != JsonKind::name) return refuse(name, "Match expression name not found");
    if (name.text != "exists") {
        ONPUT_TRY(auto made, condition(name.text, name));
        leaf.conditions.push_back(std::move(made));
        return {};
    }
    const JsonToken token = reader_.next();
    if (token.kind != JsonKind::literal_true && token.kind != JsonKind::literal_false) {
        return refuse(token, "exists match pattern must be either true or false.");
    }
    (token.kind == JsonKind::literal_true ? leaf.accepts_present : leaf.accepts_absent) = true;
    return end_expression(one_key);
}

Result<FilterCondition> OperatorReader::condition(std::string_view name, const JsonToken& at) {
    if (name == "prefix" || name == "suffix" || name == ignoring_case) return text_condition(name);
    if (name == "anything-but") return anything_but();
    if (name == "numeric") return numeric();
    if (name == "cidr") return address_block();
    if (name == "exact" && is_of_events()) return text_condition(name);
    if (name == "wildcard" && is_of_events()) return wildcard();
    return refuse(at, fmt::format("Unrecognized match type {}", name));
}

Result<FilterCondition> OperatorReader::text_condition(std::string_view name) {
    const JsonToken token = reader_.next();
    const bool is_end = name == "prefix" || name == "suffix";
    if (token.kind == JsonKind::begin_object && is_end && is_of_events()) {
        return end_ignoring_case(name);
    }
    if (token.kind != JsonKind::text) {
        return refuse(token, fmt::format("{} match pattern must be a string", name));
    }
    ONPUT_TRY_VOID(end_expression(one_key));
    std::string text(token.text);
    if (name == "prefix") return Prefix{.text = std::move(text)};
    if (name == "suffix") return Suffix{.text = std::move(text)};
    if (name == "exact") return ExactText{.text = std::move(text)};
    return EqualsIgnoreCase{.text = std::move(text)};
}

// {"prefix": {"equals-ignore-case": text}}, after the inner brace.
Result<FilterCondition> OperatorReader::end_ignoring_case(std::string_view name) {
    const bool is_prefix = name == "prefix";
    const JsonToken inner = reader_.next();
    if (inner.kind != JsonKind::name) {
        return refuse(inner, is_prefix ? "Prefix expression name not found"
                                       : "Suffix expression name not found");
    }
    if (inner.text != ignoring_case) {
        return refuse(inner, fmt::format("Unsupported {} pattern: {}", name, inner.text));
    }
    const JsonToken token = reader_.next();
    if (token.kind != JsonKind::text) {
        return refuse(token, "equals-ignore-case match pattern must be a string");
    }
    ONPUT_TRY_VOID(end_expression(one_key));
    ONPUT_TRY_VOID(end_expression(one_key));
    if (is_prefix) return PrefixIgnoreCase{.text = std::string(token.text)};
    return SuffixIgnoreCase{.text = std::string(token.text)};
}

Result<FilterCondition> OperatorReader::wildcard() {
    const JsonToken token = reader_.next();
    if (token.kind != JsonKind::text) {
        return refuse(token, "wildcard match pattern must be a string");
    }
    auto made = Wildcard::parse(token.text);
    if (!made) return refuse_behind(token, made.error().message);
    ONPUT_TRY_VOID(end_expression(one_key));
    return WildcardText{.wildcard = *std::move(made)};
}

Result<FilterCondition> OperatorReader::anything_but() {
    const JsonToken token = reader_.next();
    FilterCondition made;
    switch (token.kind) {
        case JsonKind::text: made = AnythingButTexts{.texts = {std::string(token.text)}}; break;
        case JsonKind::number: {
            ONPUT_TRY(made, anything_but_numbers({std::string(token.text)}, token));
            break;
        }
        case JsonKind::begin_array: {
            ONPUT_TRY(made, anything_but_list());
            break;
        }
        case JsonKind::begin_object: {
            ONPUT_TRY(made, anything_but_operator());
            break;
        }
        default:
            return refuse(token,
                          "Value of anything-but must be an array or single string/number value.");
    }
    ONPUT_TRY_VOID(end_expression(too_many));
    return made;
}

// {"prefix": text}, after the opening brace.
Result<FilterCondition> OperatorReader::anything_but_operator() {
    static constexpr std::array<std::string_view, 4> names{"prefix", "suffix", ignoring_case,
                                                           "wildcard"};
    const JsonToken name = reader_.next();
    if (name.kind != JsonKind::name) return refuse(name, "Anything-But expression name not found");
    const bool is_known =
        is_of_events() ? std::ranges::find(names, name.text) != names.end() : name.text == "prefix";
    if (!is_known) {
        return refuse(name, fmt::format("Unsupported anything-but pattern: {}", name.text));
    }
    const std::string named(name.text);
    const JsonToken token = reader_.next();
    if (!is_of_events() && token.kind != JsonKind::text) {
        return refuse(token, "prefix match pattern must be a string");
    }
    if (token.kind != JsonKind::begin_array && token.kind != JsonKind::text &&
        token.kind != JsonKind::number) {
        return refuse(token,
                      "Value of anything-but must be an array or single string/number value.");
    }
    ONPUT_TRY(auto made, anything_but_texts(named, token));
    ONPUT_TRY_VOID(end_expression(too_many));
    return made;
}

Result<FilterCondition> OperatorReader::anything_but_texts(std::string_view name,
                                                           const JsonToken& operand) {
    const bool is_end = name == "prefix" || name == "suffix";
    const bool is_list = operand.kind == JsonKind::begin_array;
    std::vector<std::string> texts;
    std::vector<Wildcard> wildcards;
    JsonToken token = is_list ? reader_.next() : operand;
    for (; token.kind != JsonKind::end_array; token = reader_.next()) {
        if (token.kind != JsonKind::text) {
            if (name == "wildcard") return refuse(token, "wildcard match pattern must be a string");
            return refuse(token, is_end ? "prefix/suffix match pattern must be a string"
                                        : "Inside anything-but/equals-ignore-case list, "
                                          "number|start|null|boolean is not supported.");
        }
        // Every text begins with nothing: the condition could not hold.
        if (is_end && token.text.empty()) {
            return refuse_behind(token, "Null prefix/suffix not allowed");
        }
        if (name == "wildcard") {
            auto made = Wildcard::parse(token.text);
            if (!made) return refuse_behind(token, made.error().message);
            wildcards.push_back(*std::move(made));
        } else {
            texts.emplace_back(token.text);
        }
        if (!is_list) break;
    }
    if (name == "prefix") return AnythingButPrefixes{.texts = std::move(texts)};
    if (name == "suffix") return AnythingButSuffixes{.texts = std::move(texts)};
    if (name == "wildcard") return AnythingButWildcards{.wildcards = std::move(wildcards)};
    return AnythingButIgnoringCase{.texts = std::move(texts)};
}

Result<FilterCondition> OperatorReader::anything_but_list() {
    std::vector<std::string> texts;
    std::vector<std::string> numbers;
    JsonToken token = reader_.next();
    for (; token.kind != JsonKind::end_array; token = reader_.next()) {
        if (token.kind == JsonKind::text) {
            texts.emplace_back(token.text);
        } else if (token.kind == JsonKind::number) {
            numbers.emplace_back(token.text);
        } else {
            return refuse(token, "Inside anything but list, start|null|boolean is not supported.");
        }
    }
    if (texts.empty() == numbers.empty()) {
        return refuse(token,
                      "Inside anything but list, either all values are number or string, mixed "
                      "type is not supported");
    }
    if (!numbers.empty()) return anything_but_numbers(std::move(numbers), token);
    std::ranges::sort(texts);
    return AnythingButTexts{.texts = std::move(texts)};
}

Result<FilterCondition> OperatorReader::anything_but_numbers(std::vector<std::string> numbers,
                                                             const JsonToken& at) {
    if (!is_of_events()) {
        AnythingButNumbers made;
        for (const auto& number : numbers) made.numbers.push_back(number_of(number));
        std::ranges::sort(made.numbers);
        return made;
    }
    AnythingButDecimals made;
    for (const auto& number : numbers) {
        const auto decimal = read_decimal(number);
        if (!decimal) return refuse(at, explain(decimal.error()));
        made.numbers.push_back(*decimal);
    }
    std::ranges::sort(made.numbers);
    return made;
}

Result<FilterCondition> OperatorReader::numeric() {
    const JsonToken open = reader_.next();
    if (open.kind != JsonKind::begin_array) {
        return refuse(open, "Value of numeric must be an array.");
    }
    const JsonToken sign = reader_.next();
    if (sign.kind != JsonKind::text) {
        const bool written = sign.kind == JsonKind::number;
        const std::string_view what =
            written ? sign.text : json_.substr(sign.end - std::min<std::size_t>(sign.end, 1), 1);
        return refuse(sign, fmt::format("Invalid member in numeric match: {}", what));
    }
    const JsonToken operand = reader_.next();
    static constexpr std::array<std::string_view, 5> signs{"=", "<", "<=", ">", ">="};
    if (std::ranges::find(signs, sign.text) == signs.end()) {
        return refuse(operand, fmt::format("Unrecognized numeric range operator: {}", sign.text));
    }
    if (operand.kind != JsonKind::number) {
        return refuse(operand, fmt::format("Value of {} must be numeric",
                                           sign.text == "=" ? "equals" : sign.text));
    }
    Bounds bounds;
    JsonToken last = operand;
    if (sign.text.front() == '>') {
        bounds.bottom = operand.text;
        bounds.bottom_included = sign.text == ">=";
        ONPUT_TRY_VOID(upper_bound(bounds));
    } else {
        bounds.top = operand.text;
        bounds.top_included = sign.text != "<";
        if (sign.text == "=") bounds.bottom = operand.text;
        last = reader_.next();
        if (last.kind != JsonKind::end_array) return refuse(last, too_many);
    }
    ONPUT_TRY(auto range, range_of(bounds, last));
    ONPUT_TRY_VOID(end_expression(too_many));
    return range;
}

// Of ["> ", 1, "<=", 2], after the first number.
Result<void> OperatorReader::upper_bound(Bounds& bounds) {
    const JsonToken sign = reader_.next();
    if (sign.kind == JsonKind::end_array) return {};
    if (sign.kind != JsonKind::text) {
        return refuse(sign, fmt::format("Bad value in numeric range: {}", sign.text));
    }
    if (sign.text != "<" && sign.text != "<=") {
        return refuse_behind(sign, fmt::format("Bad numeric range operator: {}", sign.text));
    }
    const JsonToken operand = reader_.next();
    if (operand.kind != JsonKind::number) {
        return refuse(operand, fmt::format("Value of {} must be numeric", sign.text));
    }
    bounds.top = operand.text;
    bounds.top_included = sign.text == "<=";
    const JsonToken close = reader_.next();
    if (close.kind != JsonKind::end_array) {
        return refuse(close, "Too many terms in numeric range expression");
    }
    bool is_empty = number_of(bounds.bottom) >= number_of(bounds.top);
    const auto bottom = parse_decimal(bounds.bottom);
    const auto top = parse_decimal(bounds.top);
    if (is_of_events() && bottom && top) is_empty = *bottom >= *top;
    if (is_empty) return refuse(close, "Bottom must be less than top");
    return {};
}

Result<FilterCondition> OperatorReader::range_of(const Bounds& bounds, const JsonToken& at) const {
    if (!is_of_events()) {
        NumberRange range{.bottom_included = bounds.bottom_included,
                          .top_included = bounds.top_included};
        if (!bounds.bottom.empty()) range.bottom = number_of(bounds.bottom);
        if (!bounds.top.empty()) range.top = number_of(bounds.top);
        return range;
    }
    DecimalRange range;
    if (!bounds.bottom.empty()) {
        const auto bottom = read_decimal(bounds.bottom);
        if (!bottom) return refuse(at, explain(bottom.error()));
        range.bottom = *bottom + (bounds.bottom_included ? 0 : 1);
    }
    if (!bounds.top.empty()) {
        const auto top = read_decimal(bounds.top);
        if (!top) return refuse(at, explain(top.error()));
        range.top = *top - (bounds.top_included ? 0 : 1);
    }
    return range;
}

Result<FilterCondition> OperatorReader::address_block() {
    const JsonToken token = reader_.next();
    // The other operator's name is what SNS and EventBridge answer.
    if (token.kind != JsonKind::text) {
        return refuse(token, "prefix match pattern must be a string");
    }
    const auto block = parse_address_block(token.text);
    if (!block) return refuse_behind(token, block.error().message);
    ONPUT_TRY_VOID(end_expression(one_key));
    return *block;
}

Result<void> OperatorReader::end_expression(std::string_view otherwise) {
    const JsonToken token = reader_.next();
    if (token.kind == JsonKind::end_object) return {};
    return refuse(token, otherwise);
}

std::unexpected<Error> OperatorReader::refuse(const JsonToken& at, std::string_view text) const {
    return refuse_at(words_of(language_), json_, at.seen, text);
}

std::unexpected<Error> OperatorReader::refuse_behind(const JsonToken& at,
                                                     std::string_view text) const {
    return refuse_at(words_of(language_), json_, at.end, text);
}

}  // namespace onput::pattern
