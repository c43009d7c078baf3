#include "common/auth/language/condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "common/auth/language/malformed.hpp"
#include "common/auth/wildcard.hpp"
#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view if_exists_suffix = "IfExists";
constexpr std::string_view all_values_prefix = "ForAllValues:";
constexpr std::string_view any_value_prefix = "ForAnyValue:";

std::unexpected<Error> invalid_value(std::string_view operation, std::string_view value) {
    return malformed(fmt::format("Invalid value for condition {}", operation), value);
}

// A date as conditions write it: ISO 8601 or seconds since the epoch.
std::optional<double> parse_date(std::string_view text) {
    if (const auto seconds = parse_number<double>(text)) return seconds;
    // "2026-11-29" and a time without fractions are dates as well.
    const std::string whole =
        text.contains('T') ? std::string(text) : fmt::format("{}T00:00:00Z", text);
    const auto time = parse_iso8601(whole);
    if (!time) return {};
    return static_cast<double>(to_micros(*time)) / 1e6;
}

// The texts of a value: a text, number or flag, or an array of them.
Result<std::vector<std::string>> texts_of(const json::Value& value) {
    const auto add = [](const json::Value& item, std::vector<std::string>& texts) {
        if (const auto* text = item.text()) {
            texts.push_back(*text);
        } else if (const auto* integer = item.integer()) {
            texts.push_back(fmt::format("{}", *integer));
        } else if (const auto real = item.real()) {
            texts.push_back(fmt::format("{}", *real));
        } else if (const auto* flag = item.flag()) {
            texts.emplace_back(*flag ? "true" : "false");
        } else {
            return false;
        }
        return true;
    };
    std::vector<std::string> texts;
    if (const auto* items = value.array()) {
        for (const json::Value& item : *items) {
            if (!add(item, texts)) return malformed("Invalid policy syntax.");
        }
    } else if (!add(value, texts)) {
        return malformed("Invalid policy syntax.");
    }
    if (texts.empty()) return malformed("Invalid policy syntax.", "a condition has no value");
    return texts;
}

}  // namespace

std::optional<Condition::Operator> Condition::find_operator(std::string_view name) {
    using enum Match;
    using enum Order;
    static constexpr std::array<Operator, 26> operators{{
        {"StringEquals", string, false, equal},
        {"StringNotEquals", string, true, equal},
        {"StringEqualsIgnoreCase", string_ignoring_case, false, equal},
        {"StringNotEqualsIgnoreCase", string_ignoring_case, true, equal},
        {"StringLike", like, false, equal},
        {"StringNotLike", like, true, equal},
        {"NumericEquals", numeric, false, equal},
        {"NumericNotEquals", numeric, true, equal},
        {"NumericLessThan", numeric, false, less},
        {"NumericLessThanEquals", numeric, false, less_or_equal},
        {"NumericGreaterThan", numeric, false, greater},
        {"NumericGreaterThanEquals", numeric, false, greater_or_equal},
        {"DateEquals", date, false, equal},
        {"DateNotEquals", date, true, equal},
        {"DateLessThan", date, false, less},
        {"DateLessThanEquals", date, false, less_or_equal},
        {"DateGreaterThan", date, false, greater},
        {"DateGreaterThanEquals", date, false, greater_or_equal},
        {"Bool", boolean, false, equal},
        {"IpAddress", address, false, equal},
        {"NotIpAddress", address, true, equal},
        {"ArnEquals", arn, false, equal},
        {"ArnNotEquals", arn, true, equal},
        {"ArnLike", arn, false, equal},
        {"ArnNotLike", arn, true, equal},
        {"Null", absence, false, equal},
    }};
    const auto* found = std::ranges::find_if(
        operators, [name](const Operator& known) { return equal_ignoring_case(known.name, name); });
    if (found == operators.end()) return {};
    return *found;
}

Result<void> Condition::parse_operator(std::string_view name) {
    const std::string_view whole = name;
    if (starts_with_ignoring_case(name, all_values_prefix)) {
        set_ = Set::all_values;
        name.remove_prefix(all_values_prefix.size());
    } else if (starts_with_ignoring_case(name, any_value_prefix)) {
        set_ = Set::any_value;
        name.remove_prefix(any_value_prefix.size());
    }
    const std::size_t base = name.size() - std::min(name.size(), if_exists_suffix.size());
    if_exists_ = equal_ignoring_case(name.substr(base), if_exists_suffix);
    if (if_exists_) name = name.substr(0, base);
    const auto found = find_operator(name);
    const bool is_plain_null = set_ == Set::none && !if_exists_;
    if (!found || (found->match == Match::absence && !is_plain_null))
        return malformed(fmt::format("Invalid Condition type : {}", whole));
    operator_ = *found;
    return {};
}

bool Condition::is_operator(std::string_view name) {
    return Condition().parse_operator(name).has_value();
}

Result<Condition> Condition::parse(const Source& source) {
    Condition condition;
    ONPUT_TRY_VOID(condition.parse_operator(source.operation));
    auto key = source.takes_any_service     ? ConditionKey::parse_of_any_service(source.key)
               : source.takes_resource_tags ? ConditionKey::parse_of_resource(source.key)
                                            : ConditionKey::parse(source.key);
    if (!key) return malformed("Policy has an invalid condition key", source.key);
    condition.key_ = *std::move(key);
    ONPUT_TRY(const auto texts, texts_of(source.values));
    for (const std::string& text : texts)
        ONPUT_TRY_VOID(condition.add_value(text, source.variables));
    return condition;
}

Result<void> Condition::add_value(std::string_view text, Variables variables) {
    const bool has_variables = operator_.match == Match::string ||
                               operator_.match == Match::string_ignoring_case ||
                               operator_.match == Match::like || operator_.match == Match::arn;
    Wanted wanted;
    ONPUT_TRY(wanted.text, PolicyText::parse(text, has_variables ? variables : Variables::none));
    std::optional<double> number = 0;
    switch (operator_.match) {
        case Match::numeric: number = parse_number<double>(text); break;
        case Match::date: number = parse_date(text); break;
        case Match::address:
            wanted.network = Network::parse(text);
            if (!wanted.network) return invalid_value(operator_.name, text);
            break;
        case Match::boolean:
        case Match::absence:
            if (!equal_ignoring_case(text, "true") && !equal_ignoring_case(text, "false"))
                return invalid_value(operator_.name, text);
            break;
        case Match::string:
        case Match::string_ignoring_case:
        case Match::like:
        case Match::arn: break;
    }
    if (!number) return invalid_value(operator_.name, text);
    wanted.number = *number;
    wanted_.push_back(std::move(wanted));
    return {};
}

bool Condition::holds(const RequestValues& values) const {
    const auto* found = values.find(key_.name());
    if (operator_.match == Match::absence) {
        const bool is_absent = found == nullptr || found->empty();
        return std::ranges::any_of(wanted_, [is_absent](const Wanted& wanted) {
            return equal_ignoring_case(wanted.text.written(), is_absent ? "true" : "false");
        });
    }
    const auto accepts_one = [&](const std::string& value) { return accepts(value, values); };
    const bool is_there = found != nullptr && !found->empty();
    if (!is_there) {
        if (if_exists_ || set_ == Set::all_values) return true;
        return operator_.is_negated && set_ != Set::any_value;
    }
    // Of a negated one, none may match.
    const bool wants_all = set_ == Set::all_values || (set_ == Set::none && operator_.is_negated);
    return wants_all ? std::ranges::all_of(*found, accepts_one)
                     : std::ranges::any_of(*found, accepts_one);
}

bool Condition::accepts(std::string_view value, const RequestValues& values) const {
    const bool matches_any = std::ranges::any_of(
        wanted_, [&](const Wanted& wanted) { return matches(wanted, value, values); });
    return matches_any != operator_.is_negated;
}

bool Condition::matches(const Wanted& wanted, std::string_view value,
                        const RequestValues& values) const {
    switch (operator_.match) {
        case Match::numeric: {
            const auto number = parse_number<double>(value);
            return number && compares(*number, wanted.number);
        }
        case Match::date: {
            const auto seconds = parse_date(value);
            return seconds && compares(*seconds, wanted.number);
        }
        case Match::boolean: return equal_ignoring_case(wanted.text.written(), value);
        case Match::address: return wanted.network->contains(value);
        case Match::absence: return false;
        case Match::string:
        case Match::string_ignoring_case:
        case Match::like:
        case Match::arn: break;
    }
    return matches_text(wanted, value, values);
}

bool Condition::matches_text(const Wanted& wanted, std::string_view value,
                             const RequestValues& values) const {
    const bool is_pattern = operator_.match == Match::like || operator_.match == Match::arn;
    const auto text = is_pattern ? wanted.text.pattern(values) : wanted.text.plain(values);
    if (!text) return false;
    switch (operator_.match) {
        case Match::string_ignoring_case: return equal_ignoring_case(*text, value);
        case Match::like: return matches_wildcard(*text, value, values.work());
        case Match::arn: return matches_arn(*text, value, values.work());
        default: return *text == value;
    }
}

bool Condition::compares(double value, double wanted) const {
    switch (operator_.order) {
        case Order::equal: return value == wanted;
        case Order::less: return value < wanted;
        case Order::less_or_equal: return value <= wanted;
        case Order::greater: return value > wanted;
        case Order::greater_or_equal: return value >= wanted;
    }
    return false;
}

bool Condition::is_fixed() const {
    // What also holds without the key, or for all values but some, names nobody.
    if (if_exists_ || set_ == Set::all_values || operator_.is_negated) return false;
    if (operator_.match == Match::address) {
        return std::ranges::none_of(
            wanted_, [](const Wanted& wanted) { return wanted.network->is_for_anyone(); });
    }
    const bool is_pattern = operator_.match == Match::like || operator_.match == Match::arn;
    const bool is_text = is_pattern || operator_.match == Match::string ||
                         operator_.match == Match::string_ignoring_case;
    return is_text && std::ranges::none_of(wanted_, [is_pattern](const Wanted& wanted) {
               return wanted.text.has_variables() || (is_pattern && wanted.text.has_wildcards());
           });
}

}  // namespace onput::auth
