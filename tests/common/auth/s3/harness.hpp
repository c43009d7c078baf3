// Bucket policies and requests in short: a policy's quotes are single ones, and a request is a line
//
//     WHO ACTION KEY [NAME=VALUE ...]          1/ada GetObject in/a aws:sourceip=10.0.0.1
//
// WHO: "-" unsigned, "1" account 111111111111, "1/ada" its user, or a service's name. KEY: "." for
// the bucket itself. A value with '|' is several.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/auth/language/principal_values.hpp"
#include "common/auth/s3/bucket_policy.hpp"

namespace onput::auth {

inline std::string with_quotes(std::string text) {
    for (char& c : text) {
        if (c == '\'') c = '"';
    }
    return text;
}

// A statement that allows anyone anything, with what a test is about in its place.
struct Rule {
    std::string effect = "'Effect':'Allow'";
    std::string who = "'Principal':'*'";
    std::string action = "'Action':'s3:*'";
    std::string resource = "'Resource':['arn:aws:s3:::b','arn:aws:s3:::b/*']";
    std::string condition = "{}";
    std::string version = "2012-10-17";

    [[nodiscard]] std::string statement() const {
        return fmt::format("{{{},{},{},{},'Condition':{}}}", effect, who, action, resource,
                           condition);
    }
    [[nodiscard]] std::string text() const {
        return with_quotes(
            fmt::format("{{'Version':'{}','Statement':[{}]}}", version, statement()));
    }
};

inline std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
    return parts;
}

inline PolicyPrincipal principal_of(const std::string& who) {
    if (who == "-") return {};
    if (who.contains('.')) return {.service = who};
    const auto slash = who.find('/');
    return {.account_id = std::string(12, who.front()),
            .user = slash == std::string::npos ? "" : who.substr(slash + 1)};
}

// "allow", "deny" or "none"; with what is wrong when the policy is none.
inline std::string decide(const std::string& policy_text, const std::string& line) {
    const auto policy = BucketPolicy::parse(policy_text, "b");
    if (!policy) return policy.error().message;
    const auto words = split(line, ' ');
    const auto action = find_s3_action(words.at(1));
    if (!action) return "no such action";
    const PolicyPrincipal principal = principal_of(words.at(0));
    RequestValues values;
    add_principal(principal, values);
    for (std::size_t i = 3; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        values.set_all(words[i].substr(0, equals), split(words[i].substr(equals + 1), '|'));
    }
    const std::string resource =
        words.at(2) == "." ? bucket_arn("b") : object_arn({.bucket = "b", .key = words[2]});
    const auto decision = policy->evaluate(
        {.principal = principal, .action = *action, .resource = resource, .values = values});
    switch (decision.effect) {
        case PolicyEffect::allow: return "allow";
        case PolicyEffect::deny: return "deny";
        case PolicyEffect::no_match: break;
    }
    return "none";
}

struct Case {
    Rule rule;
    std::string request;
    std::string expected;
};

inline void expect_all(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        EXPECT_EQ(decide(one.rule.text(), one.request), one.expected)
            << one.rule.statement() << "\n  " << one.request;
    }
}

}  // namespace onput::auth
