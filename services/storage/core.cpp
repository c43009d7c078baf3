#include "services/storage/core.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/pattern/event_set.hpp"
#include "common/service/rows.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/encryption/key_check.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/replication.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t source_digits = 32;

store::Batch batch() {
    return store::Batch(std::string(partition));
}

Change bucket_change(std::string bucket, store::Batch batch) {
    Change change{{std::move(batch)}};
    change.buckets.push_back(std::move(bucket));
    return change;
}

// The refusal is for people: it lists the events that happen here.
Result<void> check_event_name(const std::string& name) {
    const auto event = pattern::parse_occurred_event(name);
    if (event && !pattern::never_happens(*event)) return {};
    std::string names;
    for (const pattern::EventName& known : pattern::configurable_events()) {
        if (known.events.size() != 1 || pattern::never_happens(known.events)) continue;
        names += fmt::format("{}s3:{}", names.empty() ? "" : ", ", known.name);
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("no object has the event \"{}\"; there are {}", name, names),
                "unsupported_event");
}

// What a bucket is made with has actions of its own.
std::vector<std::string_view> actions_of(const schema::CreateBucket& request) {
    std::vector<std::string_view> actions{"CreateBucket"};
    if (request.has_object_lock) {
        actions.emplace_back("PutBucketObjectLockConfiguration");
        actions.emplace_back("PutBucketVersioning");
    }
    if (!request.ownership.empty()) actions.emplace_back("PutBucketOwnershipControls");
    if (request.acl && request.acl->canned != "private") actions.emplace_back("PutBucketAcl");
    if (!request.tagging.empty()) actions.emplace_back("PutBucketTagging");
    return actions;
}

}  // namespace

StorageCore::StorageCore(const store::View& view, Options options, Random random)
    : view_(view),
      options_(std::move(options)),
      random_(random),
      room_(options_.free_bytes_min),
      replication_(std::make_unique<Replication>(*this)) {
    // A row may not be larger than the store takes.
    ONPUT_CHECK(options_.inline_bytes_max <= store::value_bytes_max);
}

StorageCore::~StorageCore() = default;

void StorageCore::forget_rules(const std::string& bucket) {
    rules_.forget(bucket);
    replication_->forget_rules(bucket);
}

Result<schema::ObjectsReplicated> StorageCore::replicate_objects(
    const schema::ReplicateObjects& request, const Caller& caller, Effects& effects) {
    return replication_->replicate_objects(request, caller, effects);
}

const store::View& StorageCore::start_view() const {
    return options_.start_view != nullptr ? *options_.start_view : view_;
}

Result<void> StorageCore::restore(Timestamp now, Effects& effects) {
    ONPUT_TRY_VOID(restore_record(now, effects));
    ONPUT_TRY(const bool has_new_keys,
              check_keys(options_.keys, options_.new_secret, store_record_.key_checks));
    if (has_new_keys) write_record(effects);
    ONPUT_TRY_VOID(age_.restore(start_view()));
    ONPUT_TRY_VOID(buckets_.restore(start_view(), view_));
    ONPUT_TRY_VOID(restore_outbox());
    auto counted = batch();
    ONPUT_TRY_VOID(usage_.restore(start_view(), outbox_.last(), counted));
    effects.add(std::move(counted));
    ONPUT_TRY_VOID(empty_trash(effects));
    ONPUT_TRY_VOID(restore_lifecycle());
    ONPUT_TRY_VOID(replication_->restore(start_view()));
    if (start_view().is_complete()) return {};
    // Numbers that only missing rows had may be given again: to the notifier they are another's.
    store_record_.source = random_.hex(source_digits);
    write_record(effects);
    return {};
}

Result<void> StorageCore::restore_record(Timestamp now, Effects& effects) {
    ONPUT_TRY(const auto row, start_view().get(partition, store_key));
    if (row) {
        ONPUT_TRY(store_record_, schema::decode<StoreRecord>(*row));
        if (store_record_.layout > store_layout) {
            return fail(ErrorCode::corruption,
                        "the store was written by a newer version of Onput: start that one");
        }
        if (store_record_.layout == store_layout) return {};
        store_record_.layout = store_layout;
        write_record(effects);
        return {};
    }
    store_record_.layout = store_layout;
    store_record_.source = random_.hex(source_digits);
    store_record_.created_at = now;
    ONPUT_TRY(const std::uint64_t before_first,
              outbox::find_before_first(start_view(), outbox_rows()));
    store_record_.relayed_through = before_first;
    write_record(effects);
    return {};
}

void StorageCore::write_record(Effects& effects) const {
    auto change = batch();
    change.put(std::string(store_key), schema::encode(store_record_));
    effects.changes.push_back({{std::move(change)}});
}

Result<void> StorageCore::restore_outbox() {
    sequencer_ = store_record_.sequencer;
    ONPUT_TRY(const std::uint64_t last,
              outbox::find_last(start_view(), outbox_rows(), store_record_.relayed_through));
    outbox_.restore({.relayed_through = store_record_.relayed_through, .last = last});
    if (last == store_record_.relayed_through) return {};
    ONPUT_TRY(const auto row, start_view().get(partition, outbox_row(last)));
    if (!row) return fail(ErrorCode::corruption, "the last row of the outbox is gone");
    ONPUT_TRY(const auto event, schema::decode<schema::ObjectEvent>(*row));
    ONPUT_TRY(const std::uint64_t sequencer, parse_sequencer(event.sequencer));
    sequencer_ = std::max({sequencer_, sequencer, event.commit_sequencer});
    return {};
}

Result<void> StorageCore::empty_trash(Effects& effects) {
    store::Range range = trash_rows();
    while (true) {
        ONPUT_TRY(const auto rows, start_view().scan(partition, range, store::scan_rows_max));
        if (rows.empty()) return {};
        auto removal = batch();
        for (const auto& row : rows) {
            ONPUT_TRY(const auto record, schema::decode<TrashRecord>(row.value));
            StoredBytes bytes{.blob = {}, .manifest = record.manifest};
            if (!record.blob.empty()) {
                ONPUT_TRY(bytes.blob, store::parse_blob_ref(record.blob));
            }
            for (const auto& blob : blobs_of(start_view(), bytes)) {
                effects.unused_blobs.push_back(blob);
            }
            if (!record.cold.empty()) {
                ONPUT_TRY(const auto cold, store::parse_blob_ref(record.cold));
                effects.unused_cold_blobs.push_back(cold);
            }
            if (!bytes.manifest.empty()) removal.remove(manifest_row(bytes.manifest));
            removal.remove(row.key);
        }
        effects.changes.push_back({{std::move(removal)}});
        range.from = rows.back().key + '\0';
    }
}

Result<schema::BucketInfo> StorageCore::create_bucket(const schema::CreateBucket& request,
                                                      const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    for (const std::string_view action : actions_of(request)) {
        ONPUT_TRY_VOID(judge_account({.identities = identities_,
                                      .caller = caller,
                                      .action = action,
                                      .resource = auth::bucket_arn(request.name)}));
    }
    auto creation = batch();
    // A binary that knows no configurations leaves them behind when it deletes their bucket.
    forget_rules(request.name);
    if (check_bucket_name(request.name) && !buckets_.all().contains(request.name))
        ONPUT_TRY_VOID(remove_configurations_of(request.name, creation));
    ONPUT_TRY(auto info, buckets_.create(request, caller, options_.region, creation));
    if (!creation.empty()) {
        effects.changes.push_back(bucket_change(request.name, std::move(creation)));
    }
    return info;
}

Result<schema::Empty> StorageCore::delete_bucket(const schema::DeleteBucket& request,
                                                 const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(buckets_.find(request.name, caller));
    const auto objects = store::Range::of_prefix(object_row(request.name, ""));
    ONPUT_TRY(const auto rows, view_.scan(partition, objects, 1));
    if (!rows.empty()) {
        Error error{.code = ErrorCode::conflict,
                    .message = "The bucket you tried to delete is not empty",
                    .reason = "bucket_not_empty",
                    .details = {{"BucketName", request.name}}};
        return std::unexpected(std::move(error));
    }
    ONPUT_TRY(
        const auto versions,
        view_.scan_keys(partition, store::Range::of_prefix(version_row_prefix(request.name)), 1));
    if (!versions.empty()) {
        return std::unexpected(
            Error{.code = ErrorCode::conflict,
                  .message = "The bucket you tried to delete is not empty. You must delete all "
                             "versions in the bucket.",
                  .reason = "bucket_not_empty",
                  .details = {{"BucketName", request.name}}});
    }
    Change change = bucket_change(request.name, batch());
    forget_rules(request.name);
    ONPUT_TRY_VOID(abort_uploads_of(request.name, change));
    ONPUT_TRY_VOID(remove_configurations_of(request.name, change.batch));
    buckets_.remove(request.name, change.batch);
    effects.unused_blobs.insert(effects.unused_blobs.end(), change.released.begin(),
                                change.released.end());
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::BucketInfo> StorageCore::head_bucket(const schema::HeadBucket& request,
                                                    const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find_for_key(request.name, request.key, caller));
    return info_of(*bucket);
}

Result<schema::BucketList> StorageCore::list_buckets(const schema::ListBuckets& request,
                                                     const Caller& caller) const {
    if (caller.principal.account.empty()) {
        return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
    }
    ONPUT_TRY_VOID(judge_account({.identities = identities_,
                                  .caller = caller,
                                  .action = "ListAllMyBuckets",
                                  .resource = auth::bucket_arn("*")}));
    return buckets_.list(request, caller);
}

Result<StorageCore::CheckedNotification> StorageCore::check_notification(
    const schema::PutNotification& request, const Caller& caller) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    CheckedNotification checked;
    ONPUT_TRY(checked.made.rules,
              check_configuration(request.configuration, bucket->record.region, random_));
    checked.made.has_event_bridge = request.configuration.has_event_bridge;
    if (checked.made.rules.empty() || request.skip_destination_validation) return checked;

    auto& ask = checked.ask.emplace();
    ask.bucket = request.bucket;
    ask.bucket_account = bucket->record.owner_account;
    ask.request_id = request.request_id;
    ask.host_id = request.host_id;
    for (const auto& rule : checked.made.rules) {
        ask.arns.push_back(rule.destination_arn);
        ask.kinds.push_back(rule.kind);
    }
    return checked;
}

Result<schema::Empty> StorageCore::put_notification(const std::string& bucket,
                                                    const CheckedNotification& checked,
                                                    const schema::DestinationsChecked& answer,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(buckets_.find(bucket, caller));
    ONPUT_TRY_VOID(room_.check());
    if (checked.ask) ONPUT_TRY_VOID(check_refusals(checked.made.rules, answer.refusals));
    ONPUT_TRY(auto rules, BucketRules::make(checked.made.rules));
    auto change = batch();
    buckets_.set_rules(bucket, std::move(rules), checked.made.has_event_bridge, change);
    effects.changes.push_back(bucket_change(bucket, std::move(change)));
    return schema::Empty{};
}

Result<schema::NotificationConfiguration> StorageCore::get_notification(
    const schema::GetNotification& request, const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    return schema::NotificationConfiguration{.rules = bucket->rules.rules(),
                                             .has_event_bridge = bucket->record.has_event_bridge};
}

Result<schema::EventExplained> StorageCore::explain_event(const schema::ExplainEvent& request,
                                                          const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY_VOID(check_event_name(request.event_name));
    ONPUT_TRY(const auto object, KeyRows(view_, request.bucket, request.key).current());
    return schema::EventExplained{.rules = bucket->rules.explain(request.event_name, request.key),
                                  .object_exists = object.has_value()};
}

Timestamp StorageCore::age_stamp(Timestamp now) const {
    const Timestamp stamp = age_.clock().stamp(now);
    return stamp > now ? stamp : Timestamp{};
}

Timestamp StorageCore::age_now(Timestamp now) const {
    return age_.clock().at(now) + (age_.clock().stamp(now) - now);
}

void StorageCore::before_commit(Change& change) {
    change.counted = usage_.count(view_, outbox_.last(), change.batch);
    change.replicas = replication_->count(change.batch);
}

// --- Commits that were refused ----------------------------------------------------------------

Result<void> StorageCore::undo(Effects& effects, std::size_t first) {
    // The newest first: events and trash can only be taken back in that order.
    for (std::size_t i = effects.changes.size(); i-- > first;) {
        const Change& change = effects.changes[i];
        for (const auto& event : std::views::reverse(change.events)) {
            outbox_.take_back(event.number);
            trash_.take_back(event.number);
            --emitted_[event.name];
        }
        if (change.purge) {
            outbox_.undo_trim(change.purge->removed_before);
            trash_.put_back(change.purge->trash);
            effects.unused_blobs.clear();
            effects.unused_cold_blobs.clear();
        }
        std::erase_if(effects.unused_blobs, [&change](const store::BlobRef& blob) {
            return std::ranges::find(change.released, blob) != change.released.end();
        });
        ONPUT_TRY_VOID(usage_.reload(view_, change.counted));
        replication_->take_back(change.replicas);
        for (const auto& bucket : change.buckets) {
            forget_rules(bucket);
            ONPUT_TRY_VOID(buckets_.reload(view_, bucket));
        }
        effects.unused_blobs.insert(effects.unused_blobs.end(), change.blobs.begin(),
                                    change.blobs.end());
        effects.unused_cold_blobs.insert(effects.unused_cold_blobs.end(), change.cold_blobs.begin(),
                                         change.cold_blobs.end());
    }
    return {};
}

// --- Turns ------------------------------------------------------------------------------------

Result<void> StorageCore::end_turn(Timestamp now, Effects& effects) {
    auto age = batch();
    age_.keep([&age]() -> store::Batch& { return age; });
    effects.add(std::move(age));
    // Removals cost next to nothing beside a sync that happens anyway, and a sync of their own
    // would hold up readers: alone they go once a second, or once there are many.
    const bool has_events = outbox_.last() != purged_beside_;
    const bool is_due = now >= purge_at_ || purge_at_ > now + purge_period;
    if (!has_events && !is_due && outbox_.trimmable() < purge_rows_max) return {};
    purged_beside_ = outbox_.last();
    purge_at_ = now + purge_period;
    if (!purge(effects)) return {};
    const auto& taken = effects.changes.back().purge->trash;
    if (taken.size() == trash_taken_max) purge_at_ = now + purge_busy_period;
    return {};
}

Timestamp StorageCore::next_wakeup(Timestamp) const {
    return purge_at_;
}

bool StorageCore::purge(Effects& effects) {
    Change change{{batch()}};
    Change::Purge purge{.removed_before = outbox_.removed_through(),
                        .trash = trash_.take(outbox_.durable(), pins_)};
    if (purge.removed_before == outbox_.trim(change.batch) && purge.trash.empty()) return false;
    for (const auto& trash : purge.trash) {
        change.batch.remove(trash_row(trash.number));
        for (const auto& blob : blobs_of(view_, trash.bytes)) effects.unused_blobs.push_back(blob);
        if (trash.cold) effects.unused_cold_blobs.push_back(*trash.cold);
        if (trash.bytes.manifest.empty()) continue;
        change.batch.remove(manifest_row(trash.bytes.manifest));
    }
    // The positions that the removed rows held until now.
    StoreRecord record = store_record_;
    record.relayed_through = outbox_.removed_through();
    record.sequencer = sequencer_;
    change.batch.put(std::string(store_key), schema::encode(record));
    change.purge = std::move(purge);
    effects.changes.push_back(std::move(change));
    return true;
}

std::vector<schema::Metric> StorageCore::metrics(Timestamp) const {
    std::vector<schema::Metric> all{
        {.name = "onput_storage_buckets", .value = static_cast<double>(buckets_.all().size())},
        {.name = "onput_storage_outbox_events", .value = static_cast<double>(outbox_.waiting())},
        {.name = "onput_storage_relay_failures", .value = static_cast<double>(outbox_.failures())},
        {.name = "onput_storage_trash_blobs", .value = static_cast<double>(trash_.size())}};
    for (const auto& [type, count] : emitted_) {
        all.push_back({.name = "onput_events_emitted_total{type=\"" + type + "\"}",
                       .value = static_cast<double>(count)});
    }
    usage_.add_metrics(all);
    return all;
}

}  // namespace onput::storage
