#include "common/pattern/filter_compiler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/pattern/filter_source.hpp"

namespace onput::pattern {
namespace {

constexpr std::string_view alternatives_key = "$or";

std::unexpected<Error> refuse_complexity() {
    return refuse_size("FilterPolicy: Filter policy is too complex");
}

bool is_operator(std::string_view name) {
    static constexpr std::array<std::string_view, 9> names{
        "exact",   "prefix", "suffix",  "equals-ignore-case", "anything-but", "cidr",
        "numeric", "exists", "wildcard"};
    return std::ranges::find(names, name) != names.end();
}

// Of the compact form of a JSON object.
class Compiler {
public:
    Compiler(std::string_view json, FilterScope scope)
        : json_(json), scope_(scope), reader_(json) {}

    Result<CompiledFilter> compile();

private:
    using Alternatives = std::vector<std::vector<std::size_t>>;

    Result<void> object(const std::string& prefix, std::size_t depth);
    Result<void> member(const std::string& path, const JsonToken& name, std::size_t depth);
    Result<void> alternatives(const std::string& prefix, std::size_t depth);
    [[nodiscard]] bool are_alternatives() const;
    Result<void> values(FilterLeaf leaf);
    Result<void> value(FilterLeaf& leaf, const JsonToken& token);
    Result<void> expression(FilterLeaf& leaf);
    Result<FilterCondition> condition(std::string_view name, const JsonToken& at);
    Result<std::string> text_of(std::string_view operation);
    Result<FilterCondition> anything_but();
    Result<FilterCondition> anything_but_prefix();
    Result<FilterCondition> anything_but_list();
    Result<FilterCondition> numeric();
    Result<NumberRange> range_from(std::string_view operation, double bottom);
    Result<FilterCondition> address_block();
    Result<void> end_expression(std::string_view otherwise);
    Result<void> add(FilterLeaf leaf);
    Result<void> check_size() const;

    // With the position to which one had read when `at` was known.
    [[nodiscard]] std::unexpected<Error> refuse(const JsonToken& at, std::string_view text) const;

    std::string_view json_;
    FilterScope scope_;
    JsonReader reader_;
    std::vector<FilterLeaf> leaves_;
    Alternatives alternatives_{{}};
    std::size_t keys_ = 0;    // Of the outermost object.
    std::size_t nested_ = 0;  // How many $or one is inside of.
};

Result<CompiledFilter> Compiler::compile() {
    static_cast<void>(reader_.next());  // The opening brace.
    // "{}" accepts everything, and only as the whole of a policy.
    if (json_ != "{}") ONPUT_TRY_VOID(object("", 1));
    ONPUT_TRY_VOID(check_size());
    return CompiledFilter{.leaves = std::move(leaves_), .alternatives = std::move(alternatives_)};
}

// After the opening brace; `prefix` ends with a dot, or is empty.
Result<void> Compiler::object(const std::string& prefix, std::size_t depth) {
    bool empty = true;
    for (;; empty = false) {
        const JsonToken name = reader_.next();
        if (name.kind == JsonKind::end_object && empty) {
            return refuse(name, "Empty objects are not allowed");
        }
        if (name.kind == JsonKind::end_object) return {};
        if (depth == 1 && nested_ == 0) ++keys_;
        if (name.text == alternatives_key && are_alternatives()) {
            ONPUT_TRY_VOID(alternatives(prefix, depth));
            continue;
        }
        std::string path = prefix;
        path += name.text;
        ONPUT_TRY_VOID(member(path, name, depth));
    }
}

Result<void> Compiler::member(const std::string& path, const JsonToken& name, std::size_t depth) {
    const JsonToken first = reader_.next();
    if (first.kind == JsonKind::begin_array) {
        return values({.path = path, .depth = depth});
    }
    if (first.kind != JsonKind::begin_object) {
        return refuse(first, fmt::format("\"{}\" must be an object or an array", name.text));
    }
    if (scope_ == FilterScope::message_attributes) {
        return refuse_whole(
            "Filter policy scope MessageAttributes does not support nested filter policy");
    }
    return object(path + ".", depth + 1);
}

// SNS takes "$or" for a key like any other unless at least two objects follow, none of them with
// an operator's name for a key.
bool Compiler::are_alternatives() const {
    JsonReader ahead(reader_);
    if (ahead.next().kind != JsonKind::begin_array) return false;
    std::size_t count = 0;
    for (JsonToken token = ahead.next(); token.kind != JsonKind::end_array; token = ahead.next()) {
        if (token.kind != JsonKind::begin_object) return false;
        ++count;
        for (token = ahead.next(); token.kind != JsonKind::end_object; token = ahead.next()) {
            if (token.kind != JsonKind::name) return false;
            if (is_operator(token.text)) return false;
            if (!ahead.skip(ahead.next())) return false;
        }
    }
    return count >= 2;
}

Result<void> Compiler::alternatives(const std::string& prefix, std::size_t depth) {
    const Alternatives before = std::exchange(alternatives_, {});
    Alternatives after;
    static_cast<void>(reader_.next());  // The opening bracket, seen by are_alternatives().
    ++nested_;
    while (reader_.next().kind != JsonKind::end_array) {
        alternatives_ = before;
        ONPUT_TRY_VOID(object(prefix, depth));
        after.insert(after.end(), alternatives_.begin(), alternatives_.end());
        if (after.size() > filter_policy_combinations_max) return refuse_complexity();
    }
    --nested_;
    alternatives_ = std::move(after);
    return {};
}

// After the opening bracket.
Result<void> Compiler::values(FilterLeaf leaf) {
    JsonToken token = reader_.next();
    for (; token.kind != JsonKind::end_array; token = reader_.next()) {
        if (++leaf.values > filter_policy_combinations_max) return refuse_complexity();
        ONPUT_TRY_VOID(value(leaf, token));
    }
    if (leaf.values == 0) return refuse(token, "Empty arrays are not allowed");
    return add(std::move(leaf));
}

Result<void> Compiler::value(FilterLeaf& leaf, const JsonToken& token) {
    switch (token.kind) {
        case JsonKind::begin_object: return expression(leaf);
        case JsonKind::text:
            leaf.conditions.emplace_back(ExactText{.text = std::string(token.text)});
            return {};
        case JsonKind::number:
            leaf.conditions.emplace_back(NumberRange{.bottom = token.number, .top = token.number});
            return {};
        case JsonKind::literal_true:
        case JsonKind::literal_false:
        case JsonKind::literal_null:
            leaf.conditions.emplace_back(ExactLiteral{.literal = token.kind});
            return {};
        default: return refuse(token, "Match value must be String, number, true, false, or null");
    }
}

// {"operator": operand}, after the opening brace.
Result<void> Compiler::expression(FilterLeaf& leaf) {
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
    return end_expression("Only one key allowed in match expression");
}

Result<FilterCondition> Compiler::condition(std::string_view name, const JsonToken& at) {
    if (name == "prefix") {
        ONPUT_TRY(auto text, text_of(name));
        return Prefix{.text = std::move(text)};
    }
    if (name == "suffix") {
        ONPUT_TRY(auto text, text_of(name));
        return Suffix{.text = std::move(text)};
    }
    if (name == "equals-ignore-case") {
        ONPUT_TRY(auto text, text_of(name));
        return EqualsIgnoreCase{.text = std::move(text)};
    }
    if (name == "anything-but") return anything_but();
    if (name == "numeric") return numeric();
    if (name == "cidr") return address_block();
    return refuse(at, fmt::format("Unrecognized match type {}", name));
}

Result<std::string> Compiler::text_of(std::string_view operation) {
    const JsonToken token = reader_.next();
    if (token.kind != JsonKind::text) {
        return refuse(token, fmt::format("{} match pattern must be a string", operation));
    }
    ONPUT_TRY_VOID(end_expression("Only one key allowed in match expression"));
    return std::string(token.text);
}

Result<FilterCondition> Compiler::anything_but() {
    const JsonToken token = reader_.next();
    FilterCondition made;
    switch (token.kind) {
        case JsonKind::text: made = AnythingButTexts{.texts = {std::string(token.text)}}; break;
        case JsonKind::number: made = AnythingButNumbers{.numbers = {token.number}}; break;
        case JsonKind::begin_array: {
            ONPUT_TRY(made, anything_but_list());
            break;
        }
        case JsonKind::begin_object: {
            ONPUT_TRY(made, anything_but_prefix());
            break;
        }
        default:
            return refuse(token,
                          "Value of anything-but must be an array or single string/number value.");
    }
    ONPUT_TRY_VOID(end_expression("Too many elements in numeric expression"));
    return made;
}

Result<FilterCondition> Compiler::anything_but_prefix() {
    const JsonToken name = reader_.next();
    if (name.kind != JsonKind::name) return refuse(name, "Anything-But expression name not found");
    if (name.text != "prefix") {
        return refuse(name, fmt::format("Unsupported anything-but pattern: {}", name.text));
    }
    const JsonToken token = reader_.next();
    if (token.kind != JsonKind::text) {
        return refuse(token, "prefix match pattern must be a string");
    }
    // Every text begins with nothing: the condition could not hold.
    if (token.text.empty()) return refuse_at(json_, token.end, "Null prefix/suffix not allowed");
    ONPUT_TRY_VOID(end_expression("Too many elements in numeric expression"));
    return AnythingButPrefix{.text = std::string(token.text)};
}

Result<FilterCondition> Compiler::anything_but_list() {
    AnythingButTexts texts;
    AnythingButNumbers numbers;
    JsonToken token = reader_.next();
    for (; token.kind != JsonKind::end_array; token = reader_.next()) {
        if (token.kind == JsonKind::text) {
            texts.texts.emplace_back(token.text);
        } else if (token.kind == JsonKind::number) {
            numbers.numbers.push_back(token.number);
        } else {
            return refuse(token, "Inside anything but list, start|null|boolean is not supported.");
        }
    }
    if (texts.texts.empty() == numbers.numbers.empty()) {
        return refuse(token,
                      "Inside anything but list, either all values are number or string, mixed "
                      "type is not supported");
    }
    std::ranges::sort(texts.texts);
    std::ranges::sort(numbers.numbers);
    if (numbers.numbers.empty()) return texts;
    return numbers;
}

Result<FilterCondition> Compiler::numeric() {
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
    NumberRange range;
    if (sign.text.front() == '>') {
        ONPUT_TRY(range, range_from(sign.text, operand.number));
    } else {
        range.top = operand.number;
        range.top_included = sign.text != "<";
        if (sign.text == "=") range.bottom = operand.number;
        const JsonToken close = reader_.next();
        if (close.kind != JsonKind::end_array) {
            return refuse(close, "Too many elements in numeric expression");
        }
    }
    ONPUT_TRY_VOID(end_expression("Too many elements in numeric expression"));
    return range;
}

Result<NumberRange> Compiler::range_from(std::string_view operation, double bottom) {
    NumberRange range{.bottom = bottom, .bottom_included = operation == ">="};
    const JsonToken sign = reader_.next();
    if (sign.kind == JsonKind::end_array) return range;
    if (sign.kind != JsonKind::text) {
        return refuse(sign, fmt::format("Bad value in numeric range: {}", sign.text));
    }
    if (sign.text != "<" && sign.text != "<=") {
        return refuse_at(json_, sign.end, fmt::format("Bad numeric range operator: {}", sign.text));
    }
    const JsonToken operand = reader_.next();
    if (operand.kind != JsonKind::number) {
        return refuse(operand, fmt::format("Value of {} must be numeric", sign.text));
    }
    range.top = operand.number;
    range.top_included = sign.text == "<=";
    const JsonToken close = reader_.next();
    if (close.kind != JsonKind::end_array) {
        return refuse(close, "Too many terms in numeric range expression");
    }
    if (range.bottom >= range.top) return refuse(close, "Bottom must be less than top");
    return range;
}

Result<FilterCondition> Compiler::address_block() {
    const JsonToken token = reader_.next();
    // The other operator's name is what SNS answers.
    if (token.kind != JsonKind::text) {
        return refuse(token, "prefix match pattern must be a string");
    }
    const auto block = parse_address_block(token.text);
    if (!block) return refuse_at(json_, token.end, block.error().message);
    ONPUT_TRY_VOID(end_expression("Only one key allowed in match expression"));
    return *block;
}

Result<void> Compiler::end_expression(std::string_view otherwise) {
    const JsonToken token = reader_.next();
    if (token.kind == JsonKind::end_object) return {};
    return refuse(token, otherwise);
}

// A path that is given twice means what was given last.
Result<void> Compiler::add(FilterLeaf leaf) {
    if (leaves_.size() == filter_leaves_max) return refuse_complexity();
    const std::size_t added = leaves_.size();
    for (auto& alternative : alternatives_) {
        const auto same = std::ranges::find(alternative, leaf.path, [&](std::size_t index) {
            return std::string_view(leaves_[index].path);
        });
        if (same != alternative.end()) {
            *same = added;
        } else if (alternative.size() == filter_alternative_keys_max) {
            return refuse_complexity();
        } else {
            alternative.push_back(added);
        }
    }
    leaves_.push_back(std::move(leaf));
    return {};
}

// Each alternative counts the product of its keys' values, times their depths.
Result<void> Compiler::check_size() const {
    if (keys_ > filter_policy_keys_max) {
        return refuse_size("FilterPolicy: Filter policy can not have more than 5 keys");
    }
    std::size_t total = 0;
    for (const auto& alternative : alternatives_) {
        std::size_t combinations = 1;
        for (const std::size_t index : alternative) {
            combinations *= leaves_[index].values * leaves_[index].depth;
            if (combinations > filter_policy_combinations_max) return refuse_complexity();
        }
        total += combinations;
    }
    if (total > filter_policy_combinations_max) return refuse_complexity();
    return {};
}

std::unexpected<Error> Compiler::refuse(const JsonToken& at, std::string_view text) const {
    return refuse_at(json_, at.seen, text);
}

}  // namespace

Result<CompiledFilter> compile_filter(std::string_view json, FilterScope scope) {
    if (json.size() > filter_policy_bytes_max) {
        return refuse_size(
            fmt::format("FilterPolicy: Filter policy can not be larger than {} bytes",
                        filter_policy_bytes_max));
    }
    if (!is_utf8(json)) return refuse_whole("FilterPolicy: failed to parse JSON. Invalid UTF-8");
    ONPUT_TRY(const std::string compacted, compact_filter(json));
    return Compiler(compacted, scope).compile();
}

}  // namespace onput::pattern
