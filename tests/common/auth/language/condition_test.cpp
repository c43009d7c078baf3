// What conditions say to a request, and which policies are for the public.
#include "common/auth/language/condition.hpp"

#include "tests/common/auth/s3/harness.hpp"

namespace onput::auth {
namespace {

Rule if_(const std::string& condition) {
    return {.condition = condition};
}

TEST(Condition, texts) {
    expect_all({
        {if_("{'StringEquals':{'s3:x-amz-acl':'private'}}"), "1 PutObject a s3:x-amz-acl=private",
         "allow"},
        {if_("{'StringEquals':{'s3:x-amz-acl':'private'}}"), "1 PutObject a s3:x-amz-acl=Private",
         "none"},
        {if_("{'StringEquals':{'s3:x-amz-acl':'private'}}"), "1 PutObject a", "none"},
        {if_("{'StringEquals':{'S3:X-AMZ-ACL':['private','public-read']}}"),
         "1 PutObject a s3:x-amz-acl=public-read", "allow"},
        {if_("{'StringEquals':{'s3:x-amz-acl':'pri*'}}"), "1 PutObject a s3:x-amz-acl=private",
         "none"},
        {if_("{'stringequals':{'s3:x-amz-acl':'private'}}"), "1 PutObject a s3:x-amz-acl=private",
         "allow"},
        {if_("{'StringNotEquals':{'s3:x-amz-acl':'private'}}"), "1 PutObject a", "allow"},
        {if_("{'StringNotEquals':{'s3:x-amz-acl':['private','public-read']}}"),
         "1 PutObject a s3:x-amz-acl=private", "none"},
        {if_("{'StringNotEquals':{'s3:x-amz-acl':['private','public-read']}}"),
         "1 PutObject a s3:x-amz-acl=other", "allow"},
        {if_("{'StringEqualsIgnoreCase':{'s3:x-amz-acl':'PRIVATE'}}"),
         "1 PutObject a s3:x-amz-acl=private", "allow"},
        {if_("{'StringNotEqualsIgnoreCase':{'s3:x-amz-acl':'PRIVATE'}}"),
         "1 PutObject a s3:x-amz-acl=private", "none"},
        {if_("{'StringLike':{'aws:Referer':'http://www.example.com/*'}}"),
         "- GetObject a aws:referer=http://www.example.com/page", "allow"},
        {if_("{'StringLike':{'aws:Referer':'http://www.example.com/*'}}"),
         "- GetObject a aws:referer=http://example.org/", "none"},
        {if_("{'StringNotLike':{'aws:UserAgent':'*boto*'}}"),
         "1 GetObject a aws:useragent=my-boto3", "none"},
        {if_("{'StringEqualsIfExists':{'s3:x-amz-acl':'private'}}"), "1 PutObject a", "allow"},
        {if_("{'StringEqualsIfExists':{'s3:x-amz-acl':'private'}}"),
         "1 PutObject a s3:x-amz-acl=other", "none"},
        {if_("{'StringEquals':{'s3:prefix':''}}"), "1 ListBucket .", "none"},
        {if_("{'StringEquals':{'s3:ExistingObjectTag/Class':'open'}}"),
         "1 GetObject a s3:existingobjecttag/Class=open", "allow"},
        {if_("{'StringEquals':{'s3:existingobjecttag/Class':'open'}}"),
         "1 GetObject a s3:existingobjecttag/class=open", "none"},
    });
}

TEST(Condition, numbers_dates_flags_and_addresses) {
    expect_all({
        {if_("{'NumericLessThanEquals':{'s3:max-keys':'10'}}"), "1 ListBucket . s3:max-keys=10",
         "allow"},
        {if_("{'NumericLessThanEquals':{'s3:max-keys':10}}"), "1 ListBucket . s3:max-keys=11",
         "none"},
        {if_("{'NumericLessThan':{'s3:max-keys':10}}"), "1 ListBucket . s3:max-keys=10", "none"},
        {if_("{'NumericEquals':{'s3:max-keys':10}}"), "1 ListBucket . s3:max-keys=10", "allow"},
        {if_("{'NumericNotEquals':{'s3:max-keys':10}}"), "1 ListBucket . s3:max-keys=9", "allow"},
        {if_("{'NumericGreaterThan':{'s3:signatureAge':600000}}"),
         "1 GetObject a s3:signatureage=600001", "allow"},
        {if_("{'NumericGreaterThanEquals':{'s3:signatureAge':600000}}"),
         "1 GetObject a s3:signatureage=599999", "none"},
        {if_("{'NumericEquals':{'s3:max-keys':10}}"), "1 ListBucket . s3:max-keys=ten", "none"},
        {if_("{'DateGreaterThan':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}}"),
         "1 GetObject a aws:currenttime=2026-06-01T00:00:00Z", "allow"},
        {if_("{'DateLessThan':{'aws:CurrentTime':'2026-01-01'}}"),
         "1 GetObject a aws:currenttime=2026-06-01T00:00:00Z", "none"},
        {if_("{'DateLessThanEquals':{'aws:EpochTime':'1000'}}"), "1 GetObject a aws:epochtime=1000",
         "allow"},
        {if_("{'DateGreaterThanEquals':{'aws:EpochTime':1001}}"),
         "1 GetObject a aws:epochtime=1000", "none"},
        {if_("{'DateEquals':{'aws:CurrentTime':'2026-06-01T00:00:00Z'}}"),
         "1 GetObject a aws:currenttime=2026-06-01T00:00:00Z", "allow"},
        {if_("{'DateNotEquals':{'aws:CurrentTime':'2026-06-01T00:00:00Z'}}"),
         "1 GetObject a aws:currenttime=2026-06-01T00:00:00Z", "none"},
        {if_("{'Bool':{'aws:SecureTransport':'false'}}"), "1 GetObject a aws:securetransport=false",
         "allow"},
        {if_("{'Bool':{'aws:SecureTransport':true}}"), "1 GetObject a aws:securetransport=false",
         "none"},
        {if_("{'Bool':{'aws:MultiFactorAuthPresent':'false'}}"), "1 GetObject a", "none"},
        {if_("{'BoolIfExists':{'aws:MultiFactorAuthPresent':'false'}}"), "1 GetObject a", "allow"},
        {if_("{'IpAddress':{'aws:SourceIp':'10.1.0.0/16'}}"), "- GetObject a aws:sourceip=10.1.2.3",
         "allow"},
        {if_("{'IpAddress':{'aws:SourceIp':'10.1.0.0/16'}}"), "- GetObject a aws:sourceip=10.2.0.1",
         "none"},
        {if_("{'IpAddress':{'aws:SourceIp':'10.1.2.3'}}"), "- GetObject a aws:sourceip=10.1.2.3",
         "allow"},
        {if_("{'IpAddress':{'aws:SourceIp':'10.1.2.3'}}"),
         "- GetObject a aws:sourceip=::ffff:10.1.2.3", "allow"},
        {if_("{'IpAddress':{'aws:SourceIp':['192.168.0.0/24','2001:db8::/32']}}"),
         "- GetObject a aws:sourceip=2001:db8:1::5", "allow"},
        {if_("{'NotIpAddress':{'aws:SourceIp':'10.0.0.0/8'}}"),
         "- GetObject a aws:sourceip=11.0.0.1", "allow"},
        {if_("{'NotIpAddress':{'aws:SourceIp':['10.0.0.0/8','11.0.0.0/8']}}"),
         "- GetObject a aws:sourceip=11.0.0.1", "none"},
        {if_("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}"), "- GetObject a aws:sourceip=11.0.0.1",
         "allow"},
    });
}

TEST(Condition, arns_and_absence) {
    expect_all({
        {if_("{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::111111111111:user/*'}}"),
         "1/ada GetObject a", "allow"},
        {if_("{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/ada'}}"), "2/ada GetObject a",
         "allow"},
        {if_("{'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::111111111111:user/ad?'}}"),
         "1/ada GetObject a", "allow"},
        {if_("{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::111111111111:user/*'}}"),
         "1 GetObject a", "none"},
        {if_("{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::111111111111:*'}}"),
         "2/ada GetObject a", "allow"},
        {if_("{'ArnNotEquals':{'aws:PrincipalArn':'arn:aws:iam::111111111111:root'}}"),
         "1 GetObject a", "none"},
        {if_("{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::111111111111:*'}}"), "- GetObject a",
         "allow"},
        {if_("{'Null':{'s3:x-amz-server-side-encryption':'true'}}"), "1 PutObject a", "allow"},
        {if_("{'Null':{'s3:x-amz-server-side-encryption':true}}"),
         "1 PutObject a s3:x-amz-server-side-encryption=AES256", "none"},
        {if_("{'Null':{'s3:x-amz-server-side-encryption':'false'}}"),
         "1 PutObject a s3:x-amz-server-side-encryption=AES256", "allow"},
        {if_("{'Null':{'aws:username':'true'}}"), "1 GetObject a", "allow"},
        {if_("{'StringEquals':{'aws:PrincipalAccount':'111111111111'}}"), "1/ada GetObject a",
         "allow"},
        {if_("{'StringEquals':{'aws:PrincipalType':'User'}}"), "1/ada GetObject a", "allow"},
        {if_("{'StringEquals':{'aws:PrincipalType':'Anonymous'}}"), "- GetObject a", "allow"},
        {if_("{'StringEquals':{'aws:userid':'111111111111'}}"), "1 GetObject a", "allow"},
        {if_("{'StringLike':{'aws:userid':'AIDA*'}}"), "1/ada GetObject a", "allow"},
    });
}

TEST(Condition, sets) {
    const std::string all = "{'ForAllValues:StringEquals':{'s3:RequestObjectTagKeys':['a','b']}}";
    const std::string any = "{'ForAnyValue:StringEquals':{'s3:RequestObjectTagKeys':['a','b']}}";
    const std::string any_not = "{'ForAnyValue:StringNotEquals':{'s3:RequestObjectTagKeys':['a']}}";
    const std::string all_not = "{'ForAllValues:StringNotLike':{'s3:RequestObjectTagKeys':['a*']}}";
    expect_all({
        {if_(all), "1 PutObject a s3:requestobjecttagkeys=a|b", "allow"},
        {if_(all), "1 PutObject a s3:requestobjecttagkeys=a|c", "none"},
        {if_(all), "1 PutObject a", "allow"},
        {if_(any), "1 PutObject a s3:requestobjecttagkeys=a|c", "allow"},
        {if_(any), "1 PutObject a s3:requestobjecttagkeys=c", "none"},
        {if_(any), "1 PutObject a", "none"},
        {if_(any_not), "1 PutObject a s3:requestobjecttagkeys=a|c", "allow"},
        {if_(any_not), "1 PutObject a s3:requestobjecttagkeys=a", "none"},
        {if_(any_not), "1 PutObject a", "none"},
        {if_(all_not), "1 PutObject a s3:requestobjecttagkeys=b|c", "allow"},
        {if_(all_not), "1 PutObject a s3:requestobjecttagkeys=b|ab", "none"},
    });
}

TEST(Condition, all_operators_and_keys_must_hold) {
    const std::string both =
        "{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'},'Bool':{'aws:SecureTransport':'true'}}";
    const std::string keys = "{'StringEquals':{'s3:prefix':'a','s3:delimiter':'/'}}";
    expect_all({
        {if_(both), "1 GetObject a aws:sourceip=10.0.0.1 aws:securetransport=true", "allow"},
        {if_(both), "1 GetObject a aws:sourceip=10.0.0.1 aws:securetransport=false", "none"},
        {if_(both), "1 GetObject a aws:sourceip=11.0.0.1 aws:securetransport=true", "none"},
        {if_(keys), "1 ListBucket . s3:prefix=a s3:delimiter=/", "allow"},
        {if_(keys), "1 ListBucket . s3:prefix=a", "none"},
    });
}

TEST(Condition, that_cannot_be_judged_is_refused) {
    const auto refusal_of = [](const Rule& rule) {
        const auto policy = BucketPolicy::parse(rule.text(), "b");
        return policy ? std::string("none") : policy.error().message;
    };
    EXPECT_EQ(refusal_of(if_("{'StringSimilar':{'aws:Referer':'a'}}")),
              "Invalid Condition type : StringSimilar");
    EXPECT_EQ(refusal_of(if_("{'NullIfExists':{'aws:Referer':'true'}}")),
              "Invalid Condition type : NullIfExists");
    const std::string no_key = "Policy has an invalid condition key";
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'aws:Weather':'fine'}}")), no_key);
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'s3:TlsVersion':'1.2'}}")), no_key);
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'s3:ExistingObjectTag':'a'}}")), no_key);
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'s3:ExistingObjectTag/':'a'}}")), no_key);
    EXPECT_EQ(refusal_of(if_("{'NumericEquals':{'s3:max-keys':'ten'}}")),
              "Invalid value for condition NumericEquals");
    EXPECT_EQ(refusal_of(if_("{'DateEquals':{'aws:CurrentTime':'noon'}}")),
              "Invalid value for condition DateEquals");
    EXPECT_EQ(refusal_of(if_("{'IpAddress':{'aws:SourceIp':'10.0.0.0/33'}}")),
              "Invalid value for condition IpAddress");
    EXPECT_EQ(refusal_of(if_("{'Bool':{'aws:SecureTransport':'yes'}}")),
              "Invalid value for condition Bool");
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'aws:Referer':[]}}")), "Invalid policy syntax.");
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{'aws:Referer':{}}}")), "Invalid policy syntax.");
    EXPECT_EQ(refusal_of(if_("{'StringEquals':{}}")), "Invalid policy syntax.");
    EXPECT_EQ(refusal_of(if_("[]")), "Invalid policy syntax.");
    EXPECT_EQ(refusal_of({.action = "'Action':'s3:GetObject'",
                          .resource = "'Resource':'arn:aws:s3:::b/*'",
                          .condition = "{'StringEquals':{'s3:prefix':'a'}}"}),
              "Conditions do not apply to combination of actions and resources in statement");
}

TEST(PublicPolicy, is_one_that_names_nobody) {
    const auto is_public = [](const Rule& rule) {
        const auto policy = BucketPolicy::parse(rule.text(), "b");
        EXPECT_TRUE(policy) << rule.text();
        return policy && policy->is_public();
    };
    EXPECT_TRUE(is_public({}));
    EXPECT_TRUE(is_public({.who = "'Principal':{'AWS':['111111111111','*']}"}));
    EXPECT_FALSE(is_public({.effect = "'Effect':'Deny'"}));
    EXPECT_FALSE(is_public({.who = "'Principal':{'AWS':'111111111111'}"}));
    EXPECT_FALSE(is_public({.who = "'Principal':{'Service':'sns.amazonaws.com'}"}));
    EXPECT_FALSE(is_public(if_("{'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}}")));
    EXPECT_FALSE(is_public(if_("{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}")));
    EXPECT_FALSE(is_public(if_("{'IpAddress':{'aws:SourceIp':'172.16.0.0/12'}}")));
    EXPECT_TRUE(is_public(if_("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}")));
    EXPECT_TRUE(is_public(if_("{'IpAddress':{'aws:SourceIp':'128.0.0.0/7'}}")));
    EXPECT_TRUE(is_public(if_("{'IpAddress':{'aws:SourceIp':'2000::/3'}}")));
    EXPECT_TRUE(is_public(if_("{'NotIpAddress':{'aws:SourceIp':'203.0.113.0/24'}}")));
    EXPECT_FALSE(is_public(if_("{'StringEquals':{'aws:SourceVpce':'vpce-1'}}")));
    EXPECT_TRUE(is_public(if_("{'StringEqualsIfExists':{'aws:SourceVpce':'vpce-1'}}")));
    EXPECT_TRUE(is_public(if_("{'ForAllValues:StringEquals':{'aws:SourceVpce':'vpce-1'}}")));
    EXPECT_TRUE(is_public(if_("{'StringLike':{'aws:SourceVpc':'vpc-*'}}")));
    EXPECT_FALSE(is_public(if_("{'StringLike':{'aws:SourceVpc':'vpc-1'}}")));
    EXPECT_TRUE(is_public(if_("{'StringLike':{'aws:Referer':'http://example.com/'}}")));
    EXPECT_TRUE(is_public(if_("{'StringEquals':{'aws:SourceVpc':'${aws:username}'}}")));
    EXPECT_FALSE(is_public(if_("{'StringEquals':{'aws:PrincipalOrgID':'o-1'}}")));
    EXPECT_FALSE(is_public(if_("{'ArnLike':{'aws:SourceArn':'arn:aws:s3:::other'}}")));
}

}  // namespace
}  // namespace onput::auth
