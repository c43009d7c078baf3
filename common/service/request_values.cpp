#include "common/service/request_values.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/text.hpp"
#include "common/service/policy_principal.hpp"

namespace onput::service {
namespace {

void set(std::string_view key, std::string value, auth::RequestValues& values) {
    if (!value.empty()) values.set(key, std::move(value));
}

void add_time(Timestamp now, auth::RequestValues& values) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    values.set("aws:currenttime", format_iso8601_millis(now));
    values.set("aws:epochtime", fmt::format("{}", seconds));
    values.set("aws:viaawsservice", "false");
}

}  // namespace

auth::RequestValues request_values_of(const Caller& caller) {
    auth::RequestValues values;
    auth::add_principal(policy_principal_of(caller.principal), values);
    add_time(caller.now, values);
    if (!caller.access) return values;
    const schema::AccessContext& context = *caller.access;
    values.set("aws:securetransport", context.is_secure ? "true" : "false");
    set("aws:sourceip", context.source_ip, values);
    set("aws:useragent", context.user_agent, values);
    set("aws:referer", context.referer, values);
    for (const auto& [key, value] : context.values) values.set(key, value);
    return values;
}

auth::RequestValues request_values_of(const ServiceOrigin& origin) {
    auth::RequestValues values;
    auth::add_principal({.service = origin.service}, values);
    add_time(origin.now, values);
    // As on AWS, where services reach each other over TLS.
    values.set("aws:securetransport", "true");
    set("aws:sourcearn", origin.source_arn, values);
    set("aws:sourceaccount", origin.source_account, values);
    return values;
}

void add_resource(std::string_view arn, const std::map<std::string, std::string>& tags,
                  auth::RequestValues& values) {
    set("aws:requestedregion", std::string(auth::region_in_arn(arn)), values);
    set("aws:resourceaccount", std::string(auth::account_in_arn(arn)), values);
    for (const auto& [key, value] : tags)
        values.set(fmt::format("aws:resourcetag/{}", lower_case(key)), value);
}

}  // namespace onput::service
