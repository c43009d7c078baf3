#include "services/gateway/s3/access.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/schema/replica_header.hpp"
#include "services/gateway/s3/copy_source.hpp"
#include "services/gateway/s3/dates.hpp"
#include "services/gateway/s3/lock_document.hpp"

namespace onput::gateway::s3 {
namespace {

struct Rule {
    std::string_view operation;
    std::string_view action;
    std::string_view version_action = {};  // Where a version is named; empty: the same.
};

constexpr std::array rules{
    Rule{"AbortMultipartUpload", "AbortMultipartUpload"},
    Rule{"CompleteMultipartUpload", "PutObject"},
    Rule{"CopyObject", "PutObject"},
    Rule{"CreateBucket", "CreateBucket"},
    Rule{"CreateMultipartUpload", "PutObject"},
    Rule{"DeleteBucket", "DeleteBucket"},
    Rule{"DeleteBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"},
    Rule{"DeleteBucketCors", "PutBucketCORS"},
    Rule{"DeleteBucketEncryption", "PutEncryptionConfiguration"},
    Rule{"DeleteBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"},
    Rule{"DeleteBucketInventoryConfiguration", "PutInventoryConfiguration"},
    Rule{"DeleteBucketLifecycle", "PutLifecycleConfiguration"},
    Rule{"DeleteBucketMetricsConfiguration", "PutMetricsConfiguration"},
    Rule{"DeleteBucketOwnershipControls", "PutBucketOwnershipControls"},
    Rule{"DeleteBucketPolicy", "DeleteBucketPolicy"},
    Rule{"DeleteBucketReplication", "PutReplicationConfiguration"},
    Rule{"DeleteBucketTagging", "PutBucketTagging"},
    Rule{"DeleteBucketWebsite", "DeleteBucketWebsite"},
    Rule{"DeleteObject", "DeleteObject", "DeleteObjectVersion"},
    Rule{"DeleteObjectTagging", "DeleteObjectTagging", "DeleteObjectVersionTagging"},
    Rule{"DeleteObjects", "DeleteObject"},
    Rule{"DeletePublicAccessBlock", "PutBucketPublicAccessBlock"},
    Rule{"GetBucketAccelerateConfiguration", "GetAccelerateConfiguration"},
    Rule{"GetBucketAcl", "GetBucketAcl"},
    Rule{"GetBucketAnalyticsConfiguration", "GetAnalyticsConfiguration"},
    Rule{"GetBucketCors", "GetBucketCORS"},
    Rule{"GetBucketEncryption", "GetEncryptionConfiguration"},
    Rule{"GetBucketIntelligentTieringConfiguration", "GetIntelligentTieringConfiguration"},
    Rule{"GetBucketInventoryConfiguration", "GetInventoryConfiguration"},
    Rule{"GetBucketLifecycle", "GetLifecycleConfiguration"},
    Rule{"GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
    Rule{"GetBucketLocation", "GetBucketLocation"},
    Rule{"GetBucketLogging", "GetBucketLogging"},
    Rule{"GetBucketMetricsConfiguration", "GetMetricsConfiguration"},
    Rule{"GetBucketNotification", "GetBucketNotification"},
    Rule{"GetBucketNotificationConfiguration", "GetBucketNotification"},
    Rule{"GetBucketOwnershipControls", "GetBucketOwnershipControls"},
    Rule{"GetBucketPolicy", "GetBucketPolicy"},
    Rule{"GetBucketPolicyStatus", "GetBucketPolicyStatus"},
    Rule{"GetBucketReplication", "GetReplicationConfiguration"},
    Rule{"GetBucketRequestPayment", "GetBucketRequestPayment"},
    Rule{"GetBucketTagging", "GetBucketTagging"},
    Rule{"GetBucketVersioning", "GetBucketVersioning"},
    Rule{"GetBucketWebsite", "GetBucketWebsite"},
    Rule{"GetObject", "GetObject", "GetObjectVersion"},
    Rule{"GetObjectAcl", "GetObjectAcl", "GetObjectVersionAcl"},
    Rule{"GetObjectAttributes", "GetObject", "GetObjectVersion"},
    Rule{"GetObjectLegalHold", "GetObjectLegalHold"},
    Rule{"GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"},
    Rule{"GetObjectRetention", "GetObjectRetention"},
    Rule{"GetObjectTagging", "GetObjectTagging", "GetObjectVersionTagging"},
    Rule{"GetPublicAccessBlock", "GetBucketPublicAccessBlock"},
    Rule{"HeadBucket", "ListBucket"},
    Rule{"HeadObject", "GetObject", "GetObjectVersion"},
    Rule{"ListBucketAnalyticsConfigurations", "GetAnalyticsConfiguration"},
    Rule{"ListBucketIntelligentTieringConfigurations", "GetIntelligentTieringConfiguration"},
    Rule{"ListBucketInventoryConfigurations", "GetInventoryConfiguration"},
    Rule{"ListBucketMetricsConfigurations", "GetMetricsConfiguration"},
    Rule{"ListBuckets", "ListAllMyBuckets"},
    Rule{"ListMultipartUploads", "ListBucketMultipartUploads"},
    Rule{"ListObjectVersions", "ListBucketVersions"},
    Rule{"ListObjects", "ListBucket"},
    Rule{"ListObjectsV2", "ListBucket"},
    Rule{"ListParts", "ListMultipartUploadParts"},
    Rule{"PostObject", "PutObject"},
    Rule{"PutBucketAccelerateConfiguration", "PutAccelerateConfiguration"},
    Rule{"PutBucketAcl", "PutBucketAcl"},
    Rule{"PutBucketAnalyticsConfiguration", "PutAnalyticsConfiguration"},
    Rule{"PutBucketCors", "PutBucketCORS"},
    Rule{"PutBucketEncryption", "PutEncryptionConfiguration"},
    Rule{"PutBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"},
    Rule{"PutBucketInventoryConfiguration", "PutInventoryConfiguration"},
    Rule{"PutBucketLifecycle", "PutLifecycleConfiguration"},
    Rule{"PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"},
    Rule{"PutBucketLogging", "PutBucketLogging"},
    Rule{"PutBucketMetricsConfiguration", "PutMetricsConfiguration"},
    Rule{"PutBucketNotification", "PutBucketNotification"},
    Rule{"PutBucketNotificationConfiguration", "PutBucketNotification"},
    Rule{"PutBucketOwnershipControls", "PutBucketOwnershipControls"},
    Rule{"PutBucketPolicy", "PutBucketPolicy"},
    Rule{"PutBucketReplication", "PutReplicationConfiguration"},
    Rule{"PutBucketRequestPayment", "PutBucketRequestPayment"},
    Rule{"PutBucketTagging", "PutBucketTagging"},
    Rule{"PutBucketVersioning", "PutBucketVersioning"},
    Rule{"PutBucketWebsite", "PutBucketWebsite"},
    Rule{"PutObject", "PutObject"},
    Rule{"PutObjectAcl", "PutObjectAcl", "PutObjectVersionAcl"},
    Rule{"PutObjectLegalHold", "PutObjectLegalHold"},
    Rule{"PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"},
    Rule{"PutObjectRetention", "PutObjectRetention"},
    Rule{"PutObjectTagging", "PutObjectTagging", "PutObjectVersionTagging"},
    Rule{"PutPublicAccessBlock", "PutBucketPublicAccessBlock"},
    Rule{"RestoreObject", "RestoreObject"},
    Rule{"SelectObjectContent", "GetObject"},
    Rule{"UploadPart", "PutObject"},
    Rule{"UploadPartCopy", "PutObject"},
};
static_assert(std::ranges::is_sorted(rules, {}, &Rule::operation));

const Rule* find_rule(std::string_view operation) {
    const auto* found = std::ranges::lower_bound(rules, operation, {}, &Rule::operation);
    return found != rules.end() && found->operation == operation ? found : nullptr;
}

// Headers of a request that conditions may ask for, as keys "s3:" and the name.
constexpr std::array<std::string_view, 13> asked_headers{
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location"};

// What an object is given with its bytes, each an action of its own.
struct Extra {
    std::string_view header;
    std::string_view action;
};
constexpr std::array<Extra, 10> extras{{
    {"x-amz-acl", "PutObjectAcl"},
    {"x-amz-grant-full-control", "PutObjectAcl"},
    {"x-amz-grant-read", "PutObjectAcl"},
    {"x-amz-grant-read-acp", "PutObjectAcl"},
    {"x-amz-grant-write", "PutObjectAcl"},
    {"x-amz-grant-write-acp", "PutObjectAcl"},
    {"x-amz-object-lock-legal-hold", "PutObjectLegalHold"},
    {"x-amz-object-lock-mode", "PutObjectRetention"},
    {"x-amz-object-lock-retain-until-date", "PutObjectRetention"},
    {"x-amz-tagging", "PutObjectTagging"},
}};

bool makes_object(std::string_view operation) {
    return operation == "PutObject" || operation == "CopyObject" || operation == "PostObject" ||
           operation == "CreateMultipartUpload";
}

bool is_of_upload(std::string_view operation) {
    return makes_object(operation) || operation == "CompleteMultipartUpload" ||
           operation == "UploadPart" || operation == "UploadPartCopy";
}

// Whether If-Match and If-None-Match are about the object that is put or deleted.
bool is_conditional(std::string_view operation) {
    return makes_object(operation) || operation == "CompleteMultipartUpload" ||
           operation == "DeleteObject";
}

bool may_bypass_governance(std::string_view operation) {
    return operation == "DeleteObject" || operation == "DeleteObjects" ||
           operation == "PutObjectRetention";
}

void add_action(std::string_view action, std::vector<std::string>& actions) {
    if (std::ranges::find(actions, action) == actions.end()) actions.emplace_back(action);
}

std::vector<std::string> actions_of(const AccessInput& input) {
    std::vector<std::string> actions;
    const Rule* rule = find_rule(input.operation);
    if (rule == nullptr) return actions;
    const auto* version = http::find_parameter(input.query, "versionId");
    const bool is_of_version = version != nullptr && !version->value.empty();
    const bool has_other = is_of_version && !rule->version_action.empty();
    actions.emplace_back(has_other ? rule->version_action : rule->action);
    if (input.operation == "GetObjectAttributes")
        actions.emplace_back(is_of_version ? "GetObjectVersionAttributes" : "GetObjectAttributes");
    if (makes_object(input.operation)) {
        for (const Extra& extra : extras) {
            const auto value = input.head.header(extra.header);
            // Who only gives the bucket's owner all rights needs none of his own.
            if (value && *value != "bucket-owner-full-control") add_action(extra.action, actions);
        }
    }
    // What replication sends.
    if (is_conditional(input.operation) && input.head.header(schema::replica_header)) {
        const bool is_deletion = input.operation == "DeleteObject";
        add_action(is_deletion ? schema::replicate_delete_action : schema::replicate_action,
                   actions);
    }
    // Whether an ETag is right is told to who may read the object.
    if (is_conditional(input.operation) && input.head.header("if-match").value_or("*") != "*")
        add_action("GetObject", actions);
    if (may_bypass_governance(input.operation) && asks_for_governance_bypass(input.head))
        actions.emplace_back("BypassGovernanceRetention");
    return actions;
}

void add_values_of_list(const AccessInput& input, schema::AccessContext& context) {
    const auto text_of = [&input](std::string_view name) -> std::string {
        const auto* found = http::find_parameter(input.query, name);
        return found != nullptr ? found->value : std::string();
    };
    context.values["s3:prefix"] = text_of("prefix");
    const std::string keys_max = text_of("max-keys");
    context.values["s3:max-keys"] = keys_max.empty() ? "1000" : keys_max;
    if (auto delimiter = text_of("delimiter"); !delimiter.empty())
        context.values["s3:delimiter"] = std::move(delimiter);
}

void add_values_of_lock(const AccessInput& input, schema::AccessContext& context) {
    const auto& head = input.head;
    if (const auto mode = head.header("x-amz-object-lock-mode"))
        context.values["s3:object-lock-mode"] = *mode;
    if (const auto hold = head.header("x-amz-object-lock-legal-hold"))
        context.values["s3:object-lock-legal-hold"] = *hold;
    const auto until = head.header("x-amz-object-lock-retain-until-date");
    if (!until) return;
    context.values["s3:object-lock-retain-until-date"] = *until;
    if (const auto date = parse_date(*until)) {
        context.values["s3:object-lock-remaining-retention-days"] =
            fmt::format("{}", std::chrono::ceil<std::chrono::days>(*date - input.now).count());
    }
}

// The source as it is understood, however it is spelled: "bucket/key", and "?versionId=id".
void add_values_of_copy(const AccessInput& input, schema::AccessContext& context) {
    const auto header = input.head.header("x-amz-copy-source");
    if (!header) return;
    const auto source = read_copy_source(*header);
    if (!source) return;
    auto& value = context.values["s3:x-amz-copy-source"];
    value = fmt::format("{}/{}", source->bucket, source->key);
    if (!source->version_id.empty()) value += "?versionId=" + source->version_id;
}

void add_values(const AccessInput& input, schema::AccessContext& context) {
    if (input.operation == "ListObjects" || input.operation == "ListObjectsV2" ||
        input.operation == "ListObjectVersions" || input.operation == "ListMultipartUploads")
        add_values_of_list(input, context);
    for (const std::string_view name : asked_headers) {
        if (const auto value = input.head.header(name))
            context.values[fmt::format("s3:{}", name)] = *value;
    }
    add_values_of_copy(input, context);
    const auto* version = http::find_parameter(input.query, "versionId");
    if (version != nullptr && !version->value.empty())
        context.values["s3:versionid"] = version->value;
    if (is_of_upload(input.operation)) {
        // Conditions ask for those that make an object of their own bytes.
        const bool is_step =
            input.operation == "CreateMultipartUpload" || input.operation.starts_with("UploadPart");
        context.values["s3:objectcreationoperation"] = is_step ? "false" : "true";
    }
    if (makes_object(input.operation) || input.operation == "CompleteMultipartUpload")
        add_values_of_lock(input, context);
    if (!is_conditional(input.operation)) return;
    for (const std::string_view name : {"if-match", "if-none-match"}) {
        if (const auto value = input.head.header(name))
            context.values[fmt::format("s3:{}", name)] = *value;
    }
}

void add_signature(const AccessInput& input, schema::AccessContext& context) {
    const auto& identity = input.identity;
    if (identity.access_key.empty()) return;
    using enum auth::Scheme;
    const bool is_v2 = identity.scheme == sigv2_header || identity.scheme == sigv2_query;
    const bool is_query = identity.scheme == sigv2_query || identity.scheme == sigv4_query;
    context.signature_version = is_v2 ? 2 : 4;
    context.auth_type = is_query ? "REST-QUERY-STRING" : "REST-HEADER";
    if (input.operation == "PostObject") context.auth_type = "POST";
    context.content_sha256 = identity.payload.token;
    if (identity.signed_at == Timestamp()) return;
    const auto age =
        std::chrono::floor<std::chrono::milliseconds>(input.now - identity.signed_at).count();
    context.signature_age_ms = age > 0 ? static_cast<std::uint64_t>(age) : 0;
}

}  // namespace

schema::AccessContext access_of(const AccessInput& input) {
    schema::AccessContext context{
        .actions = actions_of(input),
        .source_ip = input.source_ip,
        .is_secure = input.is_secure,
        .user_agent = std::string(input.sent.header("user-agent").value_or("")),
        .referer = std::string(input.sent.header("referer").value_or("")),
        .expected_owner =
            std::string(input.head.header("x-amz-expected-bucket-owner").value_or(""))};
    add_signature(input, context);
    add_values(input, context);
    return context;
}

schema::AccessContext access_to_source(schema::AccessContext context, const SourceAccess& source) {
    const Rule* rule = find_rule(source.action);
    const bool is_of_version = !source.version_id.empty();
    const bool has_other = is_of_version && rule != nullptr && !rule->version_action.empty();
    context.actions = {std::string(has_other ? rule->version_action : source.action)};
    context.values.clear();
    if (is_of_version) context.values["s3:versionid"] = source.version_id;
    context.expected_owner = source.expected_owner;
    context.is_copy_source = true;
    return context;
}

bool has_actions(std::string_view operation) {
    return find_rule(operation) != nullptr;
}

}  // namespace onput::gateway::s3
