// The pass over all buckets that does what their lifecycle rules say, and what those say to
// requests. A version is judged and changed within one turn, so nothing comes in between; each
// change is a commit with its event, like any other.
#include <algorithm>

#include "common/base/check.hpp"
#include "services/storage/core.hpp"
#include "services/storage/lifecycle/own_trace.hpp"
#include "services/storage/lifecycle/rules.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/rules.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view expired = "LifecycleExpiration:Delete";
constexpr std::string_view marker_created = "LifecycleExpiration:DeleteMarkerCreated";
constexpr std::string_view transitioned = "LifecycleTransition";
constexpr std::size_t uploads_page = 100;

VersionFacts facts_of(const WalkedVersion& version) {
    return {.key = version.key,
            .record = version.record,
            .is_newest = version.is_newest,
            .is_alone = version.is_alone,
            .noncurrent_since = version.noncurrent_since,
            .newer_noncurrent = version.newer_noncurrent};
}

bool aborts_uploads(const schema::LifecycleConfiguration& rules) {
    return std::ranges::any_of(rules.rules, [](const auto& rule) {
        return rule.is_enabled && rule.abort_uploads_days.has_value();
    });
}

}  // namespace

// --- What requests are told -------------------------------------------------------------------

std::optional<schema::ScheduledAction> StorageCore::expiration_of(
    const std::string& bucket, std::string_view key, const ObjectRecord& record) const {
    // The object is read, or was written, whether or not this can be said of it.
    const auto rules = rules_.of(bucket);
    if (!rules || *rules == nullptr) return {};
    return storage::expiration_of(**rules, key, record);
}

std::optional<schema::ScheduledAction> StorageCore::abort_of(const std::string& bucket,
                                                             std::string_view key,
                                                             Timestamp begun) const {
    const auto rules = rules_.of(bucket);
    if (!rules || *rules == nullptr) return {};
    return storage::abort_of(**rules, key, begun);
}

// --- The pass ---------------------------------------------------------------------------------

Caller StorageCore::own_caller(const Bucket& bucket, Timestamp now) {
    return {.principal = {.account = bucket.record.owner_account, .id = std::string(s3_principal)},
            .trace = {},
            .now = now};
}

StorageCore::EventSource StorageCore::own_event(std::string_view name, const Bucket& bucket,
                                                const std::string& key) {
    static const std::string none;
    static const std::string source(s3_principal);
    return {.name = name,
            .bucket = bucket,
            .key = key,
            .request_id = none,
            .host_id = none,
            .source_ip = source};
}

Result<void> StorageCore::restore_lifecycle() {
    ONPUT_TRY(const auto row, start_view().get(partition, lifecycle_key));
    if (!row) return {};
    ONPUT_TRY(lifecycle_, schema::decode<LifecycleRecord>(*row));
    return {};
}

bool StorageCore::is_lifecycle_due(Timestamp now, Duration interval) const {
    return lifecycle_.is_running || age_.clock().at(now) >= lifecycle_.began_at + interval;
}

void StorageCore::keep_lifecycle(Effects& effects) const {
    effects.batch_of(partition).put(std::string(lifecycle_key), schema::encode(lifecycle_));
}

void StorageCore::skip_lifecycle_bucket() {
    walk_.reset();
    lifecycle_.bucket += '\0';
    lifecycle_.key.clear();
}

// The bucket where it is, or the next one that has rules. One whose rules cannot be read is where
// the pass is then.
Result<const Bucket*> StorageCore::bucket_of_pass(LifecycleStep& step, std::size_t rows_max) {
    const auto& all = buckets_.all();
    auto at = all.lower_bound(lifecycle_.bucket);
    if (at != all.end() && at->first != lifecycle_.bucket) lifecycle_.key.clear();
    for (; at != all.end(); ++at) {
        const auto rules = rules_.of(at->first);
        if (!rules) {
            lifecycle_.bucket = at->first;
            return std::unexpected(rules.error());
        }
        if (*rules != nullptr) break;
        lifecycle_.key.clear();
        // So many without rules are passed over in one go, and no more.
        if (++step.rows < rows_max) continue;
        lifecycle_.bucket = at->first + '\0';
        return nullptr;
    }
    if (at == all.end()) {
        step.is_over = true;
        return nullptr;
    }
    lifecycle_.bucket = at->first;
    return &at->second;
}

Result<LifecycleStep> StorageCore::judge_next(Timestamp now, std::size_t rows_max,
                                              Effects& effects) {
    LifecycleStep step;
    if (!lifecycle_.is_running) {
        lifecycle_ = {.is_running = true, .began_at = age_.clock().at(now)};
        walk_.reset();
    }
    ONPUT_TRY(const Bucket* const bucket, bucket_of_pass(step, rows_max));
    if (bucket == nullptr) {
        if (step.is_over) lifecycle_ = {.began_at = lifecycle_.began_at};
        keep_lifecycle(effects);
        return step;
    }
    const std::string& name = bucket->record.name;
    if (!walk_ || walk_->bucket() != name) {
        walk_.emplace(name, lifecycle_.key);
        uploads_from_ = upload_rows(name).from;
    }
    ONPUT_TRY(const auto* const rules, rules_.of(name));
    if (!uploads_from_.empty() && aborts_uploads(*rules)) {
        ONPUT_TRY_VOID(judge_uploads(*rules, now, rows_max, step));
        return step;
    }
    ONPUT_TRY(auto page, walk_->next(view_, rows_max));
    step.rows += page.rows;
    const Timestamp age = age_.clock().at(now);
    for (auto& version : page.versions) {
        auto decision = decide(*rules, facts_of(version), age);
        if (decision.kind == LifecycleDecision::Kind::none) continue;
        step.tasks.push_back({.bucket = name,
                              .key = std::move(version.key),
                              .sequencer = version.record.sequencer,
                              .decision = std::move(decision)});
    }
    lifecycle_.key = walk_->from();
    if (page.is_last) {
        walk_.reset();
        lifecycle_.bucket = name + '\0';
        lifecycle_.key.clear();
    }
    // What was judged before a crash and not done is judged again.
    if (page.is_last || (unkept_rows_ += page.rows) >= lifecycle_rows_unkept_max) {
        unkept_rows_ = 0;
        keep_lifecycle(effects);
    }
    return step;
}

Result<void> StorageCore::judge_uploads(const schema::LifecycleConfiguration& rules, Timestamp now,
                                        std::size_t rows_max, LifecycleStep& step) {
    const std::string& bucket = walk_->bucket();
    const std::size_t page = std::min(rows_max, uploads_page);
    auto range = upload_rows(bucket);
    range.from = uploads_from_;
    ONPUT_TRY(const auto rows, view_.scan(partition, range, page));
    step.rows += rows.size() + 1;
    const Timestamp age = age_.clock().at(now);
    for (const auto& row : rows) {
        const auto name = std::string_view(row.key).substr(upload_rows(bucket).from.size());
        ONPUT_TRY(const auto split, split_tail(name, upload_id_digits));
        ONPUT_TRY(const auto upload, schema::decode<UploadRecord>(row.value));
        const auto abort =
            storage::abort_of(rules, split.key, std::max(upload.initiated_at, upload.aged_from));
        if (!abort || abort->at > age) continue;
        step.uploads.push_back({.bucket = bucket,
                                .key = std::string(split.key),
                                .upload_id = std::string(split.tail)});
    }
    uploads_from_ = rows.size() < page ? std::string() : rows.back().key + '\0';
    return {};
}

// --- Its changes ------------------------------------------------------------------------------

Result<void> StorageCore::abort_for_lifecycle(const schema::AbortUpload& upload, Timestamp now,
                                              Effects& effects) {
    const auto found = buckets_.all().find(upload.bucket);
    if (found == buckets_.all().end()) return {};
    const auto aborted = abort_upload(upload, own_caller(found->second, now), effects);
    if (!aborted && aborted.error().code != ErrorCode::not_found)
        return std::unexpected(aborted.error());
    return {};
}

Result<void> StorageCore::apply(const LifecycleTask& task, Timestamp now, Effects& effects) {
    const auto found = buckets_.all().find(task.bucket);
    if (found == buckets_.all().end()) return {};
    const Bucket& bucket = found->second;
    const KeyRows rows(view_, task.bucket, task.key);
    ONPUT_TRY(auto version, rows.at(task.sequencer));
    if (!version) return {};
    // The next pass finds it again.
    if (replication_status_of(version->record) == schema::ReplicationStatus::pending) return {};
    switch (task.decision.kind) {
        case LifecycleDecision::Kind::none: return {};
        case LifecycleDecision::Kind::expire:
            return expire(task.key, bucket, *version, now, effects);
        case LifecycleDecision::Kind::remove:
            return remove_expired(task.key, bucket, *version, now, effects);
        case LifecycleDecision::Kind::transition:
            return transition({.key = task.key, .storage_class = task.decision.storage_class},
                              bucket, *std::move(version), now, effects);
    }
    return {};
}

Result<void> StorageCore::expire(const std::string& key, const Bucket& bucket,
                                 const KeyRows::Version& version, Timestamp now, Effects& effects) {
    if (!version.is_current) return {};
    if (bucket.record.versioning == schema::Versioning::unset)
        return remove_expired(key, bucket, version, now, effects);
    // A marker takes room, and its time comes again.
    if (!room_.check()) return {};
    Caller caller = own_caller(bucket, now);
    caller.trace = own_trace(version.record);
    ONPUT_TRY_VOID(
        make_marker(own_event(marker_created, bucket, key), version.record, caller, effects));
    return {};
}

Result<void> StorageCore::remove_expired(const std::string& key, const Bucket& bucket,
                                         const KeyRows::Version& version, Timestamp now,
                                         Effects& effects) {
    const ObjectRecord& record = version.record;
    if (!check_removal(record.lock, false, lock_times(now))) return {};
    Caller caller = own_caller(bucket, now);
    caller.trace = own_trace(record);
    ONPUT_TRY(auto change, begin_change(own_event(expired, bucket, key), caller));
    if (bucket.record.versioning != schema::Versioning::unset && record.has_version_id)
        change.event.version_id = version_id_of(record);
    ONPUT_TRY_VOID(KeyRows(view_, bucket.record.name, key).remove(version, change.commit.batch));
    static_cast<void>(commit_change(std::move(change), record, effects));
    return {};
}

Result<void> StorageCore::transition(const Transition& wanted, const Bucket& bucket,
                                     KeyRows::Version version, Timestamp now, Effects& effects) {
    if (!room_.check()) return {};
    Caller caller = own_caller(bucket, now);
    caller.trace = own_trace(version.record);
    ONPUT_TRY(auto change, begin_change(own_event(transitioned, bucket, wanted.key), caller));
    version.record.storage_class = wanted.storage_class;
    schedule_archive(version.record, {.bucket = bucket.record.name, .key = wanted.key}, now,
                     change.commit.batch);
    change.describe(bucket, version.record);
    change.event.storage_class = wanted.storage_class;
    KeyRows(view_, bucket.record.name, wanted.key).rewrite(version, change.commit.batch);
    static_cast<void>(commit_change(std::move(change), {}, effects));
    return {};
}

}  // namespace onput::storage
