// IamPolicy::Parser: a policy of IAM's from its document. iam_policy_parser.cpp alone uses it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/auth/iam_policy.hpp"
#include "common/json/value.hpp"

namespace onput::auth {

class IamPolicy::Parser {
public:
    explicit Parser(Use use) : use_(use) {}

    Result<IamPolicy> parse(const json::Value& document);

private:
    Result<Statement> parse_statement(const json::Value& value);
    Result<void> parse_sid(const json::Value& value, Statement& statement);
    Result<void> parse_actions(const json::Value& value, Statement& statement) const;
    Result<void> parse_resources(const json::Value& value, Statement& statement) const;
    Result<void> parse_conditions(const json::Value& value, Statement& statement) const;
    static Result<void> parse_principals(const json::Value& value, Statement& statement);
    static Result<void> add_principal(std::string_view kind, const std::string& text,
                                      Statement& statement);

    Use use_;
    Variables variables_ = Variables::none;
    std::set<std::string, std::less<>> sids_;
    std::size_t count_ = 0;  // Of statements so far.
};

}  // namespace onput::auth
