// The operations on configurations of buckets: Put, Get, Delete and List of each kind.
#include "services/gateway/s3/bucket_configurations.hpp"

#include "common/schema/storage.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/site/logging_rules.hpp"

namespace onput::gateway::s3 {
namespace {

// The id of kinds that have ids; empty for the others.
Result<std::string> id_of(const S3Request& request, ConfigurationKind kind) {
    if (!schema::has_ids(kind)) return std::string();
    std::string id = request.context.parameter_text("id");
    ONPUT_TRY_VOID(check_configuration_id(id));
    return id;
}

Outcome remove(S3Request& request, ConfigurationKind kind, std::string id) {
    const schema::DeleteBucketConfiguration message{
        .bucket = request.address.bucket, .kind = kind, .id = std::move(id)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = 204};
    co_return co_await respond(request, std::move(reply));
}

std::unexpected<Error> refuse_log_target(std::string message, std::string_view target) {
    return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                 .message = std::move(message),
                                 .reason = "invalid_log_target",
                                 .details = {{"TargetBucket", std::string(target)}}});
}

// The bucket that a log goes to, and the one that is logged, have one owner and region. Either may
// be gone later: then nothing is delivered.
http::Task<Result<void>> check_log_target(S3Request& request, std::string_view document) {
    const auto target = read_logging(document);
    if (!target) co_return std::unexpected(target.error());
    if (!*target) co_return Result<void>();
    const std::string& name = (*target)->bucket;
    const schema::HeadBucket source_message{.name = request.address.bucket};
    auto source = co_await request.context.call(source_message);
    if (!source) co_return std::unexpected(std::move(source).error());
    const schema::FindBucketConfiguration message{.bucket = name,
                                                  .kind = ConfigurationKind::logging};
    auto found = co_await request.context.call(message);
    if (!found && found.error().code == ErrorCode::not_found)
        co_return refuse_log_target("The target bucket for logging does not exist", name);
    if (!found) co_return std::unexpected(std::move(found).error());
    if (found->reply.owner_account != source->reply.owner_account) {
        co_return refuse_log_target(
            "The owner for the bucket to be logged and the target bucket must be the same.", name);
    }
    if (found->reply.region != source->reply.region) {
        co_return refuse_log_target(
            "The bucket to be logged and the target bucket must be in the same region.", name);
    }
    co_return Result<void>();
}

}  // namespace

Outcome put_configuration(S3Request& request, ConfigurationKind kind) {
    const auto& form = form_of(kind);
    auto id = id_of(request, kind);
    if (!id) co_return std::unexpected(std::move(id).error());
    if (form.demands_checksum) {
        auto stated = require_integrity(request.head);
        if (!stated) co_return std::unexpected(std::move(stated).error());
    }
    auto body = co_await read_document_body(request, form.body_bytes_max);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto document =
        read_configuration({.kind = kind, .bucket = request.address.bucket, .id = *id}, *body);
    if (!document) co_return std::unexpected(std::move(document).error());
    if (document->empty()) co_return co_await remove(request, kind, *std::move(id));
    if (kind == ConfigurationKind::logging) {
        auto checked = co_await check_log_target(request, *document);
        if (!checked) co_return checked;
    }
    const schema::PutBucketConfiguration message{.bucket = request.address.bucket,
                                                 .kind = kind,
                                                 .id = *std::move(id),
                                                 .document = *std::move(document)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Reply reply{.status = form.put_status};
    co_return co_await respond(request, std::move(reply));
}

Outcome delete_configuration(S3Request& request, ConfigurationKind kind) {
    auto id = id_of(request, kind);
    if (!id) co_return std::unexpected(std::move(id).error());
    if (form_of(kind).has_default && !form_of(kind).absent_reason.empty()) {
        // Not as if it had never been put: then the default would be shown.
        const schema::PutBucketConfiguration message{
            .bucket = request.address.bucket, .kind = kind, .id = {}, .document = {}};
        auto answer = co_await request.context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        Reply reply{.status = 204};
        co_return co_await respond(request, std::move(reply));
    }
    co_return co_await remove(request, kind, *std::move(id));
}

Outcome get_configuration(S3Request& request, ConfigurationKind kind) {
    const auto& form = form_of(kind);
    auto id = id_of(request, kind);
    if (!id) co_return std::unexpected(std::move(id).error());
    const schema::GetBucketConfiguration message{
        .bucket = request.address.bucket, .kind = kind, .id = *std::move(id)};
    auto answer = co_await request.context.call(message);
    const bool was_never_put = !answer && answer.error().reason == "no_such_configuration";
    if (!answer && !was_never_put) co_return std::unexpected(std::move(answer).error());
    Reply reply;
    if (was_never_put && form.has_default) {
        reply.body = render_unset(kind);
    } else if (answer && !answer->reply.document.empty()) {
        reply.body = std::move(answer->reply.document);
    } else {
        co_return onput::fail(ErrorCode::not_found, "there is no such configuration",
                              std::string(form.absent_reason));
    }
    co_return co_await respond(request, std::move(reply));
}

Outcome list_configurations(S3Request& request, ConfigurationKind kind) {
    const std::string token = request.context.parameter_text("continuation-token");
    auto after = read_continuation_token(token);
    if (!after) co_return std::unexpected(std::move(after).error());
    const schema::ListBucketConfigurations message{
        .bucket = request.address.bucket, .kind = kind, .after = *std::move(after)};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    auto page = render_configurations(kind, token, answer->reply);
    if (!page) co_return std::unexpected(std::move(page).error());
    Reply reply{.body = *std::move(page)};
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
