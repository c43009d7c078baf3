// PostObject: an upload by a browser's form. The fields come first and are judged before any of the
// file is; the file goes to storage as the body of a PUT does.
#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/access/recognition.hpp"
#include "services/gateway/s3/acl_document.hpp"
#include "services/gateway/s3/body.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/customer_key.hpp"
#include "services/gateway/s3/encryption.hpp"
#include "services/gateway/s3/form_reader.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/object_settings.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/post_form.hpp"
#include "services/gateway/s3/post_policy.hpp"
#include "services/gateway/s3/post_signature.hpp"
#include "services/gateway/s3/store_object.hpp"
#include "services/gateway/s3/version.hpp"

namespace onput::gateway::s3 {
namespace {

// Small, so that little of the file is in memory before its fields are judged.
constexpr std::size_t fields_piece_bytes = 16 * 1024;

// One per thread: it is not thread-safe.
auth::SigningKeyCache& thread_signing_keys() {
    static thread_local auth::SigningKeyCache cache;
    return cache;
}

// Reads up to the file's beginning, some of which may have come along.
http::Task<Result<FormFile>> read_fields(S3Request& request) {
    const auto boundary = boundary_of(request.head.header("content-type").value_or(""));
    if (!boundary || boundary->empty() || boundary->size() > form_boundary_bytes_max) {
        co_return onput::fail(
            ErrorCode::invalid_argument,
            "The body of your POST request is not well-formed multipart/form-data.",
            "malformed_post_request");
    }
    http::Exchange& exchange = request.context.exchange;
    const auto memory = co_await reserve(exchange, request.context.shared.body_memory,
                                         essential_bytes_max, MemoryBudget::Use::essential);
    if (!memory) co_return std::unexpected(memory.error());
    FormFile form{.reader = FormReader(*boundary), .begun = {}, .range = {}};
    while (!form.reader.has_file() && !form.reader.is_at_end()) {
        const auto piece = co_await exchange.read_body(fields_piece_bytes);
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        const auto fed = form.reader.feed(*piece, form.begun);
        if (!fed) co_return std::unexpected(fed.error());
    }
    if (!form.reader.has_file()) {
        const auto finished = form.reader.finish();
        if (!finished) co_return std::unexpected(finished.error());
    }
    const auto filled = form.reader.fields().fill_in_filename(form.reader.filename());
    if (!filled) co_return std::unexpected(filled.error());
    co_return form;
}

// Who lets it in, and under which conditions.
Result<void> admit(S3Request& request, FormFile& form) {
    RequestContext& context = request.context;
    const FormFields& fields = form.reader.fields();
    const auto& recognised = context.recognised;
    if (recognised.error) return std::unexpected(*recognised.error);
    ONPUT_TRY(context.identity,
              verify_post_signature(fields, {.keys = context.shared.keys,
                                             .known = recognised.key ? &*recognised.key : nullptr,
                                             .signing_keys = thread_signing_keys()}));
    context.identity.payload.kind = auth::PayloadKind::unsigned_payload;
    note_use(context);
    // A form that nobody signed has no conditions.
    if (context.identity.access_key.empty()) return {};
    ONPUT_TRY(const auto policy, PostPolicy::parse(fields.text_of("policy")));
    ONPUT_TRY_VOID(policy.check(fields, request.address.bucket, context.now));
    form.range = policy.length_range();
    return {};
}

// `head`: the fields as a PUT has them.
Result<schema::PutObject> describe_posted(const S3Request& request, const FormFields& fields) {
    schema::PutObject object;
    object.bucket = request.address.bucket;
    object.event_name = "ObjectCreated:Post";
    object.request_id = request.context.request_id;
    object.host_id = request.context.host_id;
    object.source_ip = request.context.source_ip();
    ONPUT_TRY(object.key, key_of_form(fields));
    ONPUT_TRY_VOID(check_headers(request.head));
    ONPUT_TRY_VOID(check_expected_owner(request.head));
    object.encryption = encryption_of(request.head);
    keep_headers(request.head, object);
    ONPUT_TRY_VOID(keep_settings(request.head, object));
    ONPUT_TRY(object.acl, read_new_acl(request.head, request.context.shared.keys));
    ONPUT_TRY(auto tags, tags_of_form(fields));
    if (!tags.empty()) object.tags = std::move(tags);
    return object;
}

std::string location_of(const S3Request& request, const std::string& key) {
    const auto address = request.context.public_address();
    if (request.address.is_virtual_host)
        return fmt::format("{}://{}/{}", address.scheme, address.host, percent_encode(key));
    return fmt::format("{}://{}/{}/{}", address.scheme, address.host, request.address.bucket,
                       percent_encode(key));
}

}  // namespace

Outcome post_object(S3Request& request) {
    auto form = co_await read_fields(request);
    if (!form) co_return std::unexpected(std::move(form).error());
    std::string access_key = access_key_of(form->reader.fields());
    if (!access_key.empty()) co_await recognise_key(request.context, std::move(access_key));
    const auto admitted = admit(request, *form);
    if (!admitted) co_return admitted;
    const FormFields fields = form->reader.fields();
    request.head = head_of_form(fields);
    set_access(request, "PostObject");
    auto object = describe_posted(request, fields);
    if (!object) co_return std::unexpected(std::move(object).error());
    if (!object->tags.empty()) request.context.access->actions.emplace_back("PutObjectTagging");
    const auto admitted_key = co_await admit_customer_key(request);
    if (!admitted_key) co_return admitted_key;
    auto body = Body::open_form(request, *std::move(form));
    if (!body) co_return std::unexpected(std::move(body).error());
    if (!body->states_checksum()) body->compute(default_checksum);
    const auto stored = co_await store_object(request.context, *body, *object);
    if (!stored) co_return std::unexpected(stored.error());
    Reply reply = reply_to_form(fields, {.location = location_of(request, object->key),
                                         .bucket = object->bucket,
                                         .key = object->key,
                                         .etag = stored->etag});
    show_encryption(*stored, request.head, reply.headers);
    show_version(stored->version_id, reply.headers);
    show_checksums(object->checksums, {}, reply.headers);
    co_return co_await respond(request, std::move(reply));
}

}  // namespace onput::gateway::s3
