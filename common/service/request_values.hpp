// What a request has to say to the conditions of a policy, whichever service owns the resource.
// Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/auth/language/principal_values.hpp"
#include "common/auth/language/request_values.hpp"
#include "common/base/time.hpp"
#include "common/service/caller.hpp"

namespace onput::service {

// Who asks, when, and what the client's request says of itself (AccessContext) where the gateway
// has told it: aws:SourceIp, SecureTransport, UserAgent, Referer, and its own `values`.
auth::RequestValues request_values_of(const Caller& caller);

// A service that acts on behalf of a resource: S3 for a bucket. Empty ones are absent.
struct ServiceOrigin {
    std::string service;         // "s3.amazonaws.com"
    std::string source_arn;      // aws:SourceArn
    std::string source_account;  // aws:SourceAccount
    Timestamp now = {};
};
auth::RequestValues request_values_of(const ServiceOrigin& origin);

// Of what is asked for, by its ARN: aws:ResourceAccount, aws:RequestedRegion, aws:ResourceTag.
void add_resource(std::string_view arn, const std::map<std::string, std::string>& tags,
                  auth::RequestValues& values);

}  // namespace onput::service
