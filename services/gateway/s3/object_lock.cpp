// Put and Get of ObjectLockConfiguration, ObjectRetention and ObjectLegalHold.
#include "common/schema/storage.hpp"
#include "common/schema/storage_versions.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/lock_document.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

http::Task<Result<aws::Value>> read_lock_document(S3Request& request, DocumentShape wanted) {
    wanted.bytes_max = aws::xml_body_bytes_max;
    co_return co_await read_document(request, wanted);
}

// The lock of the version that is asked for, in a bucket that has object lock. Who may not know
// about the bucket may still ask about its objects.
http::Task<Result<schema::ObjectLock>> get_lock(S3Request& request) {
    const schema::HeadBucket bucket_message{.name = request.address.bucket};
    auto options = request.context.call_options();
    options.access->actions = {"GetBucketObjectLockConfiguration"};
    const auto bucket = co_await request.context.call(bucket_message, std::move(options));
    if (!bucket && bucket.error().code != ErrorCode::permission_denied)
        co_return std::unexpected(bucket.error());
    if (bucket && !bucket->reply.has_object_lock) {
        co_return onput::fail(ErrorCode::invalid_argument,
                              "Bucket is missing Object Lock Configuration", "missing_object_lock");
    }
    const schema::HeadObject message{.bucket = request.address.bucket,
                                     .key = request.address.key,
                                     .conditions = {},
                                     .version_id = request.context.parameter_text("versionId")};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply.lock);
}

std::unexpected<Error> no_lock_of_bucket() {
    return onput::fail(ErrorCode::not_found,
                       "Object Lock configuration does not exist for this bucket",
                       "no_object_lock_configuration");
}

std::unexpected<Error> no_lock_of_object() {
    return onput::fail(ErrorCode::not_found,
                       "The specified object does not have a ObjectLock configuration",
                       "no_such_object_lock");
}

}  // namespace

Outcome put_object_lock_configuration(S3Request& request) {
    const DocumentShape wanted{.root = "ObjectLockConfiguration",
                               .shape = "ObjectLockConfiguration"};
    const auto document = co_await read_lock_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    auto retention = read_lock_configuration(*document);
    if (!retention) co_return std::unexpected(std::move(retention).error());
    const schema::PutObjectLock message{.bucket = request.address.bucket,
                                        .default_retention = *std::move(retention)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

Outcome get_object_lock_configuration(S3Request& request) {
    const schema::HeadBucket message{.name = request.address.bucket};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (!answer->reply.has_object_lock) co_return no_lock_of_bucket();
    Reply reply{.body = render_lock_configuration(answer->reply.default_retention)};
    co_return co_await respond(request, std::move(reply));
}

Outcome put_object_retention(S3Request& request) {
    const DocumentShape wanted{.root = "Retention", .shape = "ObjectLockRetention"};
    const auto document = co_await read_lock_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    const auto retention = read_retention(*document);
    if (!retention) co_return std::unexpected(retention.error());
    const schema::PutRetention message{
        .bucket = request.address.bucket,
        .key = request.address.key,
        .version_id = request.context.parameter_text("versionId"),
        .mode = retention->mode,
        .retain_until = retention->until,
        .bypass_governance = asks_for_governance_bypass(request.head)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

Outcome get_object_retention(S3Request& request) {
    const auto lock = co_await get_lock(request);
    if (!lock) co_return std::unexpected(lock.error());
    if (lock->mode.empty()) co_return no_lock_of_object();
    Reply reply{.body = render_retention(*lock)};
    co_return co_await respond(request, std::move(reply));
}

Outcome put_object_legal_hold(S3Request& request) {
    const DocumentShape wanted{.root = "LegalHold", .shape = "ObjectLockLegalHold"};
    const auto document = co_await read_lock_document(request, wanted);
    if (!document) co_return std::unexpected(document.error());
    const auto hold = read_legal_hold(*document);
    if (!hold) co_return std::unexpected(hold.error());
    const schema::PutLegalHold message{.bucket = request.address.bucket,
                                       .key = request.address.key,
                                       .version_id = request.context.parameter_text("versionId"),
                                       .is_on = *hold == LegalHold::on};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    co_return co_await respond(request, std::move(reply));
}

Outcome get_object_legal_hold(S3Request& request) {
    const auto lock = co_await get_lock(request);
    if (!lock) co_return std::unexpected(lock.error());
    if (!lock->has_legal_hold && !lock->was_hold_set) co_return no_lock_of_object();
    Reply reply{.body = render_legal_hold(lock->has_legal_hold ? LegalHold::on : LegalHold::off)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
