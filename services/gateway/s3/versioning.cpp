// PutBucketVersioning, GetBucketVersioning, ListObjectVersions.
#include "common/schema/storage.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/listing.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/version_listing.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view root = "VersioningConfiguration";

Result<schema::Versioning> read_status(const aws::Value& document) {
    const std::string mfa = document.text_of("MFADelete");
    if (mfa == "Enabled") return not_implemented("MFA delete");
    if (!mfa.empty() && mfa != "Disabled") return aws::malformed_xml();
    const std::string status = document.text_of("Status");
    if (status == "Enabled") return schema::Versioning::enabled;
    if (status == "Suspended") return schema::Versioning::suspended;
    if (!status.empty() || document.find("Status") != nullptr) return aws::malformed_xml();
    return onput::fail(ErrorCode::invalid_argument, "The Versioning element must be specified",
                       "illegal_versioning_configuration");
}

}  // namespace

Outcome put_bucket_versioning(S3Request& request) {
    const DocumentShape wanted{.root = root, .shape = root, .bytes_max = aws::xml_body_bytes_max};
    const auto document = co_await read_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    const auto status = read_status(*document);
    if (!status) co_return std::unexpected(status.error());
    const schema::PutVersioning message{.bucket = request.address.bucket, .status = *status};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

// A bucket that never had versions shows an empty configuration.
Outcome get_bucket_versioning(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    aws::Value result{aws::Value::Map()};
    if (answer->reply.versioning == schema::Versioning::enabled) result["Status"] = "Enabled";
    if (answer->reply.versioning == schema::Versioning::suspended) result["Status"] = "Suspended";
    Reply reply{.body = render_result_of("GetBucketVersioning", root, result)};
    co_return co_await respond(request, std::move(reply));
}

Outcome list_object_versions(S3Request& request) {
    auto wanted = read_version_query(request.address.bucket, request.context.query);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    const auto wants_restore = read_optional_attributes(request.head);
    if (!wants_restore) co_return std::unexpected(wants_restore.error());
    wanted->wants_restore = *wants_restore;
    auto answer = co_await request.context.call(wanted->message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.body = render_versions(*wanted, answer->reply)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
