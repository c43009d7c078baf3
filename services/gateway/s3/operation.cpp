#include "services/gateway/s3/operation.hpp"

#include <algorithm>
#include <array>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

enum class Target { service, bucket, object };

struct Route {
    std::string_view method;
    Target target;
    // The query parameter that makes it this operation; empty: none does.
    std::string_view sub_resource;
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

// Parameters that refine an operation, or belong to a signature.
constexpr std::array<std::string_view, 23> modifiers{"prefix",
                                                     "delimiter",
                                                     "marker",
                                                     "max-keys",
                                                     "encoding-type",
                                                     "continuation-token",
                                                     "start-after",
                                                     "fetch-owner",
                                                     "max-buckets",
                                                     "bucket-region",
                                                     "x-id",
                                                     "versionId",
                                                     "AWSAccessKeyId",
                                                     "Signature",
                                                     "Expires",
                                                     "content-type",
                                                     "content-md5",
                                                     "response-content-type",
                                                     "response-content-language",
                                                     "response-expires",
                                                     "response-cache-control",
                                                     "response-content-disposition",
                                                     "response-content-encoding"};

// What a GET or HEAD of an object may ask for instead of its bytes.
constexpr std::array<std::string_view, 13> object_sub_resources{
    "acl",       "annotation", "attributes",  "encryption", "legal-hold", "partNumber", "restore",
    "retention", "select",     "select-type", "tagging",    "torrent",    "uploadId"};

bool has_prefix(std::string_view text, std::string_view prefix) {
    return text.size() > prefix.size() &&
           http::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

Target target_of(const Address& address) {
    if (address.bucket.empty()) return Target::service;
    return address.key.empty() ? Target::bucket : Target::object;
}

// Presigned URLs carry headers as x-amz- parameters (presigned.hpp).
bool is_modifier(std::string_view name) {
    return has_prefix(name, "x-amz-") || std::ranges::find(modifiers, name) != modifiers.end();
}

bool is_passed_over(const Question& question, std::string_view name) {
    const bool is_read = question.head.method == "GET" || question.head.method == "HEAD";
    return is_read && target_of(question.address) == Target::object && name != "uploads" &&
           std::ranges::find(object_sub_resources, name) == object_sub_resources.end();
}

Result<std::string_view> sub_resource_of(const Question& question) {
    std::string_view found;
    for (const auto& parameter : question.query) {
        const std::string_view name = parameter.name;
        if (is_modifier(name) || is_passed_over(question, name) || name == found) continue;
        if (found.empty()) {
            found = name;
            continue;
        }
        Error error{
            .code = ErrorCode::invalid_argument,
            .message = "Conflicting query string parameters: " + std::string(found) + ", " +
                       std::string(name),
            .reason = {},
            .details = {{"ArgumentName", "ResourceType"}, {"ArgumentValue", std::string(found)}}};
        return std::unexpected(std::move(error));
    }
    return found;
}

// Headers that would make an operation another one, or ask of it what it cannot do. One value of
// each may say what happens anyway.
Result<void> refuse_unsupported_headers(const http::RequestHead& head) {
    struct Unsupported {
        std::string_view header;
        std::string_view accepted;
        std::string_view what;
    };
    static constexpr std::array<Unsupported, 15> list{{
        {"x-amz-copy-source", "", "CopyObject"},
        {"x-amz-tagging", "", "tags of objects"},
        {"x-amz-storage-class", "STANDARD", "storage classes other than STANDARD"},
        {"x-amz-server-side-encryption", "AES256", "encryption with other keys than the service's"},
        {"x-amz-server-side-encryption-aws-kms-key-id", "", "encryption with keys of KMS"},
        {"x-amz-server-side-encryption-customer-algorithm", "",
         "encryption with the customer's keys"},
        {"x-amz-object-lock-mode", "", "object lock"},
        {"x-amz-object-lock-retain-until-date", "", "object lock"},
        {"x-amz-object-lock-legal-hold", "OFF", "object lock"},
        {"x-amz-bucket-object-lock-enabled", "false", "object lock"},
        {"x-amz-object-ownership", "BucketOwnerEnforced", "object ownership with ACLs"},
        {"x-amz-website-redirect-location", "", "website redirects"},
        {"x-amz-write-offset-bytes", "", "appending to objects"},
        {"x-amz-rename-source", "", "RenameObject"},
        {"x-amz-mfa", "", "MFA delete"},
    }};
    for (const auto& entry : list) {
        const auto value = head.header(entry.header);
        if (value && *value != entry.accepted) return not_implemented(entry.what);
    }
    for (const auto& header : head.headers) {
        const bool is_acl = http::equal_ignoring_case(header.name, "x-amz-acl") &&
                            header.value != "private" &&
                            header.value != "bucket-owner-full-control";
        if (is_acl || has_prefix(header.name, "x-amz-grant-")) {
            return onput::fail(ErrorCode::invalid_argument, "only private ACLs",
                               "acl_not_supported");
        }
    }
    return {};
}

// Nothing here has versions: only the null version can be named.
Result<void> refuse_versions(const Question& question) {
    const auto* version = http::find_parameter(question.query, "versionId");
    if (version == nullptr || version->value == "null") return {};
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Invalid version id specified",
                .reason = {},
                .details = {{"ArgumentName", "versionId"}, {"ArgumentValue", version->value}}};
    return std::unexpected(std::move(error));
}

// Buckets are reached by their owner only, so the owner that is expected must be the caller.
Result<void> check_expected_owner(const Question& question) {
    const auto owner = question.head.header("x-amz-expected-bucket-owner");
    if (!owner || *owner == question.account) return {};
    return onput::fail(ErrorCode::permission_denied, "the bucket's owner is another one",
                       "access_denied");
}

Result<void> check_key(std::string_view key) {
    if (key.size() <= schema::key_bytes_max) return {};
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Your key is too long",
                .reason = "key_too_long",
                .details = {{"Size", std::to_string(key.size())},
                            {"MaxSizeAllowed", std::to_string(schema::key_bytes_max)}}};
    return std::unexpected(std::move(error));
}

std::unexpected<Error> refuse_operation(const Question& question, std::string_view sub_resource) {
    static constexpr std::array<std::string_view, 6> methods{"GET",    "PUT",  "POST",
                                                             "DELETE", "HEAD", "OPTIONS"};
    static constexpr std::array<std::string_view, 3> names{"SERVICE", "BUCKET", "OBJECT"};
    static constexpr std::array<std::string_view, 3> places{" on the service", " on a bucket",
                                                            " on an object"};
    const auto target = static_cast<std::size_t>(target_of(question.address));
    std::string method(question.head.method);
    const bool is_of_s3 = std::ranges::find(methods, question.head.method) != methods.end();
    if (!is_of_s3 || (target == 0 && sub_resource.empty())) {
        return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                     .message = "S3 has no such operation",
                                     .reason = "method_not_allowed",
                                     .details = {{"Method", std::move(method)},
                                                 {"ResourceType", std::string(names[target])}}});
    }
    std::string what = method + std::string(places[target]);
    if (!sub_resource.empty()) what += " with ?" + std::string(sub_resource);
    return not_implemented(what);
}

}  // namespace

Result<Operation> find_operation(const Question& question) {
    ONPUT_TRY_VOID(check_key(question.address.key));
    ONPUT_TRY(const auto sub_resource, sub_resource_of(question));
    for (const auto& route : routes) {
        if (route.method != question.head.method || route.target != target_of(question.address) ||
            route.sub_resource != sub_resource)
            continue;
        ONPUT_TRY_VOID(refuse_unsupported_headers(question.head));
        ONPUT_TRY_VOID(refuse_versions(question));
        ONPUT_TRY_VOID(check_expected_owner(question));
        return route.operation;
    }
    return refuse_operation(question, sub_resource);
}

std::vector<std::string_view> operation_names() {
    std::vector<std::string_view> names;
    for (const auto& route : routes) names.push_back(route.operation.name);
    return names;
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
