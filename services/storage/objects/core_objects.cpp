#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/conditions.hpp"
#include "services/storage/objects/listing.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view created_by_put = "ObjectCreated:Put";
constexpr std::string_view created_family = "ObjectCreated:";
constexpr std::string_view removed_by_delete = "ObjectRemoved:Delete";

constexpr std::size_t id_digits = 32;

// A sequencer is the microsecond shifted by this, or one more than the last where that is higher.
constexpr int sequencer_shift = 12;

Validators validators_of(const ObjectRecord& record) {
    return {.etag = record.etag, .last_modified = record.last_modified};
}

schema::ObjectInfo info_of(const Bucket& bucket, const std::string& key, ObjectRecord record) {
    return {.bucket = bucket.record.name,
            .key = key,
            .size_bytes = record.size_bytes,
            .etag = std::move(record.etag),
            .last_modified = record.last_modified,
            .content_type = std::move(record.content_type),
            .headers = std::move(record.headers),
            .metadata = std::move(record.metadata),
            .checksums = std::move(record.checksums),
            .version_id = {},
            .sequencer = sequencer_text(record.sequencer),
            .event_id = std::move(record.event_id),
            .trace_id = std::move(record.trace_id),
            .owner_account = bucket.record.owner_account};
}

schema::ObjectPut put_of(const ObjectRecord& record) {
    return {.etag = record.etag,
            .version_id = {},
            .sequencer = sequencer_text(record.sequencer),
            .event_id = record.event_id,
            .last_modified = record.last_modified};
}

std::string text_of(const schema::ResultSource& source) {
    return source.bucket + "/" + source.key;
}

// A result may replace an earlier result of the same source: whatever else lies there was not made
// by its worker, or of another object whose name gives the same key.
Result<void> check_result(const schema::PutObject& request,
                          const std::optional<ObjectRecord>& before) {
    if (!request.source || !before || before->source == text_of(*request.source)) return {};
    // Results of version 1 did not say their source.
    if (before->source.empty() && !before->idempotency_key.empty()) return {};
    const std::string whose = before->source.empty() ? std::string("no result of a function")
                                                     : "made of s3://" + before->source;
    return fail(ErrorCode::conflict,
                "s3://" + request.bucket + "/" + request.key + " is there already and is " + whose +
                    ", so the result of s3://" + text_of(*request.source) +
                    " was not written over it; give one of them another name or folder, or the "
                    "function another output prefix",
                "result_exists");
}

struct EventName {
    std::string name;
    pattern::EventSet events;
};

Result<EventName> event_of_put(const schema::PutObject& request) {
    std::string name =
        request.event_name.empty() ? std::string(created_by_put) : request.event_name;
    const auto events = pattern::parse_occurred_event(name);
    if (!events || !name.starts_with(created_family)) {
        return fail(ErrorCode::invalid_argument, "a put is no event of that name",
                    "invalid_argument");
    }
    return EventName{.name = std::move(name), .events = *events};
}

}  // namespace

// One change of one object, with what its event says about it.
struct StorageCore::ObjectChange {
    const Bucket& bucket;
    const std::string& key;
    EventName event;
    const std::optional<ObjectRecord>& before;
    ObjectRecord* after = nullptr;  // Nothing: removed. Its ids and sequencer are filled in.
    std::string bytes;              // Of a small object.
    const std::string& request_id;
    const std::string& host_id;
    const std::string& source_ip;
};

Result<std::optional<ObjectRecord>> StorageCore::read_object(const std::string& bucket,
                                                             const std::string& key) const {
    ONPUT_TRY(const auto row, view_.get(partition, object_row(bucket, key)));
    if (!row) return std::optional<ObjectRecord>();
    auto record = schema::decode<ObjectRecord>(*row);
    if (!record) {
        return std::unexpected(
            std::move(record).error().with_context("read object " + key + " of bucket " + bucket));
    }
    return std::optional(*std::move(record));
}

Result<ObjectRecord> StorageCore::find_object(const std::string& bucket,
                                              const std::string& key) const {
    ONPUT_TRY(auto record, read_object(bucket, key));
    if (record) return *std::move(record);
    return std::unexpected(Error{.code = ErrorCode::not_found,
                                 .message = "The specified key does not exist.",
                                 .reason = "no_such_key",
                                 .details = {{"Key", key}}});
}

Result<void> StorageCore::check_source(const std::optional<schema::ResultSource>& source) const {
    if (!source) return {};
    ONPUT_TRY(const auto now, read_object(source->bucket, source->key));
    if (now && sequencer_text(now->sequencer) == source->sequencer) return {};
    return fail(ErrorCode::conflict,
                "s3://" + source->bucket + "/" + source->key + " was " +
                    (now ? "replaced by a newer upload" : "deleted"),
                "superseded");
}

std::uint64_t StorageCore::next_sequencer(Timestamp now) const {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(now), 0));
    return std::max(micros << sequencer_shift, sequencer_ + 1);
}

Result<void> StorageCore::open_write(const schema::OpenWrite& request, const Caller& caller) const {
    ONPUT_TRY_VOID(buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(check_room());
    return check_size(request.size_bytes.value_or(0));
}

Result<schema::ObjectPut> StorageCore::put_object(const schema::PutObject& request, Content content,
                                                  const Caller& caller, Effects& effects) {
    const std::optional<store::BlobRef> blob = content.blob;
    const std::size_t changes_before = effects.changes.size();
    auto put = commit_put(request, content, caller, effects);
    if (!blob) return put;
    if (effects.changes.size() == changes_before) {
        effects.unused_blobs.push_back(*blob);
    } else {
        effects.changes.back().blobs.push_back(*blob);
    }
    return put;
}

Result<schema::ObjectPut> StorageCore::commit_put(const schema::PutObject& request,
                                                  Content& content, const Caller& caller,
                                                  Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(check_put(request));
    ONPUT_TRY_VOID(check_room());
    ONPUT_TRY(auto event, event_of_put(request));
    const std::uint64_t bytes = content.blob ? content.blob->length : content.bytes.size();
    if (bytes != request.size_bytes) {
        return fail(ErrorCode::invalid_argument,
                    "You did not provide the number of bytes specified by the Content-Length HTTP "
                    "header",
                    "incomplete_body");
    }
    ONPUT_CHECK(content.blob || bytes <= options_.inline_bytes_max);

    ONPUT_TRY(const auto before, read_object(request.bucket, request.key));
    if (before && !request.idempotency_key.empty() &&
        before->idempotency_key == request.idempotency_key) {
        // The first answer was lost. Its conditions held then and need not hold now.
        return put_of(*before);
    }
    ONPUT_TRY_VOID(check_source(request.source));
    ONPUT_TRY_VOID(check_result(request, before));
    ONPUT_TRY_VOID(check_replace(request.conditions,
                                 before ? std::optional(validators_of(*before)) : std::nullopt));

    ObjectRecord after{.size_bytes = request.size_bytes,
                       .etag = request.etag,
                       .last_modified = caller.now,
                       .checksums = request.checksums,
                       .content_type = request.content_type,
                       .headers = request.headers,
                       .metadata = request.metadata,
                       .sequencer = 0,
                       .event_id = {},
                       .trace_id = {},
                       .blob = content.blob ? store::to_text(*content.blob) : std::string(),
                       .idempotency_key = request.idempotency_key,
                       .source = request.source ? text_of(*request.source) : std::string()};
    static_cast<void>(  // The record has it too.
        commit_event({.bucket = *bucket,
                      .key = request.key,
                      .event = std::move(event),
                      .before = before,
                      .after = &after,
                      .bytes = std::move(content.bytes),
                      .request_id = request.request_id,
                      .host_id = request.host_id,
                      .source_ip = request.source_ip},
                     caller, effects));
    return put_of(after);
}

Result<schema::ObjectDeleted> StorageCore::delete_object(const schema::DeleteObject& request,
                                                         const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY(const auto before, read_object(request.bucket, request.key));
    if (!before) return schema::ObjectDeleted{};
    ONPUT_TRY_VOID(check_source(request.source));
    ONPUT_TRY_VOID(check_remove(request.conditions, validators_of(*before)));
    ONPUT_TRY(const auto events, pattern::parse_occurred_event(removed_by_delete));
    std::string event_id =
        commit_event({.bucket = *bucket,
                      .key = request.key,
                      .event = {.name = std::string(removed_by_delete), .events = events},
                      .before = before,
                      .after = nullptr,
                      .bytes = {},
                      .request_id = request.request_id,
                      .host_id = request.host_id,
                      .source_ip = request.source_ip},
                     caller, effects);
    return schema::ObjectDeleted{.existed = true, .event_id = std::move(event_id)};
}

schema::ObjectEvent StorageCore::make_event(const ObjectChange& change, const Caller& caller) {
    const auto& trace = caller.trace;
    schema::ObjectEvent event{
        .event_id = random_.hex(id_digits),
        .event_name = change.event.name,
        .time = caller.now,
        .region = change.bucket.record.region,
        .bucket = change.bucket.record.name,
        .bucket_owner = change.bucket.record.owner_account,
        .key = change.key,
        .size_bytes = 0,
        .etag = {},
        .version_id = {},
        .sequencer = {},
        .request_id = change.request_id,
        .host_id = change.host_id,
        .source_ip = change.source_ip,
        .principal_id =
            caller.principal.id.empty() ? caller.principal.account : caller.principal.id,
        .trace = {.trace_id = trace.trace_id.empty() ? random_.hex(id_digits) : trace.trace_id,
                  .cause_event_id = trace.cause_event_id,
                  .depth = trace.depth},
        .owed = change.bucket.rules.match(change.event.events, change.key, trace.depth),
        .content_type = {},
        .trace_header = caller.trace_header};
    if (change.after != nullptr) {
        event.size_bytes = change.after->size_bytes;
        event.etag = change.after->etag;
        event.content_type = change.after->content_type;
    }
    return event;
}

// One change: the object's rows, its event, and what becomes trash by it.
std::string StorageCore::commit_event(ObjectChange change, const Caller& caller, Effects& effects) {
    const std::uint64_t number = outbox_.next_number();
    const std::uint64_t sequencer = next_sequencer(caller.now);
    ONPUT_CHECK(sequencer > sequencer_);
    ONPUT_CHECK(!change.before || sequencer > change.before->sequencer);
    sequencer_ = sequencer;

    schema::ObjectEvent event = make_event(change, caller);
    event.sequencer = sequencer_text(sequencer);

    store::Batch batch{std::string(partition)};
    const std::string& bucket = event.bucket;
    const bool had_data =
        change.before && change.before->blob.empty() && change.before->size_bytes > 0;
    if (change.after != nullptr) {
        change.after->sequencer = sequencer;
        change.after->event_id = event.event_id;
        change.after->trace_id = event.trace.trace_id;
        batch.put(object_row(bucket, change.key), schema::encode(*change.after));
    } else {
        batch.remove(object_row(bucket, change.key));
    }
    if (!change.bytes.empty()) {
        batch.put(data_row(bucket, change.key), std::move(change.bytes));
    } else if (had_data) {
        batch.remove(data_row(bucket, change.key));
    }
    if (change.before && !change.before->blob.empty()) {
        throw_away(change.before->blob, number, batch);
    }
    std::string encoded = schema::encode(event);
    outbox_.add(number, encoded);
    batch.put(outbox_row(number), std::move(encoded));

    ++emitted_[change.event.name];
    Change made{{std::move(batch)}};
    made.events.push_back({.number = number, .name = std::move(change.event.name)});
    effects.changes.push_back(std::move(made));
    return std::move(event.event_id);
}

void StorageCore::throw_away(const std::string& blob, std::uint64_t number, store::Batch& batch) {
    // The text was made by to_text and came back through a checked codec.
    const auto ref = store::parse_blob_ref(blob);
    ONPUT_CHECK(ref.has_value());
    batch.put(trash_row(number), schema::encode(TrashRecord{.blob = blob}));
    trash_.add({.number = number, .blob = *ref});
}

Result<Reading> StorageCore::get_object(const schema::GetObject& request,
                                        const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY(auto record, find_object(request.bucket, request.key));
    ONPUT_TRY_VOID(check_read(request.conditions, validators_of(record)));
    ONPUT_TRY(const Span span, resolve(request.range, record.size_bytes));

    Reading reading;
    if (!record.blob.empty()) {
        ONPUT_TRY(reading.blob, store::parse_blob_ref(record.blob));
    } else if (record.size_bytes > 0) {
        ONPUT_TRY(auto bytes, view_.get(partition, data_row(request.bucket, request.key)));
        if (!bytes || bytes->size() != record.size_bytes) {
            return fail(ErrorCode::corruption, "the bytes of object " + request.key +
                                                   " of bucket " + request.bucket +
                                                   " are not what its row says");
        }
        reading.bytes =
            span.is_partial ? bytes->substr(span.offset, span.length) : *std::move(bytes);
    }
    reading.got = {.object = info_of(*bucket, request.key, std::move(record)),
                   .offset = span.offset,
                   .length = span.length,
                   .is_partial = span.is_partial,
                   .read_id = 0};
    return reading;
}

Result<schema::ObjectInfo> StorageCore::head_object(const schema::HeadObject& request,
                                                    const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY(auto record, find_object(request.bucket, request.key));
    ONPUT_TRY_VOID(check_read(request.conditions, validators_of(record)));
    return info_of(*bucket, request.key, std::move(record));
}

Result<schema::ObjectList> StorageCore::list_objects(const schema::ListObjects& request,
                                                     const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY(auto list, storage::list_objects(view_, request));
    list.owner_account = bucket->record.owner_account;
    return list;
}

}  // namespace onput::storage
