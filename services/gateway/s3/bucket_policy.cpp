// PutBucketPolicy, GetBucketPolicy, GetBucketPolicyStatus, DeleteBucketPolicy.
#include "common/auth/s3/bucket_policy.hpp"

#include <fmt/format.h>

#include "common/auth/language/malformed.hpp"
#include "common/schema/storage_access.hpp"
#include "services/gateway/access/principals.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/bucket_access.hpp"
#include "services/gateway/s3/document_body.hpp"

namespace onput::gateway::s3 {
namespace {

// One byte more than a policy may have, so that storage can say so.
constexpr std::size_t policy_body_bytes_max = 2 * auth::policy_bytes_max;

std::string render_status(bool is_public) {  // NOLINT: the value itself, not a mode.
    aws::XmlWriter xml;
    xml.begin_in_namespace("PolicyStatus", aws::s3_model().xml_namespace());
    xml.text("IsPublic", is_public ? "true" : "false");
    xml.end("PolicyStatus");
    return xml.take();
}

http::Task<Result<schema::BucketPolicy>> fetch_policy(S3Request& request) {
    const schema::GetBucketPolicy message{.bucket = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

std::unexpected<Error> invalid_principal(std::string_view kind, std::string_view principal) {
    return auth::malformed("Invalid principal in policy",
                           fmt::format("\"{}\" : \"{}\"", kind, principal));
}

// Only the gateway knows the keys of the configuration; the rest of a policy is storage's to judge.
http::Task<Result<void>> check_principals(S3Request& request, std::string json) {
    const auto policy = auth::BucketPolicy::parse(json, request.address.bucket);
    if (!policy) co_return Result<void>();
    for (const std::string& id : policy->named_canonical_users()) {
        if (!request.context.shared.keys.has_canonical_user(id))
            co_return invalid_principal("CanonicalUser", id);
    }
    const auto missing = co_await find_missing(request.context, policy->named_identities());
    if (!missing) co_return std::unexpected(missing.error());
    if (!missing->empty()) co_return invalid_principal("AWS", *missing);
    co_return Result<void>();
}

}  // namespace

Outcome put_bucket_policy(S3Request& request) {
    const auto stated = require_integrity(request.head);
    if (!stated) co_return stated;
    auto body = co_await read_document_body(request, policy_body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    const auto checked = co_await check_principals(request, *body);
    if (!checked) co_return checked;
    const schema::PutBucketPolicy message{.bucket = request.address.bucket,
                                          .policy = *std::move(body)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

Outcome get_bucket_policy(S3Request& request) {
    auto policy = co_await fetch_policy(request);
    if (!policy) co_return std::unexpected(std::move(policy).error());
    http::ResponseHead head{
        .status = 200, .headers = common_headers(request.context), .content_length = {}};
    head.headers.emplace_back("Content-Type", "application/json");
    co_return co_await request.context.exchange.respond(std::move(head), std::move(policy->policy));
}

Outcome get_bucket_policy_status(S3Request& request) {
    const auto policy = co_await fetch_policy(request);
    if (!policy) co_return std::unexpected(policy.error());
    Reply reply{.body = render_status(policy->is_public)};
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_bucket_policy(S3Request& request) {
    const schema::DeleteBucketPolicy message{.bucket = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
