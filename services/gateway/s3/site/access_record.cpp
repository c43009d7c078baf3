#include "services/gateway/s3/site/access_record.hpp"

#include <array>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/encoding.hpp"
#include "common/base/log_time.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view nothing = "-";
// Of a quoted field: enough for any browser's.
constexpr std::size_t quoted_bytes_max = 4096;

// What operations are about, by a part of their names. The first that fits counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 37> subjects{{
    {"DeleteObjects", "MULTI_OBJECT_DELETE"},
    {"ListObjectVersions", "BUCKETVERSIONS"},
    {"ListMultipartUploads", "UPLOADS"},
    {"CreateMultipartUpload", "UPLOADS"},
    {"MultipartUpload", "UPLOAD"},
    {"ListParts", "UPLOAD"},
    {"UploadPart", "PART"},
    {"ObjectTagging", "OBJECT_TAGGING"},
    {"BucketTagging", "TAGGING"},
    {"ObjectAttributes", "OBJECT_ATTRIBUTES"},
    {"ObjectLockConfiguration", "OBJECT_LOCK_CONFIGURATION"},
    {"ObjectRetention", "OBJECT_LOCK_RETENTION"},
    {"ObjectLegalHold", "OBJECT_LOCK_LEGALHOLD"},
    {"BucketPolicyStatus", "POLICY_STATUS"},
    {"BucketPolicy", "BUCKETPOLICY"},
    {"Acl", "ACL"},
    {"Cors", "CORS"},
    {"BucketWebsite", "WEBSITE"},
    {"BucketLogging", "LOGGING_STATUS"},
    {"BucketVersioning", "VERSIONING"},
    {"BucketNotification", "NOTIFICATION"},
    {"BucketLocation", "LOCATION"},
    {"BucketLifecycle", "LIFECYCLE"},
    {"BucketReplication", "REPLICATION"},
    {"BucketEncryption", "ENCRYPTION"},
    {"BucketRequestPayment", "REQUEST_PAYMENT"},
    {"BucketAccelerate", "ACCELERATE"},
    {"Inventory", "INVENTORY"},
    {"Analytics", "ANALYTICS"},
    {"Metrics", "METRICS"},
    {"IntelligentTiering", "INTELLIGENT_TIERING"},
    {"OwnershipControls", "OWNERSHIP_CONTROLS"},
    {"PublicAccessBlock", "PUBLIC_ACCESS_BLOCK"},
    {"ListObjects", "BUCKET"},
    {"Bucket", "BUCKET"},
    {"Preflight", "PREFLIGHT"},
    {"Object", "OBJECT"},
}};

std::string_view subject_of(const AccessRecord& record) {
    for (const auto& [part, subject] : subjects) {
        if (record.operation.contains(part)) return subject;
    }
    // The index of a website, too, is an object.
    return record.key.empty() && !record.is_website ? "BUCKET" : "OBJECT";
}

std::string_view or_nothing(std::string_view text) {
    return text.empty() ? nothing : text;
}

// Everything printable but quote and percent stays; the blank may, within quotes.
std::string quoted(std::string_view text) {
    constexpr std::string_view kept = " !#$&'()*+,/:;<=>?@[\\]^`{|}%";
    if (text.empty()) return "\"-\"";
    return fmt::format("\"{}\"", percent_encode(text.substr(0, quoted_bytes_max), kept));
}

std::string field(std::string_view text) {
    constexpr std::string_view kept = "/:[]!$&'()*+,;=@";
    return text.empty() ? std::string(nothing) : percent_encode(text, kept);
}

std::string number(std::optional<std::uint64_t> value) {
    return value ? fmt::format("{}", *value) : std::string(nothing);
}

std::string requester_of(const auth::Identity& identity) {
    if (identity.account_id.empty()) return std::string(nothing);
    const auto& limited = identity.limited;
    if (limited && !limited->role.empty()) {
        return field(fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", identity.account_id,
                                 limited->role, limited->session));
    }
    if (identity.user.empty()) return auth::canonical_user_id(identity.account_id);
    const std::string_view path = limited ? std::string_view(limited->path) : "/";
    return field(fmt::format("arn:aws:iam::{}:user{}{}", identity.account_id, path, identity.user));
}

struct Signed {
    std::string_view version = nothing;
    std::string_view type = nothing;
};

Signed signed_how(const auth::Identity& identity) {
    if (identity.account_id.empty()) return {};
    using enum auth::Scheme;
    switch (identity.scheme) {
        case sigv4_header: return {.version = "SigV4", .type = "AuthHeader"};
        case sigv4_query: return {.version = "SigV4", .type = "QueryString"};
        case sigv2_header: return {.version = "SigV2", .type = "AuthHeader"};
        case sigv2_query: return {.version = "SigV2", .type = "QueryString"};
    }
    return {};
}

}  // namespace

std::string logged_operation(const AccessRecord& record) {
    const std::string_view method =
        record.operation.ends_with("Copy") || record.operation == "CopyObject" ? "COPY"
                                                                               : record.head.method;
    return fmt::format("{}.{}.{}", record.is_website ? "WEBSITE" : "REST", field(method),
                       subject_of(record));
}

std::string format_access_record(const AccessRecord& record) {
    const auto& head = record.head;
    const Signed how = signed_how(record.identity);
    const auto header = [&head](std::string_view name) { return head.header(name).value_or(""); };
    const std::string uri =
        fmt::format("{} {} HTTP/1.{}", head.method, head.target, head.version_minor);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(record.took).count();
    // Status and on; then the client; then how it came.
    return fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {} - {} {} {} {} {} - {} {} - - -\n",
        fmt::format("[{}]", format_log_time(record.time)), or_nothing(record.remote_ip),
        requester_of(record.identity), record.request_id, logged_operation(record),
        field(record.key), quoted(uri),
        record.status == 0 ? std::string(nothing) : fmt::format("{}", record.status),
        or_nothing(record.error_code),
        record.bytes_sent == 0 ? std::string(nothing) : fmt::format("{}", record.bytes_sent),
        number(record.object_bytes), took, quoted(header("referer")), quoted(header("user-agent")),
        field(record.version_id), or_nothing(record.host_id), how.version, how.type,
        field(head.host));
}

std::string bucket_fields(std::string_view owner_account, std::string_view bucket) {
    return fmt::format("{} {} ", auth::canonical_user_id(owner_account), bucket);
}

}  // namespace onput::gateway::s3
