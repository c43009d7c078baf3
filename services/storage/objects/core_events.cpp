// How a change of an object becomes one commit: its rows, its event, and what it throws away.
#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t id_digits = 32;
constexpr std::size_t request_id_digits = 16;

// A sequencer is the microsecond shifted by this, or one more than the last where that is higher.
constexpr int sequencer_shift = 12;

// Who made a change, as its event names him; a user or a role's session as AWS does.
std::string name_of(const schema::Principal& principal) {
    if (principal.limited) {
        const auto& limited = *principal.limited;
        const std::string session = limited.role.empty() ? "" : ":" + limited.session;
        return "AWS:" + limited.id + session;
    }
    if (!principal.id.empty()) return principal.id;
    return principal.account.empty() ? "Anonymous" : principal.account;
}

// What no client asked for has no ids of a request, and consumers demand them: they are made of
// the event's.
void name_request(schema::ObjectEvent& event) {
    if (event.request_id.empty()) {
        event.request_id = event.event_id.substr(0, request_id_digits);
        std::ranges::transform(event.request_id, event.request_id.begin(), upper_case);
    }
    if (event.host_id.empty()) event.host_id = event.event_id;
}

// Where a bucket that has asked for EventBridge sends all its events.
std::string default_bus_of(const BucketRecord& bucket) {
    return "arn:aws:events:" + bucket.region + ":" + bucket.owner_account + ":event-bus/default";
}

}  // namespace

std::uint64_t StorageCore::next_sequencer(Timestamp now) const {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(now), 0));
    return std::max(micros << sequencer_shift, sequencer_ + 1);
}

Result<StorageCore::ObjectChange> StorageCore::begin_change(const EventSource& source,
                                                            const Caller& caller) {
    const auto events = pattern::parse_occurred_event(source.name);
    if (!events) return fail(ErrorCode::internal, "an event has no name of S3");
    const auto& trace = caller.trace;
    const auto& principal = caller.principal;
    const std::uint64_t sequencer = next_sequencer(caller.now);
    ONPUT_CHECK(sequencer > sequencer_);
    ObjectChange change{
        .number = outbox_.next_number(),
        .sequencer = sequencer,
        .event = {.event_id = random_.hex(id_digits),
                  .event_name = std::string(source.name),
                  .time = caller.now,
                  .region = source.bucket.record.region,
                  .bucket = source.bucket.record.name,
                  .bucket_owner = source.bucket.record.owner_account,
                  .key = source.key,
                  .size_bytes = 0,
                  .etag = {},
                  .version_id = {},
                  .sequencer = sequencer_text(sequencer),
                  .request_id = source.request_id,
                  .host_id = source.host_id,
                  .source_ip = source.source_ip,
                  .principal_id = name_of(principal),
                  .trace = {.trace_id =
                                trace.trace_id.empty() ? random_.hex(id_digits) : trace.trace_id,
                            .cause_event_id = trace.cause_event_id,
                            .depth = trace.depth},
                  .owed = source.bucket.rules.match(*events, source.key, trace.depth),
                  .content_type = {},
                  .trace_header = caller.trace_header},
        .commit = {{store::Batch(std::string(partition))}}};
    if (source.bucket.record.has_event_bridge && !source.name.starts_with("Replication:")) {
        change.event.owed.push_back(
            {.arn = default_bus_of(source.bucket.record), .rule_id = {}, .withheld = {}});
    }
    name_request(change.event);
    return change;
}

void StorageCore::ObjectChange::describe(const Bucket& bucket, const ObjectRecord& record) {
    event.size_bytes = record.size_bytes;
    event.etag = record.etag;
    event.content_type = record.content_type;
    // AWS names versions in events while versioning is enabled, and the null version never.
    if (bucket.record.versioning == schema::Versioning::enabled && record.has_version_id) {
        event.version_id = version_id_of(record);
    }
}

std::string StorageCore::commit_change(ObjectChange change,
                                       const std::optional<ObjectRecord>& thrown_away,
                                       Effects& effects) {
    sequencer_ = change.sequencer;
    if (thrown_away) {
        throw_away(*thrown_away, change.number, change.commit.batch);
        const Timestamp due_at = thrown_away->archive.due_at;
        if (due_at != Timestamp{})
            change.commit.batch.remove(
                due_row(due_at, change.event.bucket, change.event.key, thrown_away->sequencer));
        Replication::forget({.bucket = change.event.bucket, .key = change.event.key}, *thrown_away,
                            change.commit.batch);
    }
    std::string event_id = change.event.event_id;
    Change& made = change.commit;
    add_event(std::move(change.event), change.number, made);
    effects.unused_blobs.insert(effects.unused_blobs.end(), made.released.begin(),
                                made.released.end());
    effects.changes.push_back(std::move(made));
    return event_id;
}

void StorageCore::add_event(schema::ObjectEvent event, std::uint64_t number, Change& made) {
    std::string encoded = schema::encode(event);
    outbox_.add(number, encoded);
    made.batch.put(outbox_row(number), std::move(encoded));
    ++emitted_[event.event_name];
    made.events.push_back({.number = number, .name = std::move(event.event_name)});
}

void StorageCore::join_change(ObjectChange change, Effects& effects) {
    sequencer_ = change.sequencer;
    auto& batch = effects.batch_of(partition);
    for (const auto& row : change.commit.batch.changes()) {
        if (row.value) batch.put(row.key, *row.value);
    }
    add_event(std::move(change.event), change.number, effects.changes.back());
}

void StorageCore::throw_away(const ObjectRecord& record, std::uint64_t number,
                             store::Batch& batch) {
    // The texts were made by to_text and came back through a checked codec.
    const auto parse = [](const std::string& text) {
        const auto ref = store::parse_blob_ref(text);
        ONPUT_CHECK(ref.has_value());
        return *ref;
    };
    // An archived version has its bytes in the cold directory, and what was restored beside them.
    const TrashRecord row{.blob = record.blob.empty() ? record.archive.copy : record.blob,
                          .manifest = record.manifest,
                          .cold = record.archive.blob};
    if (row == TrashRecord{}) return;
    Trash trash{.number = number, .bytes = {.blob = {}, .manifest = row.manifest}};
    if (!row.blob.empty()) trash.bytes.blob = parse(row.blob);
    if (!row.manifest.empty()) trash.blobs = record.parts_count;
    if (!row.cold.empty()) trash.cold = parse(row.cold);
    batch.put(trash_row(number), schema::encode(row));
    trash_.add(std::move(trash));
}

}  // namespace onput::storage
