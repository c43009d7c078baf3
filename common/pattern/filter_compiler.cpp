#include "common/pattern/filter_compiler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/pattern/decimal.hpp"
#include "common/pattern/filter_operators.hpp"
#include "common/pattern/filter_source.hpp"

namespace onput::pattern {
namespace {

constexpr std::string_view alternatives_key = "$or";

bool is_operator(std::string_view name) {
    static constexpr std::array<std::string_view, 9> names{
        "exact",   "prefix", "suffix",  "equals-ignore-case", "anything-but", "cidr",
        "numeric", "exists", "wildcard"};
    return std::ranges::find(names, name) != names.end();
}

// Numbers that are no decimals are equal as they are written.
FilterCondition equal_decimal(std::string_view text) {
    const auto number = parse_decimal(text);
    if (!number) return ExactNumber{.text = std::string(text)};
    return DecimalRange{.bottom = *number, .top = *number};
}

// Of a JSON object; of a policy, of its compact form.
class Compiler {
public:
    Compiler(std::string_view json, FilterLanguage language)
        : json_(json), language_(language), reader_(json), operators_(json, language, reader_) {}

    Result<CompiledFilter> compile();

private:
    using Alternatives = std::vector<std::vector<std::size_t>>;

    Result<void> object(const std::string& prefix, std::size_t depth);
    Result<void> member(const std::string& path, const JsonToken& name, std::size_t depth);
    Result<void> alternatives(const std::string& prefix, std::size_t depth);
    [[nodiscard]] bool are_alternatives() const;
    Result<void> values(FilterLeaf leaf);
    Result<void> value(FilterLeaf& leaf, const JsonToken& token);
    Result<void> add(FilterLeaf leaf);
    [[nodiscard]] Result<void> check_size() const;
    [[nodiscard]] bool is_of_events() const { return language_ == FilterLanguage::events; }
    [[nodiscard]] std::size_t alternatives_max() const;
    [[nodiscard]] std::unexpected<Error> refuse_complexity() const;

    // With the position to which one had read when `at` was known.
    [[nodiscard]] std::unexpected<Error> refuse(const JsonToken& at, std::string_view text) const;

    std::string_view json_;
    FilterLanguage language_;
    JsonReader reader_;
    OperatorReader operators_;
    std::vector<FilterLeaf> leaves_;
    Alternatives alternatives_{{}};
    std::size_t keys_ = 0;    // Of the outermost object.
    std::size_t nested_ = 0;  // How many $or one is inside of.
};

Result<CompiledFilter> Compiler::compile() {
    static_cast<void>(reader_.next());  // The opening brace.
    // "{}" accepts everything, and only as the whole of a policy.
    if (json_ != "{}" || is_of_events()) ONPUT_TRY_VOID(object("", 1));
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
    if (language_ == FilterLanguage::policy_of_attributes) {
        return refuse_whole(
            {.before = "", .reason = policy_words.reason},
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
        if (after.size() > alternatives_max()) return refuse_complexity();
    }
    --nested_;
    alternatives_ = std::move(after);
    return {};
}

// After the opening bracket.
Result<void> Compiler::values(FilterLeaf leaf) {
    JsonToken token = reader_.next();
    for (; token.kind != JsonKind::end_array; token = reader_.next()) {
        if (++leaf.values > filter_policy_combinations_max && !is_of_events()) {
            return refuse_complexity();
        }
        ONPUT_TRY_VOID(value(leaf, token));
    }
    if (leaf.values == 0) return refuse(token, "Empty arrays are not allowed");
    return add(std::move(leaf));
}

Result<void> Compiler::value(FilterLeaf& leaf, const JsonToken& token) {
    switch (token.kind) {
        case JsonKind::begin_object: return operators_.read(leaf);
        case JsonKind::text:
            leaf.conditions.emplace_back(ExactText{.text = std::string(token.text)});
            return {};
        case JsonKind::number:
            leaf.conditions.push_back(
                is_of_events() ? equal_decimal(token.text)
                               : NumberRange{.bottom = token.number, .top = token.number});
            return {};
        case JsonKind::literal_true:
        case JsonKind::literal_false:
        case JsonKind::literal_null:
            leaf.conditions.emplace_back(ExactLiteral{.literal = token.kind});
            return {};
        default: return refuse(token, "Match value must be String, number, true, false, or null");
    }
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
    if (is_of_events()) return {};
    if (keys_ > filter_policy_keys_max) {
        return refuse_whole(policy_words, "Filter policy can not have more than 5 keys");
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

std::size_t Compiler::alternatives_max() const {
    return is_of_events() ? event_pattern_alternatives_max : filter_policy_combinations_max;
}

std::unexpected<Error> Compiler::refuse_complexity() const {
    if (is_of_events()) return refuse_whole(event_pattern_words, "Rule is too complex");
    return refuse_whole(policy_words, "Filter policy is too complex");
}

std::unexpected<Error> Compiler::refuse(const JsonToken& at, std::string_view text) const {
    return refuse_at(words_of(language_), json_, at.seen, text);
}

}  // namespace

const FilterWords& words_of(FilterLanguage language) {
    return language == FilterLanguage::events ? event_pattern_words : policy_words;
}

Result<CompiledFilter> compile_filter(std::string_view json, FilterScope scope) {
    if (json.size() > filter_policy_bytes_max) {
        return refuse_whole(
            policy_words,
            fmt::format("Filter policy can not be larger than {} bytes", filter_policy_bytes_max));
    }
    if (!is_utf8(json)) return refuse_whole(policy_words, "failed to parse JSON. Invalid UTF-8");
    ONPUT_TRY(const std::string compacted, compact_filter(json));
    return Compiler(compacted, scope == FilterScope::message_attributes
                                   ? FilterLanguage::policy_of_attributes
                                   : FilterLanguage::policy_of_body)
        .compile();
}

Result<CompiledFilter> compile_event_pattern(std::string_view json) {
    if (json.size() > event_pattern_bytes_max) {
        return refuse_whole(event_pattern_words, fmt::format("The pattern is larger than {} bytes",
                                                             event_pattern_bytes_max));
    }
    if (!is_utf8(json)) return refuse_whole(event_pattern_words, "Invalid UTF-8");
    JsonReader reader(json);
    const JsonToken first = reader.next();
    if (first.kind != JsonKind::begin_object && first.kind != JsonKind::invalid) {
        return refuse_at(event_pattern_words, json, first.seen, "Filter is not an object");
    }
    if (first.kind != JsonKind::invalid) static_cast<void>(reader.skip(first));
    if (const JsonToken last = reader.next(); last.kind != JsonKind::end) {
        return refuse_at(event_pattern_words, json, last.seen, reader.failure());
    }
    return Compiler(json, FilterLanguage::events).compile();
}

}  // namespace onput::pattern
