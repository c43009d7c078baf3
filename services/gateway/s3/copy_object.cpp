// CopyObject and UploadPartCopy: the source is read from storage and written as an upload is.
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/s3/access.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/copy_source.hpp"
#include "services/gateway/s3/encryption.hpp"
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

constexpr std::string_view source_owner_header = "x-amz-source-expected-bucket-owner";

// The client as the reader of the source.
schema::AccessContext as_reader(const S3Request& request, const CopySource& source,
                                std::string_view action) {
    return access_to_source(
        *request.context.access,
        {.action = action,
         .version_id = source.version_id,
         .expected_owner = request.head.header(source_owner_header).value_or("")});
}

struct Wanted {
    CopySource source;
    std::optional<schema::ByteRange> range{};
};

using Opened = Result<std::unique_ptr<StoredSource>>;

http::Task<Opened> open_source(S3Request& request, LateAnswer& late, Wanted wanted) {
    const auto checked = check_expected_owner(request.head, source_owner_header);
    if (!checked) co_return std::unexpected(checked.error());
    const auto conditions =
        read_conditions(request.head, request.context.now, "x-amz-copy-source-");
    schema::GetObject message{.bucket = wanted.source.bucket,
                              .key = wanted.source.key,
                              .range = wanted.range,
                              .conditions = conditions,
                              .version_id = wanted.source.version_id,
                              .customer_key = customer_key_of(request.head, true)};
    auto& access = request.context.access;
    auto& region = request.context.identity.scope.region;
    auto as_writer = std::exchange(access, as_reader(request, wanted.source, "GetObject"));
    // The signature names the region of what is written; the source may lie in any.
    auto of_writer = std::exchange(region, {});
    auto source = co_await StoredSource::open(request, late, std::move(message));
    access = std::move(as_writer);
    region = std::move(of_writer);
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

// Tags that are copied are read, and put, by rights of their own.
http::Task<Result<void>> check_tags_are_readable(S3Request& request, const CopyRequest& wanted,
                                                 const schema::ObjectInfo& source) {
    if (wanted.tagging != Directive::copy || source.tags.empty()) co_return Result<void>();
    auto options = request.context.call_options();
    options.access = as_reader(request, wanted.source, "GetObjectTagging");
    options.principal.region.clear();
    const schema::HeadObject message{.bucket = wanted.source.bucket,
                                     .key = wanted.source.key,
                                     .conditions = {},
                                     .version_id = wanted.source.version_id};
    const auto answer = co_await request.context.call(message, std::move(options));
    if (!answer) co_return std::unexpected(answer.error());
    request.context.access->actions.emplace_back("PutObjectTagging");
    co_return Result<void>();
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

Headers headers_of_copy(const S3Request& request, const schema::ObjectPut& stored,
                        const schema::ObjectInfo& source) {
    Headers headers;
    show_encryption(stored, request.head, headers);
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
    auto acl = read_new_acl(request.head, request.context.shared.keys);
    if (!acl) co_return std::unexpected(std::move(acl).error());
    object.acl = *std::move(acl);
    object.is_integrity_stated = true;  // It is storage's own bytes.
    const auto readable = co_await check_tags_are_readable(request, *wanted, from);
    if (!readable) co_return std::unexpected(readable.error());
    inherit(*wanted, from, object);
    (*source)->compute(algorithm_of(*wanted, from));
    const auto stored = co_await store_object(request.context, **source, object);
    if (!stored) co_return std::unexpected(stored.error());
    auto result = describe_copy(*stored);
    result["ChecksumType"] = aws::Value(shown_checksum_type({}));
    write_checksums(object.checksums, result);
    Reply reply{.body = render_copy("CopyObjectResult", result),
                .headers = headers_of_copy(request, *stored, from)};
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
    part.encryption = encryption_of(request.head);
    if (part.is_integrity_stated) (*source)->compute(*algorithm);
    if (*algorithm != default_checksum) (*source)->compute(default_checksum);
    const auto stored = co_await store_object(request.context, **source, part);
    if (!stored) co_return std::unexpected(stored.error());
    auto result = describe_copy(*stored);
    part.checksums.resize(1);
    write_checksums(part.checksums, result);
    co_return Reply{.body = render_copy("CopyPartResult", result),
                    .headers = headers_of_copy(request, *stored, (*source)->object())};
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
