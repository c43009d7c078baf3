// What a bucket's policy says to whom: principals, actions, resources and policy variables.
#include "common/auth/s3/bucket_policy.hpp"

#include "common/auth/iam_arn.hpp"
#include "tests/common/auth/s3/harness.hpp"

namespace onput::auth {
namespace {

const std::string deny = "'Effect':'Deny'";

Rule to(const std::string& who) {
    return {.who = who};
}
Rule denying(const std::string& who) {
    return {.effect = deny, .who = who};
}
Rule doing(const std::string& action) {
    return {.action = action};
}
Rule at(const std::string& resource) {
    return {.resource = resource};
}

TEST(BucketPolicy, principals_are_those_that_it_names) {
    const std::string account = "'Principal':{'AWS':'111111111111'}";
    const std::string root = "'Principal':{'AWS':'arn:aws:iam::111111111111:root'}";
    const std::string user = "'Principal':{'AWS':'arn:aws:iam::111111111111:user/ada'}";
    const std::string canonical =
        "'Principal':{'CanonicalUser':'" + canonical_user_id("111111111111") + "'}";
    const std::string service = "'Principal':{'Service':'logging.s3.amazonaws.com'}";
    expect_all({
        {to("'Principal':'*'"), "- GetObject a", "allow"},
        {to("'Principal':'*'"), "1/ada GetObject a", "allow"},
        {to("'Principal':'*'"), "logging.s3.amazonaws.com PutObject a", "allow"},
        {to("'Principal':{'AWS':'*'}"), "- GetObject a", "allow"},
        {to("'Principal':{'AWS':['222222222222','*']}"), "1 GetObject a", "allow"},
        {to(account), "1 GetObject a", "allow"},
        {to(account), "1/ada GetObject a", "allow"},
        {to(account), "2 GetObject a", "none"},
        {to(account), "- GetObject a", "none"},
        {to(root), "1 GetObject a", "allow"},
        {to(root), "1/ada GetObject a", "allow"},
        {to(root), "2/ada GetObject a", "none"},
        {to(user), "1/ada GetObject a", "allow"},
        {to(user), "1/bob GetObject a", "none"},
        {to(user), "1/Ada GetObject a", "none"},
        {to(user), "1 GetObject a", "none"},
        {to(user), "2/ada GetObject a", "none"},
        {to(canonical), "1 GetObject a", "allow"},
        {to(canonical), "1/ada GetObject a", "allow"},
        {to(canonical), "2 GetObject a", "none"},
        {to(canonical), "- GetObject a", "none"},
        {to(service), "logging.s3.amazonaws.com PutObject a", "allow"},
        {to(service), "sns.amazonaws.com PutObject a", "none"},
        {to(service), "1 PutObject a", "none"},
        {to("'Principal':{'AWS':['111111111111','arn:aws:iam::222222222222:user/x']}"),
         "2/x GetObject a", "allow"},
    });
}

TEST(BucketPolicy, a_denial_of_all_but_some_spares_exactly_them) {
    const std::string all_but_ada =
        "'NotPrincipal':{'AWS':['arn:aws:iam::111111111111:user/ada',"
        "'arn:aws:iam::111111111111:root']}";
    expect_all({
        {denying(all_but_ada), "1/ada GetObject a", "none"},
        {denying(all_but_ada), "1 GetObject a", "none"},
        {denying(all_but_ada), "1/bob GetObject a", "deny"},
        {denying(all_but_ada), "2/ada GetObject a", "deny"},
        {denying(all_but_ada), "- GetObject a", "deny"},
        {denying("'NotPrincipal':{'AWS':'111111111111'}"), "1 GetObject a", "none"},
        {denying("'NotPrincipal':{'AWS':'111111111111'}"), "1/ada GetObject a", "deny"},
        {denying("'NotPrincipal':{'Service':'sns.amazonaws.com'}"), "sns.amazonaws.com PutObject a",
         "none"},
        {denying("'NotPrincipal':'*'"), "1 GetObject a", "none"},
    });
}

TEST(BucketPolicy, actions_are_those_that_it_names) {
    expect_all({
        {doing("'Action':'s3:GetObject'"), "1 GetObject a", "allow"},
        {doing("'Action':'S3:getobject'"), "1 GetObject a", "allow"},
        {doing("'Action':'s3:GetObject'"), "1 GetObjectVersion a", "none"},
        {doing("'Action':'s3:GetObject*'"), "1 GetObjectVersion a", "allow"},
        {doing("'Action':'s3:GetObject?cl'"), "1 GetObjectAcl a", "allow"},
        {doing("'Action':'s3:GetObject?cl'"), "1 GetObject a", "none"},
        {doing("'Action':'s3:*Tagging'"), "1 PutObjectTagging a", "allow"},
        {doing("'Action':['s3:PutObject','s3:ListBucket']"), "1 ListBucket .", "allow"},
        {doing("'Action':['s3:PutObject','s3:ListBucket']"), "1 DeleteObject a", "none"},
        {doing("'Action':'*'"), "1 DeleteBucket .", "allow"},
        {doing("'NotAction':'s3:DeleteObject'"), "1 GetObject a", "allow"},
        {doing("'NotAction':'s3:DeleteObject'"), "1 DeleteObject a", "none"},
        {doing("'NotAction':['s3:Delete*','s3:Put*']"), "1 PutBucketPolicy .", "none"},
        {doing("'NotAction':['s3:Delete*','s3:Put*']"), "1 ListBucket .", "allow"},
    });
}

TEST(BucketPolicy, resources_are_those_that_it_names) {
    const std::string keys = "'Resource':'arn:aws:s3:::b/*'";
    const std::string folder = "'Resource':'arn:aws:s3:::b/in/*'";
    expect_all({
        {at(keys), "1 GetObject a", "allow"},
        {at(keys), "1 GetObject a/b/c", "allow"},
        {{.action = "'Action':['s3:ListBucket','s3:GetObject']",
          .resource = "'Resource':['arn:aws:s3:::b/x','arn:aws:s3:::b']"},
         "1 ListBucket .",
         "allow"},
        {at(keys), "1 ListBucket .", "none"},
        {at(folder), "1 GetObject in/a", "allow"},
        {at(folder), "1 GetObject in/", "allow"},
        {at(folder), "1 GetObject in", "none"},
        {at(folder), "1 GetObject IN/a", "none"},
        {at("'Resource':'arn:aws:s3:::b/a?c'"), "1 GetObject abc", "allow"},
        {at("'Resource':'arn:aws:s3:::b/a?c'"), "1 GetObject ac", "none"},
        {at("'Resource':'arn:aws:s3:::b/*.jpg'"), "1 GetObject x/y.jpg", "allow"},
        {at("'Resource':'arn:aws:s3:::b/*.jpg'"), "1 GetObject x/y.png", "none"},
        {at("'Resource':'arn:aws:s3:::*'"), "1 GetObject a", "allow"},
        {at("'Resource':'*'"), "1 ListBucket .", "allow"},
        {at("'Resource':'arn:aws:s3:::b/a:b'"), "1 GetObject a:b", "allow"},
        {at("'NotResource':'arn:aws:s3:::b/secret/*'"), "1 GetObject a", "allow"},
        {at("'NotResource':'arn:aws:s3:::b/secret/*'"), "1 GetObject secret/a", "none"},
    });
}

TEST(BucketPolicy, variables_stand_for_what_the_request_has) {
    const Rule home = at("'Resource':'arn:aws:s3:::b/home/${aws:username}/*'");
    const Rule literal{.resource = "'Resource':'arn:aws:s3:::b/${aws:username}/*'",
                       .version = "2008-10-17"};
    expect_all({
        {home, "1/ada GetObject home/ada/a", "allow"},
        {home, "1/ada GetObject home/bob/a", "none"},
        {home, "1 GetObject home//a", "none"},
        {home, "- GetObject home//a", "none"},
        {at("'Resource':'arn:aws:s3:::b/${AWS:UserName}/*'"), "1/ada GetObject ada/a", "allow"},
        {literal, "1/ada GetObject ada/a", "none"},
        {literal, "1/ada GetObject ${aws:username}/a", "allow"},
        {at("'Resource':'arn:aws:s3:::b/${*}'"), "1 GetObject *", "allow"},
        {at("'Resource':'arn:aws:s3:::b/${*}'"), "1 GetObject a", "none"},
        {at("'Resource':'arn:aws:s3:::b/a${$}'"), "1 GetObject a$", "allow"},
        // What a variable brings is no wildcard.
        {at("'Resource':'arn:aws:s3:::b/${s3:versionid}'"), "1 GetObject abc s3:versionid=a*",
         "none"},
        {at("'Resource':'arn:aws:s3:::b/${s3:versionid}'"), "1 GetObject a* s3:versionid=a*",
         "allow"},
        {{.condition = "{'StringLike':{'s3:prefix':'home/${aws:username}/*'}}"},
         "1/ada ListBucket . s3:prefix=home/ada/x",
         "allow"},
        {{.condition = "{'StringLike':{'s3:prefix':'home/${aws:username}/*'}}"},
         "1/bob ListBucket . s3:prefix=home/ada/x",
         "none"},
        {{.condition = "{'StringNotLike':{'s3:prefix':'home/${aws:username}/*'}}"},
         "1 ListBucket . s3:prefix=home/ada/x",
         "allow"},
    });
}

TEST(BucketPolicy, a_variable_may_have_a_default) {
    const std::string text =
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",)"
        R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username, 'all'}/*"}})";
    EXPECT_EQ(decide(text, "1 GetObject all/a"), "allow");
    EXPECT_EQ(decide(text, "1/ada GetObject ada/a"), "allow");
    EXPECT_EQ(decide(text, "1/ada GetObject all/a"), "none");
}

TEST(BucketPolicy, a_denial_wins_wherever_it_stands) {
    const std::string allow = Rule{}.statement();
    const std::string no_deletion =
        Rule{.effect = deny, .action = "'Action':'s3:DeleteObject'"}.statement();
    const auto both = [](const std::string& one, const std::string& other) {
        return with_quotes("{'Version':'2012-10-17','Statement':[" + one + "," + other + "]}");
    };
    EXPECT_EQ(decide(both(allow, no_deletion), "1 DeleteObject a"), "deny");
    EXPECT_EQ(decide(both(no_deletion, allow), "1 DeleteObject a"), "deny");
    EXPECT_EQ(decide(both(no_deletion, allow), "1 GetObject a"), "allow");
}

TEST(BucketPolicy, the_statement_that_decided_is_named) {
    const auto policy = BucketPolicy::parse(
        with_quotes("{'Version':'2012-10-17','Statement':[{'Sid':'ada','Effect':'Deny',"
                    "'Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b/*'}]}"),
        "b");
    ASSERT_TRUE(policy);
    const RequestValues values;
    const PolicyPrincipal nobody;
    EXPECT_EQ(policy
                  ->evaluate({.principal = nobody,
                              .action = *find_s3_action("GetObject"),
                              .resource = "arn:aws:s3:::b/a",
                              .values = values})
                  .statement,
              "ada");
}

// --- Refusals ---------------------------------------------------------------------------------

std::string refusal_of(const std::string& text) {
    const auto policy = BucketPolicy::parse(text, "b");
    if (policy) return "none";
    EXPECT_EQ(policy.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(policy.error().reason, "malformed_policy");
    return policy.error().message;
}

TEST(BucketPolicyRefusal, of_what_is_no_policy) {
    const std::string no_json = "Policies must be valid JSON and the first byte must be '{'";
    EXPECT_EQ(refusal_of(""), no_json);
    EXPECT_EQ(refusal_of("[]"), no_json);
    EXPECT_EQ(refusal_of(" " + Rule{}.text()), no_json);
    EXPECT_EQ(refusal_of(R"({"Statement": )"), no_json);
    EXPECT_EQ(refusal_of(std::string(policy_bytes_max + 1, ' ')),
              "Policy exceeds the maximum allowed document size");
    EXPECT_EQ(refusal_of(R"({"Version":"2012-10-17"})"), "Missing required field Statement");
    EXPECT_EQ(refusal_of(R"({"Statement":[]})"), "Could not parse the policy: Statement is empty!");
    EXPECT_EQ(refusal_of(R"({"Statement":[7]})"), "Invalid policy syntax.");
    EXPECT_EQ(refusal_of(R"({"Version":"2012-10-18","Statement":[]})"),
              "The policy must contain a valid version string");
    EXPECT_EQ(refusal_of(R"({"Statements":[]})"), "Unknown field Statements");
    EXPECT_EQ(refusal_of(R"({"Id":"a","Id":"b","Statement":[]})"), "Duplicate field in policy");
}

TEST(BucketPolicyRefusal, names_what_is_missing_or_wrong) {
    EXPECT_EQ(refusal_of(with_quotes("{'Statement':{'Effect':'Allow','Action':'s3:*',"
                                     "'Resource':'*'}}")),
              "Missing required field Principal");
    EXPECT_EQ(refusal_of(with_quotes("{'Statement':{'Effect':'Allow','Principal':'*',"
                                     "'Resource':'*'}}")),
              "Missing required field Action");
    EXPECT_EQ(refusal_of(with_quotes("{'Statement':{'Effect':'Allow','Principal':'*',"
                                     "'Action':'s3:*'}}")),
              "Missing required field Resource");
    EXPECT_EQ(refusal_of(Rule{.effect = "'Effect':'allow'"}.text()), "Invalid effect");
    EXPECT_EQ(refusal_of(Rule{.effect = "'Effect':'Allow','Efect':1"}.text()),
              "Unknown field Efect");
    EXPECT_EQ(refusal_of(Rule{.who = "'Principal':'*','NotPrincipal':'*'"}.text()),
              "Invalid policy syntax.");
}

TEST(BucketPolicyRefusal, of_principals_that_cannot_be) {
    for (const std::string who :
         {"'Principal':'ada'", "'Principal':{'AWS':'ada'}", "'Principal':{'AWS':'11111'}",
          "'Principal':{'AWS':'arn:aws:iam::111111111111:user/a*'}",
          "'Principal':{'AWS':'arn:aws:sts::111111111111:federated-user/r'}",
          "'Principal':{'AWS':[]}", "'Principal':{}", "'Principal':{'CanonicalUser':'abc'}",
          "'Principal':{'Service':'*'}", "'Principal':{'Federated':'accounts.google.com'}",
          "'Principal':{'aws':'*'}"}) {
        EXPECT_EQ(refusal_of(to(who).text()), "Invalid principal in policy") << who;
    }
    EXPECT_EQ(refusal_of(to("'NotPrincipal':{'AWS':'111111111111'}").text()),
              "Allow with NotPrincipal is not allowed.");
}

TEST(BucketPolicyRefusal, of_actions_and_resources_that_cannot_be) {
    for (const std::string action :
         {"'Action':'s3:GetObjects'", "'Action':'GetObject'", "'Action':'sqs:SendMessage'",
          "'Action':[]", "'Action':7", "'Action':'s3:ListAllMyBuckets'"}) {
        EXPECT_EQ(refusal_of(doing(action).text()), "Policy has invalid action") << action;
    }
    for (const std::string resource :
         {"'Resource':'b/*'", "'Resource':'arn:aws:s3:::other/*'", "'Resource':'arn:aws:s3:::bb'",
          "'Resource':'arn:aws:sqs:us-east-1:111111111111:q'", "'Resource':[]"}) {
        EXPECT_EQ(refusal_of(at(resource).text()), "Policy has invalid resource") << resource;
    }
    const std::string unfit = "Action does not apply to any resource(s) in statement";
    EXPECT_EQ(refusal_of(Rule{.action = "'Action':'s3:GetObject'",
                              .resource = "'Resource':'arn:aws:s3:::b'"}
                             .text()),
              unfit);
    EXPECT_EQ(refusal_of(Rule{.action = "'Action':['s3:GetObject','s3:ListBucket']",
                              .resource = "'Resource':'arn:aws:s3:::b/*'"}
                             .text()),
              unfit);
    EXPECT_EQ(refusal_of(at("'Resource':'arn:aws:s3:::b/${aws:nobody}'").text()),
              "Policy has an invalid variable");
    EXPECT_EQ(refusal_of(at("'Resource':'arn:aws:s3:::b/${aws:username'").text()),
              "Policy has an invalid variable");
}

TEST(BucketPolicyPrincipals, users_roles_and_ids_that_it_names_are_told) {
    const auto policy = [](const std::string& who) {
        return BucketPolicy::parse(to(who).text(), "b").value();
    };
    const auto users = policy(
        "'Principal':{'AWS':['arn:aws:iam::111111111111:user/ada','222222222222',"
        "'arn:aws:iam::111111111111:role/x/reader']}");
    ASSERT_EQ(users.named_identities().size(), 2U);
    EXPECT_EQ(users.named_identities()[0].text(), "arn:aws:iam::111111111111:user/ada");
    EXPECT_EQ(users.named_identities()[1].text(), "arn:aws:iam::111111111111:role/x/reader");
    EXPECT_TRUE(users.named_canonical_users().empty());
    const std::string id = canonical_user_id("111111111111");
    EXPECT_EQ(policy("'Principal':{'CanonicalUser':'" + id + "'}").named_canonical_users(),
              std::vector<std::string>{id});
}

}  // namespace
}  // namespace onput::auth
