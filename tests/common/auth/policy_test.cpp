#include "common/auth/policy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/auth/language/principal_values.hpp"

namespace onput::auth {
namespace {

const std::string queue = "arn:aws:sqs:us-east-1:000000000000:uploads";

struct Source {
    std::string arn = "arn:aws:s3:::photos";  // Empty: none.
    std::string account = "000000000000";
};
PolicyRequest from_bucket(const Source& source = {}) {
    PolicyRequest request{.principal = {.service = "s3.amazonaws.com"},
                          .action = "sqs:SendMessage",
                          .resource = queue};
    add_principal(request.principal, request.values);
    if (!source.arn.empty()) request.values.set("aws:sourcearn", source.arn);
    request.values.set("aws:sourceaccount", source.account);
    return request;
}

PolicyRequest from_account(const std::string& account) {
    return {.principal = {.account_id = account}, .action = "sqs:SendMessage", .resource = queue};
}

PolicyRequest from_user_of_policies(const std::string& user) {
    PolicyRequest request = from_account("123456789012");
    request.principal.user = user;
    return request;
}

// A statement of defaults, with the elements the test is about put in their place.
struct Rule {
    std::string effect = "Allow";
    std::string principal = R"({"Service": "s3.amazonaws.com"})";
    std::string action = R"("sqs:SendMessage")";
    std::string resource = R"("arn:aws:sqs:us-east-1:000000000000:uploads")";
    std::string condition = "{}";

    [[nodiscard]] std::string text() const {
        return R"({"Effect": ")" + effect + R"(", "Principal": )" + principal + R"(, "Action": )" +
               action + R"(, "Resource": )" + resource + R"(, "Condition": )" + condition + "}";
    }
};

std::string document(const std::string& statements) {
    return R"({"Version": "2012-10-17", "Statement": )" + statements + "}";
}

PolicyEffect effect_of(const Rule& rule, const PolicyRequest& request) {
    const auto policy = Policy::parse(document(rule.text()));
    EXPECT_TRUE(policy) << policy.error().message;
    const PolicyEffect effect = policy->evaluate(request).effect;
    // What was taken once opens and means the same after a restart.
    const auto kept = Policy::parse(document(rule.text()), PolicySource::store);
    EXPECT_TRUE(kept && kept->evaluate(request).effect == effect) << rule.text();
    return effect;
}

std::string refusal_of(const std::string& text) {
    const auto policy = Policy::parse(text);
    if (policy) return "none";
    EXPECT_EQ(policy.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(policy.error().reason, "malformed_policy");
    return policy.error().message;
}

TEST(PolicyDecides, the_documented_bucket_to_queue_policy_allows_that_bucket) {
    const auto policy = Policy::parse(R"({
        "Version": "2012-10-17", "Id": "example-ID",
        "Statement": [{
            "Sid": "from-bucket", "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": ["SQS:SendMessage"],
            "Resource": "arn:aws:sqs:us-east-1:000000000000:uploads",
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:photos"},
                          "StringEquals": {"aws:SourceAccount": "000000000000"}}}]})");
    ASSERT_TRUE(policy) << policy.error().message;
    const PolicyDecision decision = policy->evaluate(from_bucket());
    EXPECT_EQ(decision.effect, PolicyEffect::allow);
    EXPECT_EQ(decision.statement, "from-bucket");
    const PolicyRequest other_bucket = from_bucket({.arn = "arn:aws:s3:::other"});
    EXPECT_EQ(policy->evaluate(other_bucket).effect, PolicyEffect::no_match);
    const PolicyRequest other_account = from_bucket({.account = "111111111111"});
    EXPECT_EQ(policy->evaluate(other_account).effect, PolicyEffect::no_match);
}

TEST(PolicyDecides, a_function_url_is_known_by_how_it_asks_who_comes) {
    const auto policy = Policy::parse(document(
        R"({"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl",
            "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}})"));
    ASSERT_TRUE(policy) << policy.error().message;
    PolicyRequest request;
    request.action = "lambda:InvokeFunctionUrl";
    request.resource = "arn:aws:lambda:us-east-1:000000000000:function:f";
    EXPECT_EQ(policy->evaluate(request).effect, PolicyEffect::no_match);
    for (const auto& [type, effect] :
         {std::pair("AWS_IAM", PolicyEffect::no_match), std::pair("NONE", PolicyEffect::allow)}) {
        request.values = {};
        request.values.set("lambda:functionurlauthtype", type);
        EXPECT_EQ(policy->evaluate(request).effect, effect) << type;
    }
}

TEST(PolicyDecides, no_statement_about_a_request_is_no_match) {
    PolicyRequest request = from_bucket();
    request.action = "sqs:DeleteMessage";
    EXPECT_EQ(effect_of({}, request), PolicyEffect::no_match);
}

TEST(PolicyDecides, a_denial_wins_over_an_allowance_in_either_order) {
    const std::string allow = Rule{}.text();
    const std::string deny = Rule{.effect = "Deny", .principal = R"("*")"}.text();
    for (const std::string& statements :
         {"[" + allow + "," + deny + "]", "[" + deny + "," + allow + "]"}) {
        const auto policy = Policy::parse(document(statements));
        ASSERT_TRUE(policy);
        EXPECT_EQ(policy->evaluate(from_bucket()).effect, PolicyEffect::deny);
    }
}

TEST(PolicyDecides, a_statement_without_sid_is_named_by_its_number) {
    const Rule other{.principal = R"({"Service": "sns.amazonaws.com"})"};
    const auto policy = Policy::parse(document("[" + other.text() + "," + Rule{}.text() + "]"));
    EXPECT_EQ(policy.value().evaluate(from_bucket()).statement, "#2");
}

TEST(PolicyPrincipals, everyone_includes_services_and_anonymous_callers) {
    for (const char* everyone : {R"("*")", R"({"AWS": "*"})", R"({"AWS": ["*"]})"}) {
        const Rule rule{.principal = everyone};
        EXPECT_EQ(effect_of(rule, from_bucket()), PolicyEffect::allow);
        EXPECT_EQ(effect_of(rule, from_account("123456789012")), PolicyEffect::allow);
        EXPECT_EQ(effect_of(rule, from_account("")), PolicyEffect::allow);
    }
}

TEST(PolicyPrincipals, a_service_is_matched_exactly) {
    EXPECT_EQ(effect_of({.principal = R"({"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]})"},
                        from_bucket()),
              PolicyEffect::allow);
    EXPECT_EQ(effect_of({.principal = R"({"Service": "sns.amazonaws.com"})"}, from_bucket()),
              PolicyEffect::no_match);
}

TEST(PolicyPrincipals, an_account_stands_for_everyone_in_it) {
    for (const char* account :
         {R"({"AWS": "123456789012"})", R"({"AWS": "arn:aws:iam::123456789012:root"})"}) {
        const Rule rule{.principal = account};
        EXPECT_EQ(effect_of(rule, from_account("123456789012")), PolicyEffect::allow);
        EXPECT_EQ(effect_of(rule, from_account("999999999999")), PolicyEffect::no_match);
        EXPECT_EQ(effect_of(rule, from_account("")), PolicyEffect::no_match);
        EXPECT_EQ(effect_of(rule, from_bucket()), PolicyEffect::no_match);
    }
}

TEST(PolicyPrincipals, a_user_is_that_user_of_that_account_and_nobody_else) {
    const auto from_user = [](const std::string& account, const std::string& user) {
        PolicyRequest request = from_account(account);
        request.principal.user = user;
        return request;
    };
    for (const auto& [effect, expected] :
         {std::pair("Allow", PolicyEffect::allow), std::pair("Deny", PolicyEffect::deny)}) {
        const Rule rule{.effect = effect,
                        .principal = R"({"AWS": "arn:aws:iam::123456789012:user/ann"})"};
        EXPECT_EQ(effect_of(rule, from_user("123456789012", "ann")), expected);
        for (const auto& [account, user] :
             {std::pair("123456789012", "Ann"), std::pair("123456789012", ""),
              std::pair("999999999999", "ann"), std::pair("", "ann")})
            EXPECT_EQ(effect_of(rule, from_user(account, user)), PolicyEffect::no_match) << user;
        EXPECT_EQ(effect_of(rule, from_bucket()), PolicyEffect::no_match);
        // An account's name is its users' as well.
        for (const auto* account :
             {R"({"AWS": "123456789012"})", R"({"AWS": "arn:aws:iam::123456789012:root"})"}) {
            const Rule of_all{.effect = effect, .principal = account};
            EXPECT_EQ(effect_of(of_all, from_user("123456789012", "ann")), expected);
        }
    }
}

TEST(PolicyPrincipals, users_and_roles_that_it_names_are_told) {
    const auto named = [](const std::string& principal) {
        std::vector<std::string> texts;
        const auto all =
            identities_named_in(document(Rule{.effect = "Deny", .principal = principal}.text()));
        for (const auto& one : all) texts.push_back(one.text());
        return texts;
    };
    using Texts = std::vector<std::string>;
    EXPECT_EQ(named(R"({"AWS": ["*", "arn:aws:iam::123456789012:user/team/ann"]})"),
              Texts{"arn:aws:iam::123456789012:user/team/ann"});
    EXPECT_EQ(named(R"({"AWS": "arn:aws:iam::123456789012:role/reader"})"),
              Texts{"arn:aws:iam::123456789012:role/reader"});
    EXPECT_EQ(named(R"({"AWS": "arn:aws:sts::123456789012:assumed-role/reader/x"})"),
              Texts{"arn:aws:sts::123456789012:assumed-role/reader/x"});
    EXPECT_EQ(named(R"({"AWS": "111111111111", "Service": "s3.amazonaws.com"})"), Texts{});
    EXPECT_TRUE(identities_named_in("no policy").empty());
}

TEST(PolicyPrincipals, a_role_is_all_its_sessions_and_a_session_itself_alone) {
    PolicyRequest request = from_user_of_policies("");
    request.principal.role = "reader";
    request.principal.session = "x";
    const Rule of_role{.principal = R"({"AWS": "arn:aws:iam::123456789012:role/reader"})"};
    const Rule of_session{.principal =
                              R"({"AWS": "arn:aws:sts::123456789012:assumed-role/reader/x"})"};
    EXPECT_EQ(effect_of(of_role, request), PolicyEffect::allow);
    EXPECT_EQ(effect_of(of_session, request), PolicyEffect::allow);
    request.principal.session = "y";
    EXPECT_EQ(effect_of(of_role, request), PolicyEffect::allow);
    EXPECT_EQ(effect_of(of_session, request), PolicyEffect::no_match);
    request.principal.path = "/other/";
    EXPECT_EQ(effect_of(of_role, request), PolicyEffect::no_match);
}

TEST(PolicyPrincipals, an_account_alone_leaves_it_to_the_account) {
    const auto decided = [](const std::string& principal) {
        const auto policy = Policy::parse(document(Rule{.principal = principal}.text()));
        return policy->evaluate(from_user_of_policies("ann"));
    };
    EXPECT_TRUE(decided(R"({"AWS": "123456789012"})").is_delegated);
    EXPECT_FALSE(decided(R"({"AWS": "arn:aws:iam::123456789012:user/ann"})").is_delegated);
    EXPECT_FALSE(decided(R"("*")").is_delegated);
}

TEST(PolicyPrincipals, one_that_can_never_match_is_refused_for_denials_too) {
    for (const char* principal :
         {R"({"AWS": "arn:aws:iam::123456789012:user/"})",
          R"({"AWS": "arn:aws:iam::123456789012:user/*"})",
          R"({"AWS": "arn:aws:iam::123456789012:group/ann"})",
          R"({"AWS": "arn:aws:iam::12345678901:user/ann"})", R"({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})",
          R"({"AWS": "arn:aws:iam::123456789012:role/"})", R"({"AWS": "AKIAIOSFODNN7EXAMPLE"})",
          R"({"AWS": "arn:aws:sts::123456789012:assumed-role/r"})", R"({"AWS": ""})",
          R"({"AWS": "arn:aws:sts::123456789012:federated-user/r"})",
          R"({"AWS": "arn:aws-cn:iam::123456789012:root"})", R"({"AWS": "12345678901"})",
          R"({"AWS": "arn:aws:iam::123456789012:*"})", R"({"AWS": "arn:aws:iam::*:root"})",
          R"({"AWS": ["*", "arn:aws:iam::12345678901x:root"]})", R"({"Service": "s3"})",
          R"({"Service": "s3.amazonaws.com.cn"})", R"({"Service": "*.amazonaws.com"})"}) {
        for (const char* effect : {"Allow", "Deny"}) {
            const std::string text =
                document(Rule{.effect = effect, .principal = principal}.text());
            EXPECT_TRUE(refusal_of(text).starts_with(
                "policy: statement #1: Invalid principal in policy: \""))
                << principal << refusal_of(text);
            EXPECT_TRUE(Policy::parse(text, PolicySource::store)) << principal;
        }
    }
}

TEST(PolicyParse, actions_and_resources_that_can_never_match_are_refused) {
    EXPECT_EQ(refusal_of(document(Rule{.action = R"(["sqs:*", "SendMessage"])"}.text())),
              R"(policy: statement #1: Policy has invalid action "sendmessage")");
    for (const char* resource : {R"("arn:aws-cn:sqs:::jobs")", R"("jobs")", R"("")"}) {
        EXPECT_TRUE(refusal_of(document(Rule{.resource = resource}.text()))
                        .starts_with("policy: statement #1: Policy has invalid resource"))
            << resource;
    }
    for (const char* resource : {R"("*")", R"("arn:aws:sqs:*:*:jobs")", R"("arn:*:sqs:::jobs")"})
        EXPECT_EQ(refusal_of(document(Rule{.resource = resource}.text())), "none") << resource;
}

TEST(PolicyParse, a_denial_of_what_is_no_action_is_refused) {
    const auto error_of_denial = [](std::string_view effect, std::string_view action) {
        const auto policy = Policy::parse(fmt::format(
            R"({{"Statement": {{"Effect": "{}", "Principal": "*", "Action": ["{}"],
                "Resource": "arn:aws:sqs:us-east-1:000000000000:q"}}}})",
            effect, action));
        return policy ? std::string() : policy.error().message;
    };
    EXPECT_EQ(
        error_of_denial("Deny", "sqs:SendMesage"),
        "policy: statement #1: it denies \"sqs:sendmesage\", which is no action: nobody would "
        "be denied anything. A batch is denied by the action of its entries");
    for (const char* action : {"SQS:SendMessageBatch", "sns:PublishBatch", "SNS:Publsh",
                               "sqs:Recieve*", "sqs:", "sns:SendMessage"}) {
        EXPECT_NE(error_of_denial("Deny", action), "") << action;
        EXPECT_EQ(error_of_denial("Allow", action), "") << action;
    }
    for (const char* action : {"SQS:SendMessage", "sqs:*", "sns:Publish", "SNS:List*", "*", "*:*",
                               "sqs:StartMessageMoveTask", "sns:Receive", "s?s:SendMessage"}) {
        EXPECT_EQ(error_of_denial("Deny", action), "") << action;
    }
}

TEST(PolicyParse, an_element_that_is_there_twice_is_refused) {
    std::string text = document(Rule{}.text());
    text.insert(text.find("\"Effect\""), R"("Effect": "Deny", )");
    EXPECT_EQ(refusal_of(text), "policy: an element is there twice");
    EXPECT_TRUE(Policy::parse(text, PolicySource::store));
    text = document(Rule{}.text());
    text.insert(text.find("\"Effect\""), R"("\u0045ffect": "Deny", )");
    EXPECT_EQ(refusal_of(text), "policy: an element is there twice");
}

TEST(PolicyActions, wildcards_match_in_any_case_of_letters) {
    for (const char* action :
         {R"("*")", R"("sqs:*")", R"("SQS:sendmessage")", R"("sqs:Send?essage*")"}) {
        EXPECT_EQ(effect_of({.action = action}, from_bucket()), PolicyEffect::allow) << action;
    }
    for (const char* action : {R"("sns:*")", R"("sqs:Send")", R"("sqs:SendMessage?")"}) {
        EXPECT_EQ(effect_of({.action = action}, from_bucket()), PolicyEffect::no_match) << action;
    }
}

TEST(PolicyResources, wildcards_match_the_arn) {
    for (const char* resource :
         {R"("*")", R"("arn:aws:sqs:*")", R"("arn:aws:sqs:us-east-1:*:up*")",
          R"(["arn:aws:sqs:x", "arn:aws:sqs:us-east-1:000000000000:uploads"])"}) {
        EXPECT_EQ(effect_of({.resource = resource}, from_bucket()), PolicyEffect::allow)
            << resource;
    }
    EXPECT_EQ(
        effect_of({.resource = R"("arn:aws:sqs:us-east-1:000000000000:UPLOADS")"}, from_bucket()),
        PolicyEffect::no_match);
}

TEST(PolicyConditions, several_values_are_alternatives) {
    EXPECT_EQ(effect_of({.condition = R"({"ArnEquals": {"aws:SourceArn":
                            ["arn:aws:s3:::x", "arn:aws:s3:::photos"]}})"},
                        from_bucket()),
              PolicyEffect::allow);
}

TEST(PolicyConditions, all_keys_and_operators_must_hold) {
    EXPECT_EQ(effect_of({.condition = R"({"StringEquals": {"aws:SourceArn": "arn:aws:s3:::photos",
                            "aws:SourceAccount": "1"}})"},
                        from_bucket()),
              PolicyEffect::no_match);
}

TEST(PolicyConditions, string_equals_takes_wildcards_literally_and_string_like_does_not) {
    EXPECT_EQ(effect_of({.condition = R"({"StringEquals": {"aws:SourceArn": "arn:aws:s3:::p*"}})"},
                        from_bucket()),
              PolicyEffect::no_match);
    EXPECT_EQ(effect_of({.condition = R"({"StringLike": {"aws:SourceArn": "arn:aws:s3:::p*"}})"},
                        from_bucket()),
              PolicyEffect::allow);
}

TEST(PolicyConditions, keys_are_matched_in_any_case_of_letters) {
    EXPECT_EQ(effect_of({.condition = R"({"ArnLike": {"AWS:SOURCEARN": "arn:aws:s3:::photos"}})"},
                        from_bucket()),
              PolicyEffect::allow);
}

TEST(PolicyConditions, a_missing_key_fails_unless_the_operator_says_if_exists) {
    const PolicyRequest request = from_bucket({.arn = {}});
    EXPECT_EQ(effect_of({.condition = R"({"ArnLike": {"aws:SourceArn": "*"}})"}, request),
              PolicyEffect::no_match);
    const Rule rule{.condition =
                        R"({"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:s3:::photos"}})"};
    EXPECT_EQ(effect_of(rule, request), PolicyEffect::allow);
    EXPECT_EQ(effect_of(rule, from_bucket({.arn = "arn:aws:s3:::other"})), PolicyEffect::no_match);
}

TEST(PolicyConditions, ask_what_the_request_says_of_itself) {
    PolicyRequest request = from_user_of_policies("ann");
    add_principal(request.principal, request.values);
    request.values.set("aws:sourceip", "10.1.2.3");
    request.values.set("aws:securetransport", "false");
    request.values.set("aws:resourcetag/team", "red");
    const std::string of_all = R"({"AWS": "123456789012"})";
    for (const auto& [condition, expected] : {
             std::pair(R"({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})", PolicyEffect::allow),
             std::pair(R"({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})",
                       PolicyEffect::no_match),
             std::pair(R"({"Bool": {"aws:SecureTransport": false}})", PolicyEffect::allow),
             std::pair(R"({"StringNotEquals": {"aws:username": ["bob", "eve"]}})",
                       PolicyEffect::allow),
             std::pair(R"({"ForAnyValue:StringLike": {"aws:username": "a*"}})",
                       PolicyEffect::allow),
             std::pair(R"({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/b*"}})",
                       PolicyEffect::no_match),
             std::pair(R"({"Null": {"aws:TokenIssueTime": "true"}})", PolicyEffect::allow),
             std::pair(R"({"StringEquals": {"aws:ResourceTag/team": "red"}})", PolicyEffect::allow),
             std::pair(R"({"StringEquals": {"aws:ResourceTag/Team": "red"}})", PolicyEffect::allow),
             std::pair(R"({"NumericLessThan": {"aws:EpochTime": 5}})", PolicyEffect::no_match),
             std::pair(R"({"Bool": {"aws:SecureTransport": [false]}})", PolicyEffect::allow),
             std::pair(R"({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})",
                       PolicyEffect::no_match),
         }) {
        const Rule rule{.principal = of_all, .condition = condition};
        EXPECT_EQ(effect_of(rule, request), expected) << condition;
    }
    const Rule of_ones_own{.principal = of_all,
                           .resource = R"("arn:aws:sqs:us-east-1:000000000000:${aws:username}")"};
    EXPECT_EQ(effect_of(of_ones_own, request), PolicyEffect::no_match);
    request.resource = "arn:aws:sqs:us-east-1:000000000000:ann";
    EXPECT_EQ(effect_of(of_ones_own, request), PolicyEffect::allow);
}

TEST(PolicyElements, their_not_forms_are_all_the_others) {
    const auto said = [](const std::string& statement, const PolicyRequest& request) {
        const auto policy = Policy::parse(document(statement));
        EXPECT_TRUE(policy) << policy.error().message;
        return policy->evaluate(request).effect;
    };
    const std::string but_ann =
        R"({"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:user/ann",
            "arn:aws:iam::123456789012:root"], "Service": "s3.amazonaws.com"},
            "Action": "sqs:*", "Resource": "*"})";
    EXPECT_EQ(said(but_ann, from_user_of_policies("ann")), PolicyEffect::no_match);
    EXPECT_EQ(said(but_ann, from_user_of_policies("bob")), PolicyEffect::deny);
    EXPECT_EQ(said(but_ann, from_account("123456789012")), PolicyEffect::no_match);
    EXPECT_EQ(said(but_ann, from_bucket()), PolicyEffect::no_match);
    EXPECT_EQ(said(but_ann, from_account("")), PolicyEffect::deny);
    const std::string but_receiving =
        R"({"Effect": "Deny", "Principal": "*", "NotAction": "sqs:Receive*", "Resource": "*"})";
    EXPECT_EQ(said(but_receiving, from_bucket()), PolicyEffect::deny);
    PolicyRequest receiving = from_bucket();
    receiving.action = "sqs:ReceiveMessage";
    EXPECT_EQ(said(but_receiving, receiving), PolicyEffect::no_match);
    const std::string elsewhere = R"({"Effect": "Deny", "Principal": "*", "Action": "sqs:*",
        "NotResource": "arn:aws:sqs:us-east-1:000000000000:up*"})";
    EXPECT_EQ(said(elsewhere, from_bucket()), PolicyEffect::no_match);
    PolicyRequest other = from_bucket();
    other.resource = "arn:aws:sqs:us-east-1:000000000000:other";
    EXPECT_EQ(said(elsewhere, other), PolicyEffect::deny);
}

TEST(PolicyParse, what_the_store_holds_is_read_whatever_characters_it_has) {
    const std::string text = document(
        Rule{.resource = R"(["arn:aws:sqs:\n", "*"])",
             .condition = R"({"StringEquals": {"aws:SourceArn": ["\t", "arn:aws:s3:::photos"]}})"}
            .text());
    EXPECT_NE(refusal_of(text), "none");
    const auto policy = Policy::parse(text, PolicySource::store);
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->evaluate(from_bucket()).effect, PolicyEffect::allow);
}

TEST(PolicyParse, what_is_not_a_policy_is_refused_with_what_is_wrong) {
    EXPECT_EQ(refusal_of(""), "policy: the document is not valid JSON");
    EXPECT_EQ(refusal_of("{"), "policy: the document is not valid JSON");
    EXPECT_EQ(refusal_of("[]"), "policy: the document is not a JSON object");
    EXPECT_EQ(refusal_of("{}"), "policy: Statement is missing");
    EXPECT_EQ(refusal_of(document("[]")), "policy: Statement is not a statement or a list of them");
    EXPECT_EQ(refusal_of(document("[7]")), "policy: statement #1 is not an object");
    EXPECT_EQ(refusal_of(R"({"Version": "2020-01-01", "Statement": []})"),
              "policy: Version is neither 2012-10-17 nor 2008-10-17");
    EXPECT_EQ(refusal_of(document(R"({"Effect": "Allow"})")),
              "policy: statement #1 has no Principal");
    EXPECT_EQ(refusal_of(document(Rule{.effect = "Maybe"}.text())),
              "policy: statement #1: Effect is neither Allow nor Deny");
    EXPECT_EQ(refusal_of(document(Rule{.principal = "{}"}.text())),
              R"(policy: statement #1: Principal is neither "*" nor an object)");
    EXPECT_EQ(refusal_of(document(Rule{.action = "[]"}.text())),
              "policy: statement #1: Action is not a text or a list of texts");
    EXPECT_EQ(refusal_of(document(Rule{.resource = "[1]"}.text())),
              "policy: statement #1: Resource holds something not a text");
}

TEST(PolicyParse, what_is_not_understood_is_refused_by_name) {
    EXPECT_EQ(refusal_of(document(
                  Rule{.condition = R"({"BinaryEquals": {"aws:SourceIp": "eA=="}})"}.text())),
              R"(policy: statement #1: the condition operator "BinaryEquals" is not supported)");
    for (const std::string key : {"aws:ResourceTag", "s3:prefix", "aws:TagKeys", "x"}) {
        const Rule rule{.condition = fmt::format(R"({{"StringEquals": {{"{}": "x"}}}})", key)};
        EXPECT_EQ(refusal_of(document(rule.text())),
                  "policy: statement #1: the condition key \"" + key + "\" is not supported");
    }
    EXPECT_EQ(refusal_of(document(
                  Rule{.condition = R"({"IpAddress": {"aws:SourceIp": "1.2.3"}})"}.text())),
              "policy: statement #1: condition on \"aws:SourceIp\": Invalid value for condition "
              "IpAddress");
    EXPECT_EQ(refusal_of(document(R"({"Effect": "Allow", "NotPrincipal": "*", "Action": "sqs:*",
                                      "Resource": "*"})")),
              "policy: statement #1: Allow with NotPrincipal is not supported");
    EXPECT_EQ(refusal_of(document(R"({"Effect": "Deny", "Principal": "*", "NotPrincipal": "*"})")),
              "policy: statement #1 has both Principal and NotPrincipal");
    EXPECT_EQ(refusal_of(document(Rule{.principal = R"({"Federated": "x"})"}.text())),
              R"(policy: statement #1: Principal has the unsupported element "Federated")");
    EXPECT_EQ(refusal_of(document(Rule{.resource = R"("arn:aws:sqs:::${aws:nothing}")"}.text())),
              "policy: statement #1: Policy has invalid resource "
              "\"arn:aws:sqs:::${aws:nothing}\": Policy has an invalid variable");
}

TEST(PolicyParse, twenty_kibibytes_are_the_largest) {
    std::string text = document(Rule{}.text());
    text.append(policy_bytes_max - text.size(), ' ');
    EXPECT_TRUE(Policy::parse(text));
    EXPECT_EQ(refusal_of(text + ' '), "policy: the document is larger than 20480 bytes");
}

TEST(PolicyParse, nesting_as_deep_as_fits_is_an_error_and_no_crash) {
    EXPECT_NE(refusal_of(std::string(policy_bytes_max, '[')), "none");
    EXPECT_NE(refusal_of(std::string(10'000, '[') + std::string(10'000, ']')), "none");
}

}  // namespace
}  // namespace onput::auth
