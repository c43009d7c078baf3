#include "services/storage/core.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t source_digits = 32;

store::Batch batch() {
    return store::Batch(std::string(partition));
}

}  // namespace

StorageCore::StorageCore(const store::View& view, Options options, Random random)
    : view_(view), options_(std::move(options)), random_(random) {
    // A row may not be larger than the store takes.
    ONPUT_CHECK(options_.inline_bytes_max <= store::value_bytes_max);
}

Result<void> StorageCore::restore(Timestamp now, Effects& effects) {
    ONPUT_TRY(const auto row, view_.get(partition, store_key));
    if (row) {
        ONPUT_TRY(store_record_, schema::decode<StoreRecord>(*row));
    } else {
        store_record_.source = random_.hex(source_digits);
        store_record_.created_at = now;
        auto first = batch();
        first.put(std::string(store_key), schema::encode(store_record_));
        effects.batches.push_back(std::move(first));
    }
    ONPUT_TRY_VOID(buckets_.restore(view_));
    ONPUT_TRY_VOID(restore_outbox());
    return empty_trash(effects);
}

Result<void> StorageCore::restore_outbox() {
    sequencer_ = store_record_.sequencer;
    ONPUT_TRY(const std::uint64_t last,
              outbox::find_last(view_, outbox_rows(), store_record_.relayed_through));
    outbox_.restore({.relayed_through = store_record_.relayed_through, .last = last});
    if (last == store_record_.relayed_through) return {};
    ONPUT_TRY(const auto row, view_.get(partition, outbox_row(last)));
    if (!row) return fail(ErrorCode::corruption, "the last row of the outbox is gone");
    ONPUT_TRY(const auto event, schema::decode<schema::ObjectEvent>(*row));
    ONPUT_TRY(const std::uint64_t sequencer, parse_sequencer(event.sequencer));
    sequencer_ = std::max(sequencer_, sequencer);
    return {};
}

Result<void> StorageCore::empty_trash(Effects& effects) {
    store::Range range = trash_rows();
    while (true) {
        ONPUT_TRY(const auto rows, view_.scan(partition, range, store::scan_rows_max));
        if (rows.empty()) return {};
        auto removal = batch();
        for (const auto& row : rows) {
            ONPUT_TRY(const auto record, schema::decode<TrashRecord>(row.value));
            ONPUT_TRY(const auto blob, store::parse_blob_ref(record.blob));
            effects.unused_blobs.push_back(blob);
            removal.remove(row.key);
        }
        effects.batches.push_back(std::move(removal));
        range.from = rows.back().key + '\0';
    }
}

Result<void> StorageCore::check_room() const {
    if (has_room_) return {};
    return fail(ErrorCode::resource_exhausted, "the disk of the store is nearly full",
                "storage_full");
}

Result<bool> StorageCore::refers(const store::Owner& owner, const store::BlobRef& blob) const {
    ONPUT_TRY(const auto row, view_.get(owner.partition, owner.key));
    if (!row) return false;
    ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(*row));
    return record.blob == store::to_text(blob);
}

Result<schema::BucketInfo> StorageCore::create_bucket(const schema::CreateBucket& request,
                                                      const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(check_room());
    auto creation = batch();
    ONPUT_TRY(auto info, buckets_.create(request, caller, options_.region, creation));
    if (!creation.empty()) {
        effects.changed_bucket = request.name;
        effects.batches.push_back(std::move(creation));
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
    auto removal = batch();
    buckets_.remove(request.name, removal);
    effects.changed_bucket = request.name;
    effects.batches.push_back(std::move(removal));
    return schema::Empty{};
}

Result<schema::BucketInfo> StorageCore::head_bucket(const schema::HeadBucket& request,
                                                    const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.name, caller));
    return info_of(*bucket);
}

Result<schema::BucketList> StorageCore::list_buckets(const schema::ListBuckets& request,
                                                     const Caller& caller) const {
    if (caller.principal.account.empty()) {
        return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
    }
    return buckets_.list(request, caller);
}

Result<StorageCore::CheckedNotification> StorageCore::check_notification(
    const schema::PutNotification& request, const Caller& caller) {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    CheckedNotification checked;
    ONPUT_TRY(checked.rules,
              check_configuration(request.configuration, bucket->record.region, random_));
    if (checked.rules.empty() || request.skip_destination_validation) return checked;

    auto& ask = checked.ask.emplace();
    ask.bucket = request.bucket;
    ask.bucket_account = bucket->record.owner_account;
    ask.request_id = request.request_id;
    ask.host_id = request.host_id;
    for (const auto& rule : checked.rules) {
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
    ONPUT_TRY_VOID(check_room());
    if (checked.ask) ONPUT_TRY_VOID(check_refusals(checked.rules, answer.refusals));
    ONPUT_TRY(auto rules, BucketRules::make(checked.rules));
    auto change = batch();
    buckets_.set_rules(bucket, std::move(rules), change);
    effects.changed_bucket = bucket;
    effects.batches.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::NotificationConfiguration> StorageCore::get_notification(
    const schema::GetNotification& request, const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    return schema::NotificationConfiguration{.rules = bucket->rules.rules()};
}

Result<schema::EventExplained> StorageCore::explain_event(const schema::ExplainEvent& request,
                                                          const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_key(request.key));
    ONPUT_TRY(const auto object, read_object(request.bucket, request.key));
    return schema::EventExplained{.rules = bucket->rules.explain(request.event_name, request.key),
                                  .object_exists = object.has_value()};
}

Result<void> StorageCore::undo(const Effects& effects) {
    if (effects.event_number != 0) {
        outbox_.take_back(effects.event_number);
        trash_.take_back(effects.event_number);
    }
    if (effects.is_tidying) {
        outbox_.untidied(effects.removed_before);
        trash_.put_back(effects.trash);
    }
    if (!effects.changed_bucket.empty()) return buckets_.reload(view_, effects.changed_bucket);
    return {};
}

bool StorageCore::tidy(const Pins& pins, Effects& effects) {
    auto removal = batch();
    effects.removed_before = outbox_.removed_through();
    effects.trash = trash_.take(outbox_.durable(), pins);
    if (effects.removed_before == outbox_.tidy(removal) && effects.trash.empty()) return false;
    effects.is_tidying = true;
    for (const auto& trash : effects.trash) {
        removal.remove(trash_row(trash.number));
        effects.unused_blobs.push_back(trash.blob);
    }
    // The positions that the removed rows held until now.
    StoreRecord record = store_record_;
    record.relayed_through = outbox_.removed_through();
    record.sequencer = sequencer_;
    removal.put(std::string(store_key), schema::encode(record));
    effects.batches.push_back(std::move(removal));
    return true;
}

}  // namespace onput::storage
