// BucketPolicy::Parser: a bucket's policy from its document. bucket_policy_parser.cpp alone uses
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/auth/s3/bucket_policy.hpp"
#include "common/json/value.hpp"

namespace onput::auth {

class BucketPolicy::Parser {
public:
    explicit Parser(std::string_view bucket) : bucket_(bucket) {}

    Result<BucketPolicy> parse(const json::Value& document);

private:
    Result<Statement> parse_statement(const json::Value& value);
    static Result<void> parse_principals(const json::Value& value, Principals& principals);
    static Result<void> add_aws_principal(const std::string& text, Principals& principals);
    static Result<S3ActionSet> parse_actions(const json::Value& value,
                                             std::vector<S3ActionSet>& each);
    Result<void> parse_resources(const json::Value& value, Statement& statement) const;
    Result<void> parse_conditions(const json::Value& value, Statement& statement) const;
    [[nodiscard]] bool may_name(std::string_view resource, S3Target target) const;
    Result<void> check_fit(const Statement& statement, const std::vector<S3ActionSet>& each) const;

    std::string_view bucket_;
    Variables variables_ = Variables::none;
    std::size_t count_ = 0;  // Of statements so far.
};

}  // namespace onput::auth
