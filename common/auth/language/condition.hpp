// Condition: one operator of a statement's Condition, on one key.
//
//     {"ForAnyValue:StringNotLikeIfExists": {"s3:RequestObjectTagKeys": ["a*", "b"]}}
//
// Immutable; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/auth/language/condition_key.hpp"
#include "common/auth/language/network.hpp"
#include "common/auth/language/policy_text.hpp"
#include "common/auth/language/request_values.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/value.hpp"

namespace onput::auth {

class Condition {
public:
    struct Source {
        std::string_view operation;  // "StringLike"
        std::string_view key;
        const json::Value& values;
        Variables variables = Variables::expanded;
        bool takes_any_service = false;  // Keys of services that are not here too.
        bool takes_resource_tags = false;
    };
    // malformed_policy: an operator or key that is not known, or a value that the operator cannot
    // compare.
    static Result<Condition> parse(const Source& source);

    // Whether there is such an operator: "ForAnyValue:StringLikeIfExists".
    static bool is_operator(std::string_view name);

    [[nodiscard]] bool holds(const RequestValues& values) const;

    [[nodiscard]] const ConditionKey& key() const { return key_; }
    // Whether it holds for values only that are named here, and are few: S3's test of what is
    // public.
    [[nodiscard]] bool is_fixed() const;

private:
    enum class Match : std::uint8_t {
        string,
        string_ignoring_case,
        like,
        arn,
        numeric,
        date,
        boolean,
        address,
        absence,  // "Null"
    };
    enum class Order : std::uint8_t { equal, less, less_or_equal, greater, greater_or_equal };
    enum class Set : std::uint8_t { none, all_values, any_value };
    struct Operator {
        std::string_view name;
        Match match = Match::string;
        bool is_negated = false;
        Order order = Order::equal;
    };
    struct Wanted {
        PolicyText text;
        double number = 0;  // Of a number, or a date's seconds since the epoch.
        std::optional<Network> network;
    };
    static std::optional<Operator> find_operator(std::string_view name);
    Result<void> parse_operator(std::string_view name);
    Result<void> add_value(std::string_view text, Variables variables);
    [[nodiscard]] bool accepts(std::string_view value, const RequestValues& values) const;
    [[nodiscard]] bool matches(const Wanted& wanted, std::string_view value,
                               const RequestValues& values) const;
    [[nodiscard]] bool matches_text(const Wanted& wanted, std::string_view value,
                                    const RequestValues& values) const;
    [[nodiscard]] bool compares(double value, double wanted) const;

    Operator operator_;
    Set set_ = Set::none;
    bool if_exists_ = false;
    ConditionKey key_;
    std::vector<Wanted> wanted_;
};

}  // namespace onput::auth
