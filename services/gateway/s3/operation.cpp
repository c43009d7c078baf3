#include "services/gateway/s3/operation.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

enum class Target { service, bucket, object };

struct Route {
    std::string_view method;
    Target target;
    std::string_view
        sub_resource;  // The query parameter that makes it this operation; empty: none does.
    Operation operation;
};

constexpr std::array routes{
    Route{"GET", Target::service, "", {"ListBuckets", &list_buckets}},
    Route{"PUT",
          Target::bucket,
          "notification",
          {"PutBucketNotificationConfiguration", &put_notification}},
    Route{"GET",
          Target::bucket,
          "notification",
          {"GetBucketNotificationConfiguration", &get_notification}},
    Route{"GET", Target::bucket, "location", {"GetBucketLocation", &get_bucket_location}},
    Route{"GET", Target::bucket, "versioning", {"GetBucketVersioning", &get_bucket_versioning}},
    Route{"GET", Target::bucket, "list-type", {"ListObjectsV2", &list_objects_v2}},
    Route{"GET", Target::bucket, "", {"ListObjects", &list_objects_v1}},
    Route{"PUT", Target::bucket, "", {"CreateBucket", &create_bucket}},
    Route{"HEAD", Target::bucket, "", {"HeadBucket", &head_bucket}},
    Route{"DELETE", Target::bucket, "", {"DeleteBucket", &delete_bucket}},
    Route{"PUT", Target::object, "", {"PutObject", &put_object}},
    Route{"GET", Target::object, "", {"GetObject", &get_object}},
    Route{"HEAD", Target::object, "", {"HeadObject", &head_object}},
    Route{"DELETE", Target::object, "", {"DeleteObject", &delete_object}},
};

// Parameters that refine an operation, or belong to a signature. Any other is a sub-resource: known
// above, or not implemented.
constexpr std::array<std::string_view, 27> modifiers{"prefix",
                                                     "delimiter",
                                                     "marker",
                                                     "max-keys",
                                                     "encoding-type",
                                                     "continuation-token",
                                                     "start-after",
                                                     "fetch-owner",
                                                     "x-id",
                                                     "versionId",
                                                     "max-buckets",
                                                     "AWSAccessKeyId",
                                                     "Signature",
                                                     "Expires",
                                                     "response-content-type",
                                                     "response-content-language",
                                                     "response-expires",
                                                     "response-cache-control",
                                                     "response-content-disposition",
                                                     "response-content-encoding",
                                                     "bucket-region",
                                                     "X-Amz-Algorithm",
                                                     "X-Amz-Credential",
                                                     "X-Amz-Date",
                                                     "X-Amz-Expires",
                                                     "X-Amz-SignedHeaders",
                                                     "X-Amz-Signature"};

bool is_modifier(std::string_view name) {
    // Presigned URLs carry signed headers as parameters: x-amz-checksum-mode and its like.
    const bool is_amz = name.size() > 6 && http::equal_ignoring_case(name.substr(0, 6), "x-amz-");
    return is_amz || std::ranges::find(modifiers, name) != modifiers.end();
}

// Headers that would make an operation another one, or ask of it what it cannot do.
Result<void> refuse_unsupported_headers(const S3Request& request) {
    struct Unsupported {
        std::string_view header;
        std::string_view accepted;  // This value is what happens anyway.
        std::string_view what;
    };
    static constexpr std::array<Unsupported, 13> list{{
        {"x-amz-copy-source", "", "CopyObject"},
        {"x-amz-tagging", "", "tags of objects"},
        {"x-amz-storage-class", "STANDARD", "storage classes other than STANDARD"},
        {"x-amz-server-side-encryption", "AES256", "encryption with other keys than the service's"},
        {"x-amz-server-side-encryption-customer-algorithm", "",
         "encryption with the customer's keys"},
        {"x-amz-object-lock-mode", "", "object lock"},
        {"x-amz-object-lock-legal-hold", "OFF", "object lock"},
        {"x-amz-bucket-object-lock-enabled", "false", "object lock"},
        {"x-amz-website-redirect-location", "", "website redirects"},
        {"x-amz-write-offset-bytes", "", "appending to objects"},
        {"x-amz-grant-read", "", "access control lists"},
        {"x-amz-grant-full-control", "", "access control lists"},
        {"x-amz-mfa", "", "MFA delete"},
    }};
    for (const auto& entry : list) {
        const auto value = request.context.head().header(entry.header);
        if (value && *value != entry.accepted) return not_implemented(entry.what);
    }
    const auto acl = request.context.head().header("x-amz-acl");
    if (acl && *acl != "private" && *acl != "bucket-owner-full-control") {
        return onput::fail(ErrorCode::invalid_argument, "only private ACLs", "acl_not_supported");
    }
    return {};
}

// Nothing here has versions: only the null version can be named.
Result<void> refuse_versions(const S3Request& request) {
    const auto* version = request.context.parameter("versionId");
    if (version == nullptr || version->value == "null") return {};
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Invalid version id specified",
                .reason = {},
                .details = {{"ArgumentName", "versionId"}, {"ArgumentValue", version->value}}};
    return std::unexpected(std::move(error));
}

}  // namespace

Result<Operation> find_operation(const S3Request& request) {
    const auto& head = request.context.head();
    const Target target = request.address.bucket.empty() ? Target::service
                          : request.address.key.empty()  ? Target::bucket
                                                         : Target::object;
    std::string_view sub_resource;
    for (const auto& parameter : request.context.query) {
        if (!is_modifier(parameter.name)) sub_resource = parameter.name;
    }
    for (const auto& route : routes) {
        if (route.method != head.method || route.target != target ||
            route.sub_resource != sub_resource)
            continue;
        ONPUT_TRY_VOID(refuse_unsupported_headers(request));
        ONPUT_TRY_VOID(refuse_versions(request));
        return route.operation;
    }
    const bool is_known_method = head.method == "GET" || head.method == "PUT" ||
                                 head.method == "POST" || head.method == "DELETE" ||
                                 head.method == "HEAD";
    if (!is_known_method && head.method != "OPTIONS") {
        return onput::fail(ErrorCode::invalid_argument, "no such method", "method_not_allowed");
    }
    std::string what(head.method);
    what += target == Target::service  ? " on the service"
            : target == Target::bucket ? " on a bucket"
                                       : " on an object";
    if (!sub_resource.empty()) what += " with ?" + std::string(sub_resource);
    return not_implemented(what);
}

std::vector<std::pair<std::string, std::string>> common_headers(const RequestContext& context) {
    return {{"x-amz-request-id", context.request_id},
            {"x-amz-id-2", context.host_id},
            {"Server", "Onput"}};
}

Outcome respond(S3Request& request, Reply reply) {
    http::ResponseHead head{
        .status = reply.status, .headers = common_headers(request.context), .content_length = {}};
    if (!reply.body.empty()) head.headers.emplace_back("Content-Type", "application/xml");
    for (auto& header : reply.headers) head.headers.push_back(std::move(header));
    co_return co_await request.context.exchange.respond(std::move(head), std::move(reply.body));
}

}  // namespace onput::gateway::s3
