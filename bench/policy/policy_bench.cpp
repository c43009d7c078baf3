// What access costs a request: the AccessContext in its header, and a bucket's policy.
//
//     policy_bench
#include <chrono>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "common/auth/iam_policy.hpp"
#include "common/auth/language/principal_values.hpp"
#include "common/auth/s3/bucket_policy.hpp"
#include "common/base/check.hpp"
#include "common/schema/wire.hpp"

namespace onput {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int rounds = 100'000;
constexpr int statements = 20;

template <typename Work>
void report(const std::string& what, Work work) {
    const auto start = Clock::now();
    std::size_t sum = 0;
    for (int i = 0; i < rounds; ++i) sum += work();
    const double us = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    std::printf("%-56s %8.2f us  (%zu)\n", what.c_str(), us / rounds, sum / rounds);
}

schema::RequestHeader header() {
    schema::RequestHeader header{.request_id = 1,
                                 .method = "storage.put_object",
                                 .timeout_ms = 30'000,
                                 .trace = {.trace_id = std::string(32, 'a'), .cause_event_id = {}},
                                 .principal = {.account = "000000000000",
                                               .id = "AKIDEXAMPLE",
                                               .user = "ada",
                                               .region = "us-east-1"},
                                 .trace_header = {}};
    return header;
}

schema::AccessContext context() {
    return {.actions = {"PutObject"},
            .source_ip = "127.0.0.1",
            .is_secure = false,
            .user_agent = "Boto3/1.43 md/Botocore#1.43 ua/2.1 os/linux#6.1 lang/python#3.11",
            .auth_type = "REST-HEADER",
            .signature_version = 4,
            .signature_age_ms = 12,
            .content_sha256 = std::string(64, 'f')};
}

// Statements about others, with a condition each, before the one that allows.
std::string policy_text() {
    std::string list;
    for (int i = 0; i < statements; ++i) {
        list += fmt::format(
            R"({{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",)"
            R"("Condition":{{"NotIpAddress":{{"aws:SourceIp":["127.0.0.0/8","10.{}.0.0/16"]}},)"
            R"("StringNotLike":{{"aws:UserAgent":"*python*"}}}}}},)",
            i);
    }
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{}{{"Effect":"Allow","Principal":"*",)"
        R"("Action":"s3:PutObject","Resource":"arn:aws:s3:::b/${{aws:username}}/*"}}]}})",
        list);
}

std::size_t judge(const auth::BucketPolicy& policy, const schema::AccessContext& asked) {
    const auth::PolicyPrincipal principal{.account_id = "000000000000", .user = "ada"};
    auth::RequestValues values;
    auth::add_principal(principal, values);
    values.set("aws:sourceip", asked.source_ip);
    values.set("aws:useragent", asked.user_agent);
    values.set("s3:x-amz-content-sha256", asked.content_sha256);
    const auto decision = policy.evaluate({.principal = principal,
                                           .action = *auth::find_s3_action(asked.actions.front()),
                                           .resource = "arn:aws:s3:::b/ada/photo.jpg",
                                           .values = values});
    ONPUT_CHECK(decision.effect == auth::PolicyEffect::allow);
    return decision.statement.size();
}

// As somebody writes it who wants to hold up the service: a session's policy of 2,048 characters
// against a key of 1,024.
void report_hostile(const std::string& what, std::string_view patterns) {
    std::string list;
    while (list.size() + patterns.size() < 1'900) list += patterns;
    const auto policy = auth::IamPolicy::parse(
        fmt::format(R"({{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*",)"
                    R"("Resource":["arn:aws:s3:::b/{}*?z*"]}}}})",
                    list));
    ONPUT_CHECK(policy.has_value());
    const std::string resource = auth::object_arn({.bucket = "b", .key = std::string(1'024, 'a')});
    report(what, [&] {
        const auth::RequestValues values;
        const auto decision =
            policy->evaluate({.action = "s3:DeleteObject", .resource = resource, .values = values});
        return decision.effect == auth::PolicyEffect::allow ? 1U : 0U;
    });
}

void run() {
    auto plain = header();
    auto with_access = header();
    with_access.access = context();
    const std::string plain_bytes = schema::encode(plain);
    const std::string access_bytes = schema::encode(with_access);
    report("encode a header (bytes)", [&] { return schema::encode(plain).size(); });
    report("encode it with access (bytes)", [&] { return schema::encode(with_access).size(); });
    report("decode a header",
           [&] { return schema::decode<schema::RequestHeader>(plain_bytes)->method.size(); });
    report("decode it with access",
           [&] { return schema::decode<schema::RequestHeader>(access_bytes)->method.size(); });
    const auto policy = auth::BucketPolicy::parse(policy_text(), "b");
    ONPUT_CHECK(policy.has_value());
    report(fmt::format("judge by {} statements with conditions", statements + 1),
           [&] { return judge(*policy, *with_access.access); });
    report_hostile("judge by hostile pieces with question marks", "*?a");
    report_hostile("judge by hostile resources", R"(*?z*","arn:aws:s3:::b/)");
}

}  // namespace
}  // namespace onput

int main() {
    onput::run();
    return 0;
}
