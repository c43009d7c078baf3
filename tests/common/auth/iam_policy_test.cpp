#include "common/auth/iam_policy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/auth/decision.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/auth/managed_policies.hpp"

namespace onput::auth {
namespace {

std::string with_quotes(std::string text) {
    for (char& c : text) {
        if (c == '\'') c = '"';
    }
    return text;
}

std::string document(const std::string& statements) {
    return with_quotes("{'Version':'2012-10-17','Statement':[" + statements + "]}");
}

// A statement that allows everything, with what a test is about in its place.
struct Rule {
    std::string effect = "Allow";
    std::string action = "'Action':'*'";
    std::string resource = "'Resource':'*'";
    std::string condition = "{}";

    [[nodiscard]] std::string text() const {
        return fmt::format("{{'Effect':'{}',{},{},'Condition':{}}}", effect, action, resource,
                           condition);
    }
};

RequestValues values_of_ada() {
    RequestValues values;
    add_principal({.account_id = "111111111111", .user = "ada", .tags = {{"team", "red"}}}, values);
    values.set("aws:sourceip", "10.1.2.3");
    return values;
}

std::string said(const std::string& text, std::string_view action, std::string_view resource) {
    const auto policy = IamPolicy::parse(text);
    if (!policy) return policy.error().message;
    const RequestValues values = values_of_ada();
    switch (policy->evaluate({.action = action, .resource = resource, .values = values}).effect) {
        case PolicyEffect::allow: return "allow";
        case PolicyEffect::deny: return "deny";
        case PolicyEffect::no_match: break;
    }
    return "none";
}

std::string said(const Rule& rule, std::string_view action, std::string_view resource) {
    return said(document(rule.text()), action, resource);
}

constexpr std::string_view photo = "arn:aws:s3:::photos/ada/a.jpg";
constexpr std::string_view queue = "arn:aws:sqs:us-east-1:111111111111:jobs";

TEST(IamPolicyDecides, actions_fit_in_any_case_and_with_wildcards) {
    EXPECT_EQ(said(Rule{.action = "'Action':'s3:GetObject'"}, "s3:getobject", photo), "allow");
    EXPECT_EQ(said(Rule{.action = "'Action':['sqs:*','S3:get*']"}, "s3:GetObject", photo), "allow");
    EXPECT_EQ(said(Rule{.action = "'Action':'s3:Get?bject'"}, "s3:GetObject", photo), "allow");
    EXPECT_EQ(said(Rule{.action = "'Action':'s3:Put*'"}, "s3:GetObject", photo), "none");
    EXPECT_EQ(said(Rule{.action = "'NotAction':'iam:*'"}, "sqs:SendMessage", queue), "allow");
    EXPECT_EQ(said(Rule{.action = "'NotAction':'iam:*'"}, "iam:CreateUser", "*"), "none");
}

TEST(IamPolicyDecides, resources_fit_part_by_part) {
    const auto at = [](const std::string& arn) {
        return Rule{.resource = "'Resource':'" + arn + "'"};
    };
    EXPECT_EQ(said(at("arn:aws:sqs:*:111111111111:jobs"), "sqs:SendMessage", queue), "allow");
    EXPECT_EQ(said(at("arn:aws:sqs:*:jobs:x"), "sqs:SendMessage", queue), "none");
    EXPECT_EQ(said(at("arn:aws:s3:::photos*"), "s3:GetObject", photo), "allow");
    EXPECT_EQ(said(at("arn:aws:s3:::photo/*"), "s3:GetObject", photo), "none");
    EXPECT_EQ(
        said(Rule{.resource = "'NotResource':'arn:aws:s3:::photos/*'"}, "s3:GetObject", photo),
        "none");
    EXPECT_EQ(said(Rule{.resource = "'NotResource':'arn:aws:s3:::other/*'"}, "s3:GetObject", photo),
              "allow");
    // What has no resource fits everything only.
    EXPECT_EQ(said(at("arn:aws:sqs:us-east-1:111111111111:*"), "sqs:ListQueues", "*"), "none");
    EXPECT_EQ(said(Rule{}, "sqs:ListQueues", "*"), "allow");
}

TEST(IamPolicyDecides, variables_are_of_who_asks_and_literal) {
    const Rule own{.resource = "'Resource':'arn:aws:s3:::photos/${aws:username}/*'"};
    EXPECT_EQ(said(own, "s3:GetObject", photo), "allow");
    EXPECT_EQ(said(own, "s3:GetObject", "arn:aws:s3:::photos/bob/a.jpg"), "none");
    const Rule team{.resource = "'Resource':'arn:aws:s3:::${aws:PrincipalTag/team}/*'"};
    EXPECT_EQ(said(team, "s3:GetObject", "arn:aws:s3:::red/a"), "allow");
    const Rule absent{.resource = "'Resource':'arn:aws:s3:::${aws:PrincipalTag/none}*'"};
    EXPECT_EQ(said(absent, "s3:GetObject", photo), "none");
}

TEST(IamPolicyDecides, a_denial_wins_wherever_it_stands) {
    const std::string allows = Rule{}.text();
    const std::string denies = Rule{.effect = "Deny", .action = "'Action':'s3:*'"}.text();
    EXPECT_EQ(said(document(allows + "," + denies), "s3:GetObject", photo), "deny");
    EXPECT_EQ(said(document(denies + "," + allows), "s3:GetObject", photo), "deny");
    EXPECT_EQ(said(document(denies + "," + allows), "sqs:SendMessage", queue), "allow");
}

TEST(IamPolicyDecides, conditions_of_services_that_are_not_here_are_never_met) {
    const Rule foreign{.condition = "{'StringEquals':{'ec2:Region':'x'}}"};
    EXPECT_EQ(said(foreign, "s3:GetObject", photo), "none");
    const Rule without{.condition = "{'StringNotEquals':{'dynamodb:Attributes':'x'}}"};
    EXPECT_EQ(said(without, "s3:GetObject", photo), "allow");
}

TEST(IamPolicyRefusal, says_what_is_wrong_in_iams_words) {
    const auto refusal = [](const std::string& text) {
        return said(with_quotes(text), "a:b", "*");
    };
    EXPECT_EQ(refusal("{"), "This policy contains invalid Json");
    EXPECT_EQ(refusal("[]"), "Syntax errors in policy.");
    EXPECT_EQ(refusal("{'Statement':[]}"), "Syntax errors in policy.");
    EXPECT_EQ(refusal("{'Statement':[],'Id':'x'}"), "Has prohibited field Id");
    EXPECT_EQ(refusal("{'Statement':[],'Extra':1}"), "Unknown field Extra");
    EXPECT_EQ(refusal("{'Statement':{'Effect':'Allow','Resource':'*'}}"),
              "Policy statement must contain actions.");
    EXPECT_EQ(refusal("{'Statement':{'Effect':'Allow','Action':'*'}}"),
              "Policy statement must contain resources.");
    EXPECT_EQ(refusal("{'Statement':{'Effect':'allow','Action':'*','Resource':'*'}}"),
              "Syntax errors in policy.");
    EXPECT_EQ(
        refusal("{'Statement':{'Effect':'Allow','Action':'*','Resource':'*','Principal':'*'}}"),
        "Policy document should not specify a principal.");
    EXPECT_EQ(refusal("{'Statement':{'Effect':'Allow','Action':'Get','Resource':'*'}}"),
              "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    EXPECT_EQ(refusal("{'Statement':{'Effect':'Allow','Action':'*','Resource':'b'}}"),
              "Resource b must be in ARN format or \"*\".");
    EXPECT_EQ(
        refusal("{'Statement':{'Effect':'Allow','Effect':'Deny','Action':'*','Resource':'*'}}"),
        "Syntax errors in policy.");
}

TEST(IamPolicyRefusal, of_keys_that_no_request_tells) {
    for (const char* key : {"s3:TlsVersion", "aws:ResourceTag/x", "sqs:Anything", "lambda:Layer"}) {
        const Rule rule{.effect = "Deny",
                        .condition = fmt::format("{{'StringEquals':{{'{}':'x'}}}}", key)};
        EXPECT_EQ(said(rule, "s3:GetObject", photo), "Policy has an invalid condition key") << key;
    }
}

TEST(IamPolicyRefusal, of_statements_with_one_name) {
    const std::string named = "{'Sid':'a','Effect':'Allow','Action':'*','Resource':'*'}";
    EXPECT_EQ(said(document(named + "," + named), "s3:GetObject", photo),
              "Statement IDs (SID) in a single policy must be unique.");
    EXPECT_EQ(
        said(document("{'Sid':'a b','Effect':'Allow','Action':'*','Resource':'*'}"), "a:b", "*"),
        "Statement IDs (SID) must be alpha-numeric.");
}

// --- Trust ------------------------------------------------------------------------------------

std::string trusted(const std::string& principal, const PolicyPrincipal& who) {
    const auto trust = IamPolicy::parse(
        document("{'Effect':'Allow','Action':'sts:AssumeRole','Principal':" + principal + "}"),
        IamPolicy::Use::trust);
    if (!trust) return trust.error().message;
    const RequestValues values;
    const auto decision = trust->evaluate({.action = "sts:AssumeRole",
                                           .resource = "arn:aws:iam::111111111111:role/r",
                                           .values = values,
                                           .principal = &who});
    if (decision.effect != PolicyEffect::allow) return "none";
    return decision.is_delegated ? "left to the account" : "allow";
}

TEST(IamTrust, names_services_accounts_users_and_sessions) {
    const PolicyPrincipal lambda{.service = "lambda.amazonaws.com"};
    const PolicyPrincipal ada{.account_id = "111111111111", .user = "ada"};
    const PolicyPrincipal session{.account_id = "111111111111", .role = "first", .session = "x"};
    EXPECT_EQ(trusted("{'Service':'lambda.amazonaws.com'}", lambda), "allow");
    EXPECT_EQ(trusted("{'Service':'events.amazonaws.com'}", lambda), "none");
    EXPECT_EQ(trusted("{'AWS':'*'}", lambda), "none");
    EXPECT_EQ(trusted("{'AWS':'111111111111'}", ada), "left to the account");
    EXPECT_EQ(trusted("{'AWS':'*'}", ada), "left to the account");
    EXPECT_EQ(trusted("{'AWS':'arn:aws:iam::111111111111:user/ada'}", ada), "allow");
    EXPECT_EQ(trusted("{'AWS':['111111111111','arn:aws:iam::111111111111:user/ada']}", ada),
              "allow");
    EXPECT_EQ(trusted("{'AWS':'arn:aws:iam::111111111111:user/Ada'}", ada), "none");
    EXPECT_EQ(trusted("{'AWS':'arn:aws:iam::111111111111:role/first'}", session), "allow");
    EXPECT_EQ(trusted("{'AWS':'222222222222'}", session), "none");
}

TEST(IamTrust, is_refused_when_it_cannot_be_meant) {
    EXPECT_EQ(trusted("'*'", {}), R"(Invalid principal in policy: "STAR":"*")");
    EXPECT_EQ(trusted("{'Federated':'accounts.google.com'}", {}),
              R"(Invalid principal in policy: "Federated":"accounts.google.com")");
    const auto refusal = [](const std::string& statement) {
        const auto trust = IamPolicy::parse(document(statement), IamPolicy::Use::trust);
        return trust ? "none" : trust.error().message;
    };
    EXPECT_EQ(refusal("{'Effect':'Allow','Action':'s3:*','Principal':{'AWS':'*'}}"),
              "AssumeRole policy may only specify STS AssumeRole actions.");
    EXPECT_EQ(refusal("{'Effect':'Allow','Action':'sts:AssumeRole'}"),
              "Missing required field Principal");
    EXPECT_EQ(refusal("{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{'AWS':'*'},"
                      "'Resource':'*'}"),
              "Has prohibited field Resource");
}

// --- Together ---------------------------------------------------------------------------------

// Whoever begins a session writes its policy, and sends what it is compared with.
TEST(IamPolicy, that_takes_too_much_work_denies) {
    std::string values = "'*?b'";
    for (int i = 0; i < 200; ++i) values += ",'*?b*'";
    const auto rule = [](const std::string& patterns) {
        return Rule{.condition = "{'StringNotLike':{'aws:UserAgent':[" + patterns + "]}}"};
    };
    const auto effect_of = [](const std::string& text, std::size_t size) {
        RequestValues asked = values_of_ada();
        asked.set("aws:useragent", std::string(size, 'a'));
        return IamPolicy::parse(text)
            ->evaluate({.action = "s3:GetObject", .resource = photo, .values = asked})
            .effect;
    };
    EXPECT_EQ(effect_of(document(rule(values).text()), 1'000), PolicyEffect::allow);
    EXPECT_EQ(effect_of(document(rule(values).text()), 8'000), PolicyEffect::deny);
    // What a variable brings again and again counts too.
    std::string repeated = "'";
    for (int i = 0; i < 100; ++i) repeated += "${aws:useragent}";
    EXPECT_EQ(effect_of(document(rule(repeated + "'").text()), 1'000), PolicyEffect::allow);
    EXPECT_EQ(effect_of(document(rule(repeated + "'").text()), 8'000), PolicyEffect::deny);
}

TEST(Decision, is_what_aws_documents) {
    using enum PolicyEffect;
    const auto decided = [](PolicyEffect resource, bool is_delegated, PolicyEffect identity,
                            bool is_own) {
        return decide({.by_resource = {.effect = resource, .is_delegated = is_delegated},
                       .by_identity = identity,
                       .is_own_account = is_own});
    };
    for (const bool own : {false, true}) {
        EXPECT_EQ(decided(deny, false, allow, own), deny);
        EXPECT_EQ(decided(allow, false, deny, own), deny);
        EXPECT_EQ(decided(allow, false, allow, own), allow);
        EXPECT_EQ(decided(no_match, false, no_match, own), no_match);
        EXPECT_EQ(decided(allow, true, no_match, own), no_match);
    }
    EXPECT_EQ(decided(allow, false, no_match, true), allow);
    EXPECT_EQ(decided(allow, false, no_match, false), no_match);
    EXPECT_EQ(decided(no_match, false, allow, true), allow);
    EXPECT_EQ(decided(no_match, false, allow, false), no_match);
}

TEST(ManagedPolicies, are_policies_and_found_by_name) {
    for (const ManagedPolicy& policy : managed_policies()) {
        EXPECT_TRUE(IamPolicy::parse(policy.document)) << policy.name;
        EXPECT_EQ(find_managed_policy(policy.name), &policy);
        EXPECT_EQ(managed_policy_id(policy).size(), 21U);
    }
    EXPECT_EQ(find_managed_policy("NoSuchAccess"), nullptr);
    EXPECT_EQ(managed_policy_arn(*find_managed_policy("AWSLambdaBasicExecutionRole")),
              "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
}

TEST(PolicyLength, leaves_white_space_out) {
    EXPECT_EQ(policy_length(" { \"a\" :\n\t1 }\r\n"), 7U);
}

}  // namespace
}  // namespace onput::auth
