// CopyObject and UploadPartCopy: the source is read from storage and written as an upload is.
#include <chrono>

#include <fmt/format.h>

#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/copy_source.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/late_answer.hpp"
#include "services/gateway/s3/multipart.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/store_object.hpp"
#include "services/gateway/s3/stored_source.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view copy_event = "ObjectCreated:Copy";

// Buckets are reached by their owner only, so the owner that is expected must be the caller.
Result<void> check_source_owner(const S3Request& request) {
    const auto owner = request.head.header("x-amz-source-expected-bucket-owner");
    if (!owner || *owner == request.context.identity.account_id) return {};
    return onput::fail(ErrorCode::permission_denied, "the source bucket's owner is another one",
                       "access_denied");
}

struct Wanted {
    CopySource source;
    std::optional<schema::ByteRange> range{};
};

using Opened = Result<std::unique_ptr<StoredSource>>;

http::Task<Opened> open_source(S3Request& request, LateAnswer& late, Wanted wanted) {
    const auto checked = check_source_owner(request);
    if (!checked) co_return std::unexpected(checked.error());
    const auto conditions =
        read_conditions(request.head, request.context.now, "x-amz-copy-source-");
    schema::GetObject message{.bucket = wanted.source.bucket,
                              .key = wanted.source.key,
                              .range = wanted.range,
                              .conditions = conditions,
                              .version_id = wanted.source.version_id};
    auto source = co_await StoredSource::open(request, late, std::move(message));
    if (!source)
        co_return std::unexpected(explain_source_error(std::move(source).error(), conditions));
    if ((*source)->length().value_or(0) > schema::put_bytes_max) {
        co_return onput::fail(
            ErrorCode::invalid_argument,
            fmt::format("The specified copy source is larger than the maximum allowable size for "
                        "a copy source: {}",
                        schema::put_bytes_max),
            "invalid_request");
    }
    co_return source;
}

// Takes over what the request does not replace.
void inherit(const CopyRequest& wanted, const schema::ObjectInfo& source,
             schema::PutObject& object) {
    if (wanted.metadata == Directive::copy) {
        object.content_type = source.content_type;
        object.headers = source.headers;
        object.metadata = source.metadata;
    }
    if (wanted.tagging == Directive::copy) object.tags = source.tags;
}

std::string algorithm_of(const CopyRequest& wanted, const schema::ObjectInfo& source) {
    if (!wanted.checksum_algorithm.empty()) return wanted.checksum_algorithm;
    if (!source.checksums.empty()) return source.checksums.front().algorithm;
    return std::string(default_checksum);
}

std::string render_copy(std::string_view shape, const aws::Value& result) {
    const auto& model = aws::s3_model();
    return aws::render_document({.root = shape, .xml_namespace = model.xml_namespace()}, result,
                                *model.find_shape(shape));
}

aws::Value describe_copy(const schema::ObjectPut& stored) {
    aws::Value result;
    result["ETag"] = aws::Value(fmt::format("\"{}\"", stored.etag));
    result["LastModified"] = aws::Value(
        format_iso8601_millis(std::chrono::floor<std::chrono::seconds>(stored.last_modified)));
    return result;
}

Headers headers_of_copy(const schema::ObjectInfo& source) {
    Headers headers{{"x-amz-server-side-encryption", "AES256"}};
    if (!source.version_id.empty())
        headers.emplace_back("x-amz-copy-source-version-id", source.version_id);
    return headers;
}

http::Task<Result<Reply>> copy_whole(S3Request& request, LateAnswer& late) {
    const auto checked = check_write_conditions(request.head);
    if (!checked) co_return std::unexpected(checked.error());
    auto wanted = read_copy_request(request.head, request.address);
    if (!wanted) co_return std::unexpected(std::move(wanted).error());
    const Wanted whole{.source = wanted->source};
    auto source = co_await open_source(request, late, whole);
    if (!source) co_return std::unexpected(std::move(source).error());
    const schema::ObjectInfo& from = (*source)->object();
    schema::PutObject object = describe_object(request);
    object.event_name = copy_event;
    const auto kept = keep_settings(request.head, object);
    if (!kept) co_return std::unexpected(kept.error());
    object.is_integrity_stated = true;  // It is storage's own bytes.
    inherit(*wanted, from, object);
    (*source)->compute(algorithm_of(*wanted, from));
    const auto stored = co_await store_object(request.context, **source, object);
    if (!stored) co_return std::unexpected(stored.error());
    auto result = describe_copy(*stored);
    result["ChecksumType"] = aws::Value(shown_checksum_type({}));
    write_checksums(object.checksums, result);
    Reply reply{.body = render_copy("CopyObjectResult", result), .headers = headers_of_copy(from)};
    if (!stored->version_id.empty())
        reply.headers.emplace_back("x-amz-version-id", stored->version_id);
    show_expiration(stored->expiration, reply.headers);
    co_return reply;
}

// That of the upload's parts, besides the one that they all have.
http::Task<Result<std::string>> algorithm_of_upload(S3Request& request,
                                                    const schema::PartTarget& target) {
    const schema::ListParts message{.bucket = request.address.bucket,
                                    .key = request.address.key,
                                    .upload_id = target.upload_id,
                                    .parts_max = 0};
    auto answer = co_await request.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply.upload.checksum_algorithm);
}

// Storage cuts a range to what there is; who copies one means all of it.
Result<void> check_range(const Wanted& wanted, const StoredSource& source) {
    if (!wanted.range) return {};
    if (source.length() == *wanted.range->last - *wanted.range->first + 1) return {};
    return invalid_argument(
        fmt::format("Range specified is not valid for source object of size: {}",
                    source.object().size_bytes),
        "x-amz-copy-source-range",
        fmt::format("bytes={}-{}", *wanted.range->first, *wanted.range->last));
}

Error explain_range(Error error, const http::RequestHead& head) {
    if (error.reason != "invalid_range") return error;
    std::string size;
    for (const auto& [name, value] : error.details) {
        if (name == "ActualObjectSize") size = value;
    }
    auto refused = invalid_argument(
        fmt::format("Range specified is not valid for source object of size: {}", size),
        "x-amz-copy-source-range",
        std::string(head.header("x-amz-copy-source-range").value_or("")));
    return std::move(refused).error();
}

Result<Wanted> read_wanted_part(const http::RequestHead& head) {
    Wanted wanted;
    ONPUT_TRY(wanted.source, read_copy_source(head.header("x-amz-copy-source").value_or("")));
    ONPUT_TRY(wanted.range, read_source_range(head));
    return wanted;
}

http::Task<Result<Reply>> copy_part(S3Request& request, LateAnswer& late) {
    auto target = read_part_target(request.context.query);
    if (!target) co_return std::unexpected(std::move(target).error());
    const auto wanted = read_wanted_part(request.head);
    if (!wanted) co_return std::unexpected(wanted.error());
    auto algorithm = co_await algorithm_of_upload(request, *target);
    if (!algorithm) co_return std::unexpected(std::move(algorithm).error());
    auto source = co_await open_source(request, late, *wanted);
    if (!source) co_return std::unexpected(explain_range(std::move(source).error(), request.head));
    const auto checked = check_range(*wanted, **source);
    if (!checked) co_return std::unexpected(checked.error());
    schema::PutObject part;
    part.bucket = request.address.bucket;
    part.key = request.address.key;
    part.part = *std::move(target);
    part.is_integrity_stated = !algorithm->empty();
    if (part.is_integrity_stated) (*source)->compute(*algorithm);
    if (*algorithm != default_checksum) (*source)->compute(default_checksum);
    const auto stored = co_await store_object(request.context, **source, part);
    if (!stored) co_return std::unexpected(stored.error());
    auto result = describe_copy(*stored);
    part.checksums.resize(1);
    write_checksums(part.checksums, result);
    co_return Reply{.body = render_copy("CopyPartResult", result),
                    .headers = headers_of_copy((*source)->object())};
}

}  // namespace

Outcome copy_object(S3Request& request) {
    LateAnswer late(request);
    auto copied = co_await copy_whole(request, late);
    co_return co_await late.finish(std::move(copied));
}

Outcome upload_part_copy(S3Request& request) {
    LateAnswer late(request);
    auto copied = co_await copy_part(request, late);
    co_return co_await late.finish(std::move(copied));
}

}  // namespace onput::gateway::s3
