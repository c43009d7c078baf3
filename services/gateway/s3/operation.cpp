#include "services/gateway/s3/operation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/s3/access.hpp"
#include "services/gateway/s3/bucket_access.hpp"
#include "services/gateway/s3/bucket_configurations.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/form_reader.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/operation_table.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::array operations{
    Operation{"AbortMultipartUpload", &abort_multipart_upload},
    Operation{"CompleteMultipartUpload", &complete_multipart_upload},
    Operation{"CopyObject", &copy_object},
    Operation{"CreateBucket", &create_bucket},
    Operation{"CreateMultipartUpload", &create_multipart_upload},
    Operation{"DeleteBucket", &delete_bucket},
    Operation{"DeleteBucketAnalyticsConfiguration",
              &run_for<&delete_configuration, ConfigurationKind::analytics>},
    Operation{"DeleteBucketCors", &run_for<&delete_configuration, ConfigurationKind::cors>},
    Operation{"DeleteBucketEncryption",
              &run_for<&delete_configuration, ConfigurationKind::encryption>},
    Operation{"DeleteBucketIntelligentTieringConfiguration",
              &run_for<&delete_configuration, ConfigurationKind::intelligent_tiering>},
    Operation{"DeleteBucketInventoryConfiguration",
              &run_for<&delete_configuration, ConfigurationKind::inventory>},
    Operation{"DeleteBucketLifecycle", &delete_bucket_lifecycle},
    Operation{"DeleteBucketMetricsConfiguration",
              &run_for<&delete_configuration, ConfigurationKind::metrics>},
    Operation{"DeleteBucketOwnershipControls",
              &run_for<&delete_configuration, ConfigurationKind::ownership_controls>},
    Operation{"DeleteBucketPolicy", &delete_bucket_policy},
    Operation{"DeleteBucketReplication", &delete_bucket_replication},
    Operation{"DeleteBucketTagging", &run_for<&delete_configuration, ConfigurationKind::tagging>},
    Operation{"DeleteBucketWebsite", &run_for<&delete_configuration, ConfigurationKind::website>},
    Operation{"DeleteObject", &delete_object},
    Operation{"DeleteObjectTagging", &delete_object_tagging},
    Operation{"DeleteObjects", &delete_objects},
    Operation{"DeletePublicAccessBlock",
              &run_for<&delete_configuration, ConfigurationKind::public_access_block>},
    Operation{"GetBucketAccelerateConfiguration",
              &run_for<&get_configuration, ConfigurationKind::accelerate>},
    Operation{"GetBucketAcl", &get_bucket_acl},
    Operation{"GetBucketAnalyticsConfiguration",
              &run_for<&get_configuration, ConfigurationKind::analytics>},
    Operation{"GetBucketCors", &run_for<&get_configuration, ConfigurationKind::cors>},
    Operation{"GetBucketEncryption", &run_for<&get_configuration, ConfigurationKind::encryption>},
    Operation{"GetBucketIntelligentTieringConfiguration",
              &run_for<&get_configuration, ConfigurationKind::intelligent_tiering>},
    Operation{"GetBucketInventoryConfiguration",
              &run_for<&get_configuration, ConfigurationKind::inventory>},
    Operation{"GetBucketLifecycleConfiguration", &get_bucket_lifecycle},
    Operation{"GetBucketLocation", &get_bucket_location},
    Operation{"GetBucketLogging", &run_for<&get_configuration, ConfigurationKind::logging>},
    Operation{"GetBucketMetricsConfiguration",
              &run_for<&get_configuration, ConfigurationKind::metrics>},
    Operation{"GetBucketNotificationConfiguration", &get_notification},
    Operation{"GetBucketOwnershipControls",
              &run_for<&get_configuration, ConfigurationKind::ownership_controls>},
    Operation{"GetBucketPolicy", &get_bucket_policy},
    Operation{"GetBucketPolicyStatus", &get_bucket_policy_status},
    Operation{"GetBucketReplication", &get_bucket_replication},
    Operation{"GetBucketRequestPayment",
              &run_for<&get_configuration, ConfigurationKind::request_payment>},
    Operation{"GetBucketTagging", &run_for<&get_configuration, ConfigurationKind::tagging>},
    Operation{"GetBucketVersioning", &get_bucket_versioning},
    Operation{"GetBucketWebsite", &run_for<&get_configuration, ConfigurationKind::website>},
    Operation{"GetObject", &get_object},
    Operation{"GetObjectAcl", &get_object_acl},
    Operation{"GetObjectAttributes", &get_object_attributes},
    Operation{"GetObjectLegalHold", &get_object_legal_hold},
    Operation{"GetObjectLockConfiguration", &get_object_lock_configuration},
    Operation{"GetObjectRetention", &get_object_retention},
    Operation{"GetObjectTagging", &get_object_tagging},
    Operation{"GetPublicAccessBlock",
              &run_for<&get_configuration, ConfigurationKind::public_access_block>},
    Operation{"HeadBucket", &head_bucket},
    Operation{"HeadObject", &head_object},
    Operation{"ListBucketAnalyticsConfigurations",
              &run_for<&list_configurations, ConfigurationKind::analytics>},
    Operation{"ListBucketIntelligentTieringConfigurations",
              &run_for<&list_configurations, ConfigurationKind::intelligent_tiering>},
    Operation{"ListBucketInventoryConfigurations",
              &run_for<&list_configurations, ConfigurationKind::inventory>},
    Operation{"ListBucketMetricsConfigurations",
              &run_for<&list_configurations, ConfigurationKind::metrics>},
    Operation{"ListBuckets", &list_buckets},
    Operation{"ListMultipartUploads", &list_multipart_uploads},
    Operation{"ListObjectVersions", &list_object_versions},
    Operation{"ListObjects", &list_objects_v1},
    Operation{"ListObjectsV2", &list_objects_v2},
    Operation{"ListParts", &list_parts},
    Operation{"PutBucketAccelerateConfiguration",
              &run_for<&put_configuration, ConfigurationKind::accelerate>},
    Operation{"PutBucketAcl", &put_bucket_acl},
    Operation{"PutBucketAnalyticsConfiguration",
              &run_for<&put_configuration, ConfigurationKind::analytics>},
    Operation{"PutBucketCors", &run_for<&put_configuration, ConfigurationKind::cors>},
    Operation{"PutBucketEncryption", &run_for<&put_configuration, ConfigurationKind::encryption>},
    Operation{"PutBucketIntelligentTieringConfiguration",
              &run_for<&put_configuration, ConfigurationKind::intelligent_tiering>},
    Operation{"PutBucketInventoryConfiguration",
              &run_for<&put_configuration, ConfigurationKind::inventory>},
    Operation{"PutBucketLifecycleConfiguration", &put_bucket_lifecycle},
    Operation{"PutBucketLogging", &run_for<&put_configuration, ConfigurationKind::logging>},
    Operation{"PutBucketMetricsConfiguration",
              &run_for<&put_configuration, ConfigurationKind::metrics>},
    Operation{"PutBucketNotificationConfiguration", &put_notification},
    Operation{"PutBucketOwnershipControls",
              &run_for<&put_configuration, ConfigurationKind::ownership_controls>},
    Operation{"PutBucketPolicy", &put_bucket_policy},
    Operation{"PutBucketReplication", &put_bucket_replication},
    Operation{"PutBucketRequestPayment",
              &run_for<&put_configuration, ConfigurationKind::request_payment>},
    Operation{"PutBucketTagging", &run_for<&put_configuration, ConfigurationKind::tagging>},
    Operation{"PutBucketVersioning", &put_bucket_versioning},
    Operation{"PutBucketWebsite", &run_for<&put_configuration, ConfigurationKind::website>},
    Operation{"PutObject", &put_object},
    Operation{"PutObjectAcl", &put_object_acl},
    Operation{"PutObjectLegalHold", &put_object_legal_hold},
    Operation{"PutObjectLockConfiguration", &put_object_lock_configuration},
    Operation{"PutObjectRetention", &put_object_retention},
    Operation{"PutObjectTagging", &put_object_tagging},
    Operation{"PutPublicAccessBlock",
              &run_for<&put_configuration, ConfigurationKind::public_access_block>},
    Operation{"RestoreObject", &restore_object},
    Operation{"UploadPart", &upload_part},
    Operation{"UploadPartCopy", &upload_part_copy},
};
static_assert(std::ranges::is_sorted(operations, {}, &Operation::name));

constexpr Operation post_object_operation{"PostObject", &post_object};

const Operation* find_implemented(std::string_view name) {
    const auto* found = std::ranges::lower_bound(operations, name, {}, &Operation::name);
    return found != operations.end() && found->name == name ? found : nullptr;
}

const OperationTable& table() {
    static const OperationTable made(aws::s3_model(), operation_names());
    return made;
}

bool is_form_type(const http::RequestHead& head) {
    constexpr std::string_view type = "multipart/form-data";
    const std::string_view sent = head.header("content-type").value_or("");
    return http::equal_ignoring_case(sent.substr(0, type.size()), type);
}

Target target_of(const Address& address) {
    if (address.bucket.empty()) return Target::service;
    return address.key.empty() ? Target::bucket : Target::object;
}

using Names = std::vector<std::string_view>;

Names names_of(const std::vector<http::QueryParameter>& query) {
    Names names;
    names.reserve(query.size());
    for (const auto& parameter : query) names.push_back(parameter.name);
    return names;
}

// The names that can make it another operation, each once.
Names sub_resources_of(const Lookup& lookup) {
    Names names;
    for (const std::string_view name : names_of(lookup.query)) {
        const bool is_one = table().is_sub_resource(target_of(lookup.address), name) ||
                            table().is_sub_resource(name);
        if (!is_one) continue;
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    return names;
}

bool is_form_post(const http::RequestHead& head, const Address& address, const Names& names) {
    return head.method == "POST" && target_of(address) == Target::bucket && names.empty();
}

std::unexpected<Error> refuse_conflict(std::string_view one, std::string_view other) {
    return invalid_argument(fmt::format("Conflicting query string parameters: {}, {}", one, other),
                            "ResourceType", std::string(one));
}

// Headers that would make an operation another one, or ask of it what it cannot do. One value of
// each may say what happens anyway.
Result<void> refuse_unsupported_headers(const http::RequestHead& head) {
    struct Unsupported {
        std::string_view header;
        std::string_view accepted;
        std::string_view what;
    };
    static constexpr std::array<Unsupported, 3> list{{
        {"x-amz-write-offset-bytes", "", "appending to objects"},
        {"x-amz-rename-source", "", "RenameObject"},
        {"x-amz-mfa", "", "MFA delete"},
    }};
    for (const auto& entry : list) {
        const auto value = head.header(entry.header);
        if (value && *value != entry.accepted) return not_implemented(entry.what);
    }
    return {};
}

// A version is named to what takes one, and by a name.
Result<void> check_version_id(const Lookup& lookup, const OperationTable::Entry& entry) {
    constexpr std::string_view parameter = "versionId";
    const auto* version = http::find_parameter(lookup.query, parameter);
    if (version == nullptr || target_of(lookup.address) != Target::object) return {};
    if (!entry.takes(parameter)) {
        return invalid_argument("This operation does not accept a version-id.",
                                std::string(parameter), version->value);
    }
    if (!version->value.empty()) return {};
    return invalid_argument("Version id cannot be the empty string", std::string(parameter), "");
}

// What has no bucket yet has no owner to expect.
bool expects_owner(std::string_view operation) {
    return operation != "CreateBucket" && operation != "ListBuckets";
}

Result<void> check_key(std::string_view key) {
    if (key.size() <= schema::key_bytes_max) return {};
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Your key is too long",
                .reason = "key_too_long",
                .details = {{"Size", fmt::format("{}", key.size())},
                            {"MaxSizeAllowed", fmt::format("{}", schema::key_bytes_max)}}};
    return std::unexpected(std::move(error));
}

// What only buckets have.
Result<void> check_of_key(const Lookup& lookup, std::string_view sub_resource) {
    const bool is_object = target_of(lookup.address) == Target::object;
    if (!is_object || table().is_sub_resource(Target::object, sub_resource)) return {};
    return onput::fail(
        ErrorCode::invalid_argument,
        fmt::format("There is no such thing as the ?{} sub-resource for a key", sub_resource),
        "invalid_request");
}

// A POST on a bucket is a form, which the model does not have, or nothing.
std::unexpected<Error> refuse_post() {
    return std::unexpected(
        Error{.code = ErrorCode::conflict,
              .message = "a POST on a bucket is a form",
              .reason = "precondition_failed",
              .details = {
                  {"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"}}});
}

// S3 has no such operation, or one that its model does not have.
std::unexpected<Error> refuse_unknown(const Lookup& lookup, std::string_view sub_resource) {
    static constexpr std::array<std::string_view, 6> methods{"GET",    "PUT",  "POST",
                                                             "DELETE", "HEAD", "OPTIONS"};
    static constexpr std::array<std::string_view, 3> names{"SERVICE", "BUCKET", "OBJECT"};
    static constexpr std::array<std::string_view, 3> places{"on the service", "on a bucket",
                                                            "on an object"};
    const auto target = static_cast<std::size_t>(target_of(lookup.address));
    const bool is_of_s3 = std::ranges::find(methods, lookup.head.method) != methods.end();
    if (!is_of_s3 || (target == 0 && sub_resource.empty())) {
        return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                     .message = "S3 has no such operation",
                                     .reason = "method_not_allowed",
                                     .details = {{"Method", std::string(lookup.head.method)},
                                                 {"ResourceType", std::string(names[target])}}});
    }
    return not_implemented(fmt::format("{} {}{}{}", lookup.head.method, places[target],
                                       sub_resource.empty() ? "" : " with ?", sub_resource));
}

// An operation of the model that does not exist here, with its name in an element of its own.
std::unexpected<Error> refuse_by_name(const Lookup& lookup, const OperationTable::Entry& entry) {
    const std::string_view name = entry.operation->name;
    auto refused = entry.headers.empty() && !entry.parameters.empty()
                       ? refuse_unknown(lookup, entry.parameters.front())
                       : not_implemented(name);
    Error error = std::move(refused).error();
    error.details.emplace_back("Operation", name);
    return std::unexpected(std::move(error));
}

}  // namespace

Result<Operation> find_operation(const Lookup& lookup) {
    ONPUT_TRY_VOID(check_key(lookup.address.key));
    // S3's model does not have it.
    if (is_form_upload(lookup.head, lookup.address, lookup.query)) return post_object_operation;
    const auto names = sub_resources_of(lookup);
    const auto* entry = table().find({.head = lookup.head,
                                      .target = target_of(lookup.address),
                                      .parameters = names_of(lookup.query)});
    if (expects_owner(entry != nullptr ? entry->operation->name : "")) {
        ONPUT_TRY_VOID(check_expected_owner(lookup.head));
    }
    const Operation* operation =
        entry != nullptr ? find_implemented(entry->operation->name) : nullptr;
    const auto is_strange = [entry](std::string_view name) {
        return entry == nullptr || !entry->takes(name);
    };
    const bool has_strange = std::ranges::any_of(names, is_strange);
    if (has_strange && names.size() > 1) return refuse_conflict(names[0], names[1]);
    if (is_form_post(lookup.head, lookup.address, names)) return refuse_post();
    if (has_strange) ONPUT_TRY_VOID(check_of_key(lookup, names.front()));
    if (has_strange || entry == nullptr)
        return refuse_unknown(lookup, names.empty() ? std::string_view() : names.front());
    if (operation == nullptr) return refuse_by_name(lookup, *entry);
    ONPUT_TRY_VOID(check_headers(lookup.head));
    ONPUT_TRY_VOID(check_version_id(lookup, *entry));
    return *operation;
}

bool is_form_upload(const http::RequestHead& head, const Address& address,
                    const std::vector<http::QueryParameter>& query) {
    const Lookup lookup{.head = head, .address = address, .query = query};
    return is_form_type(head) && is_form_post(head, address, sub_resources_of(lookup));
}

Result<void> check_headers(const http::RequestHead& head) {
    ONPUT_TRY_VOID(refuse_unsupported_headers(head));
    return check_encryption(head);
}

Result<void> check_expected_owner(const http::RequestHead& head, std::string_view header) {
    const auto owner = head.header(header);
    if (!owner) return {};
    if (!auth::is_account(*owner)) {
        return onput::fail(ErrorCode::invalid_argument,
                           fmt::format("The value of the expected bucket owner parameter must be "
                                       "an AWS Account ID... [{}]",
                                       *owner),
                           "invalid_expected_owner");
    }
    return {};
}

namespace {

// Those that bring a document which the gateway reads before storage is asked anything.
bool puts_document(std::string_view operation) {
    const bool has_bytes = operation == "PutObject";
    return (operation.starts_with("Put") && !has_bytes) || operation == "RestoreObject";
}

// What storage says of the caller, whatever the document says.
Outcome ask_admission(S3Request& request) {
    const auto& address = request.address;
    Result<void> admitted;
    if (address.key.empty()) {
        const schema::HeadBucket message{.name = address.bucket};
        const auto answer = co_await request.context.call(message);
        if (!answer) admitted = std::unexpected(answer.error());
    } else {
        const schema::HeadObject message{.bucket = address.bucket,
                                         .key = address.key,
                                         .conditions = {},
                                         .version_id = request.context.parameter_text("versionId")};
        const auto answer = co_await request.context.call(message);
        if (!answer) admitted = std::unexpected(answer.error());
    }
    if (admitted) co_return admitted;
    const Error& error = admitted.error();
    const bool is_about_caller = error.code == ErrorCode::permission_denied ||
                                 error.reason == "no_such_bucket" || error.reason == "wrong_region";
    co_return is_about_caller ? admitted : Result<void>();
}

}  // namespace

Outcome run_operation(const Operation& operation, S3Request& request) {
    auto served = co_await operation.run(request);
    const bool is_refused = !served && served.error().code == ErrorCode::invalid_argument;
    if (!is_refused || !puts_document(operation.name)) co_return served;
    auto admitted = co_await ask_admission(request);
    co_return admitted ? served : admitted;
}

void set_access(S3Request& request, std::string_view operation) {
    RequestContext& context = request.context;
    context.access = access_of({.operation = operation,
                                .head = request.head,
                                .sent = context.head(),
                                .query = context.query,
                                .identity = context.identity,
                                .source_ip = context.client_address(),
                                .is_secure = context.public_address().scheme == "https",
                                .now = context.now});
}

std::vector<std::string_view> operation_names() {
    std::vector<std::string_view> names;
    names.reserve(operations.size());
    for (const auto& operation : operations) names.push_back(operation.name);
    return names;
}

Headers common_headers(const RequestContext& context) {
    Headers headers{{"x-amz-request-id", context.request_id},
                    {"x-amz-id-2", context.host_id},
                    {"Server", "Onput"}};
    headers.insert(headers.end(), context.cors_headers.begin(), context.cors_headers.end());
    return headers;
}

Outcome respond(S3Request& request, Reply reply) {
    http::ResponseHead head{
        .status = reply.status, .headers = common_headers(request.context), .content_length = {}};
    if (!reply.body.empty()) head.headers.emplace_back("Content-Type", "application/xml");
    for (auto& header : reply.headers) head.headers.push_back(std::move(header));
    co_return co_await request.context.exchange.respond(std::move(head), std::move(reply.body));
}

}  // namespace onput::gateway::s3
