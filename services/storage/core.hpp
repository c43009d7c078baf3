// StorageCore: buckets, objects, their events and the outbox as one state machine. No socket,
// clock, disk, thread or log in here.
//
//     command ──> checks ──> one batch: object row + data row + outbox row (+ trash row) ──> reply
//                                │
//                                └── durable ──> outbox ──> notifier;  trash ──> blobs removed
//
// Objects have versions (objects/key_rows.hpp), locks (objects/lock.hpp) and tags; an upload in
// parts is rows of its own until it becomes an object (core_multipart.cpp). What lifecycles make of
// objects, and archived versions, are in lifecycle/, what becomes of them in other buckets in
// replication/.
//
// Rows are the truth and are read through the View; in memory are the buckets, and positions of
// the outbox and the trash. An object and its event are in one batch, so a crash leaves both or
// neither. Events carry a number (of the outbox) and a sequencer that grow with every commit,
// whatever the clock does.
//
// Every command with Effects is committed by the caller at once; if that fails, `undo`. After each
// successful command the next one sees its rows. Not thread-safe; its one caller is the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/random.hpp"
#include "common/outbox/outbox.hpp"
#include "common/schema/replication.hpp"
#include "common/schema/storage_access.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/schema/storage_versions.hpp"
#include "common/service/age_record.hpp"
#include "common/service/room.hpp"
#include "services/storage/buckets/buckets.hpp"
#include "services/storage/effects.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/housekeeping/usage.hpp"
#include "services/storage/identity/identities.hpp"
#include "services/storage/lifecycle/archive.hpp"
#include "services/storage/lifecycle/pass.hpp"
#include "services/storage/lifecycle/rule_cache.hpp"
#include "services/storage/objects/conditions.hpp"
#include "services/storage/objects/content.hpp"
#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/lock.hpp"
#include "services/storage/objects/trash.hpp"
#include "services/storage/replication/endpoints.hpp"

namespace onput::storage {

// Uploads under way, and parts of them, that the deletion of a bucket aborts; with more, it is
// refused.
inline constexpr std::size_t uploads_aborted_max = 500;
inline constexpr std::size_t parts_aborted_max = 10'000;

// Rows that are over are removed beside other commits, alone once there are this many, or once in
// purge_period.
inline constexpr std::uint64_t purge_rows_max = 1000;
inline constexpr Duration purge_period = std::chrono::seconds(1);
// Of trash that one go does not take: 3,200 blobs a second.
inline constexpr Duration purge_busy_period = std::chrono::milliseconds(20);

class Replication;  // replication/replication.hpp
class StorageCore {
public:
    using Effects = storage::Effects;
    struct Options {
        std::string region;
        std::string boot;                    // Platform::boot.
        std::uint64_t inline_bytes_max = 0;  // Larger contents come as blobs.
        std::uint64_t free_bytes_min = 0;    // With less room on the disk nothing is taken in.
        std::uint64_t part_bytes_min = schema::part_bytes_min;  // Of all parts but the last.
        RestoreDelays restore_delays = {};
        // After it a replica is late, where its rule asks for that.
        Duration replication_threshold = std::chrono::minutes(15);  // AWS's.
        // What `restore`, and a look for due replicas, read: the same rows without damaged ones.
        const store::View* start_view = nullptr;
        ServiceKeys keys = {};
        Endpoints endpoints = {};   // Of buckets that are elsewhere.
        NewSecret new_secret = {};  // Platform::new_secret.
    };
    StorageCore(const store::View& view, Options options, Random random);
    ~StorageCore();

    // Both clocks, before each command: locks go by AgeClock.
    void on_clock(Timestamp wall, Duration monotonic) { age_.observe(wall, monotonic); }

    // Puts back what the store holds, once, before anything else, and before any blob is written.
    // Everything in the trash becomes an unused blob; commit the effects like a command's.
    Result<void> restore(Timestamp now, Effects& effects);

    Result<schema::BucketInfo> create_bucket(const schema::CreateBucket& request,
                                             const Caller& caller, Effects& effects);
    Result<schema::Empty> delete_bucket(const schema::DeleteBucket& request, const Caller& caller,
                                        Effects& effects);
    Result<schema::BucketInfo> head_bucket(const schema::HeadBucket& request,
                                           const Caller& caller) const;
    Result<schema::BucketList> list_buckets(const schema::ListBuckets& request,
                                            const Caller& caller) const;

    // Configurations, whose documents are not read here.
    Result<schema::Empty> put_bucket_configuration(const schema::PutBucketConfiguration& request,
                                                   const Caller& caller, Effects& effects);
    Result<schema::Empty> delete_bucket_configuration(
        const schema::DeleteBucketConfiguration& request, const Caller& caller, Effects& effects);
    Result<schema::BucketConfiguration> get_bucket_configuration(
        const schema::GetBucketConfiguration& request, const Caller& caller) const;
    Result<schema::FoundBucketConfiguration> find_bucket_configuration(
        const schema::FindBucketConfiguration& request, const Caller& caller) const;
    Result<schema::BucketConfigurationList> list_bucket_configurations(
        const schema::ListBucketConfigurations& request, const Caller& caller) const;

    // Policies, and access control lists (access/).
    Result<schema::Empty> put_bucket_policy(const schema::PutBucketPolicy& request,
                                            const Caller& caller, Effects& effects);
    Result<schema::Empty> delete_bucket_policy(const schema::DeleteBucketPolicy& request,
                                               const Caller& caller, Effects& effects);
    Result<schema::BucketPolicy> get_bucket_policy(const schema::GetBucketPolicy& request,
                                                   const Caller& caller) const;

    Result<schema::AccessControlPolicy> get_acl(const schema::GetAcl& request,
                                                const Caller& caller) const;
    Result<schema::AclPut> put_acl(const schema::PutAcl& request, const Caller& caller,
                                   Effects& effects);

    // What would make a put of this fail whatever its bytes are. The put itself asks again.
    Result<void> open_write(const schema::OpenWrite& request, const Caller& caller) const;

    // What to encrypt the bytes of a write with before they lie anywhere: they go to put_object
    // with this sealing. Errors besides make_object_key's, of a part, whose upload has the key:
    // no_such_upload; invalid_argument `invalid_request` without the customer's key, and
    // `invalid_argument` with another one.
    struct WriteKey {
        ObjectKey key = {};
        Sealing sealing = {};
    };
    Result<WriteKey> make_write_key(const schema::OpenWrite& request) const;

    // Owns the content's blob from here on: when nothing is committed it becomes an unused one. The
    // content of a part is always a blob.
    Result<schema::ObjectPut> put_object(const schema::PutObject& request, Content content,
                                         const Caller& caller, Effects& effects);
    Result<schema::ObjectDeleted> delete_object(const schema::DeleteObject& request,
                                                const Caller& caller, Effects& effects);
    Result<Reading> get_object(const schema::GetObject& request, const Caller& caller) const;
    Result<schema::ObjectInfo> head_object(const schema::HeadObject& request,
                                           const Caller& caller) const;
    Result<schema::ObjectList> list_objects(const schema::ListObjects& request,
                                            const Caller& caller) const;

    // Versions, locks and tags.
    Result<schema::Empty> put_versioning(const schema::PutVersioning& request, const Caller& caller,
                                         Effects& effects);
    Result<schema::Empty> put_object_lock(const schema::PutObjectLock& request,
                                          const Caller& caller, Effects& effects);
    Result<schema::TagsPut> put_tags(const schema::PutTags& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::Empty> put_retention(const schema::PutRetention& request, const Caller& caller,
                                        Effects& effects);
    Result<schema::Empty> put_legal_hold(const schema::PutLegalHold& request, const Caller& caller,
                                         Effects& effects);
    // DeleteObjects is one command an entry, so that each sees what the last one did.
    Result<void> check_delete_objects(const schema::DeleteObjects& request,
                                      const Caller& caller) const;
    Result<schema::ObjectDeleted> delete_entry(const schema::DeleteObjects& request,
                                               const schema::DeleteEntry& entry,
                                               const Caller& caller, Effects& effects);
    Result<schema::VersionList> list_versions(const schema::ListVersions& request,
                                              const Caller& caller) const;

    // Multipart uploads. Their parts are put_object's.
    Result<schema::UploadCreated> create_upload(const schema::CreateUpload& request,
                                                const Caller& caller, Effects& effects);
    Result<schema::UploadCompleted> complete_upload(const schema::CompleteUpload& request,
                                                    const Caller& caller, Effects& effects);
    Result<schema::Empty> abort_upload(const schema::AbortUpload& request, const Caller& caller,
                                       Effects& effects);
    Result<schema::UploadCreated> find_begun_upload(const schema::FindUpload&, const Caller&) const;
    Result<schema::PartList> list_parts(const schema::ListParts& request,
                                        const Caller& caller) const;
    Result<schema::UploadList> list_uploads(const schema::ListUploads& request,
                                            const Caller& caller) const;
    Result<schema::ObjectPartList> list_object_parts(const schema::ListObjectParts& request,
                                                     const Caller& caller) const;

    // A configuration is put in two steps, because its destinations are asked in between:
    // check_notification -> CheckDestinations, when `ask` -> put_notification.
    struct CheckedNotification {
        schema::NotificationConfiguration made;  // As it will be stored.
        std::optional<schema::CheckDestinations> ask;
    };
    Result<CheckedNotification> check_notification(const schema::PutNotification& request,
                                                   const Caller& caller);
    // `checked` with what the destinations answered, if they were asked. The bucket may have gone
    // or changed hands meanwhile: that is found here.
    Result<schema::Empty> put_notification(const std::string& bucket,
                                           const CheckedNotification& checked,
                                           const schema::DestinationsChecked& answer,
                                           const Caller& caller, Effects& effects);
    Result<schema::NotificationConfiguration> get_notification(
        const schema::GetNotification& request, const Caller& caller) const;
    Result<schema::EventExplained> explain_event(const schema::ExplainEvent& request,
                                                 const Caller& caller) const;

    // Lifecycle: one pass over all buckets after the other (lifecycle/pass.hpp). A step judges
    // rows_max rows or so, and says what is to be done because of them: `apply` each task in the
    // same turn.
    [[nodiscard]] bool is_lifecycle_due(Timestamp now, Duration interval) const;
    Result<LifecycleStep> judge_next(Timestamp now, std::size_t rows_max, Effects& effects);
    Result<void> apply(const LifecycleTask& task, Timestamp now, Effects& effects);
    // After an error of judge_next: the pass goes on behind that bucket.
    void skip_lifecycle_bucket();
    Result<void> abort_for_lifecycle(const schema::AbortUpload& upload, Timestamp now,
                                     Effects& effects);

    // Archived versions (lifecycle/core_archive.cpp). `look_at` does what needs no bytes, and says
    // which are to be copied; the copy is the core's from `finish_...` on, as put_object's blob is.
    Result<schema::RestoreStarted> restore_object(const schema::RestoreObject& request,
                                                  const Caller& caller, Effects& effects);
    [[nodiscard]] Result<std::vector<DueVersion>> due_versions(Timestamp now) const;
    Result<DueWork> look_at(const DueVersion& due, Timestamp now, Effects& effects);
    Result<void> finish_archive(const DueVersion& due, const store::BlobRef& cold, Timestamp now,
                                Effects& effects);
    Result<void> finish_restore(const DueVersion& due, const std::optional<store::BlobRef>& copy,
                                Timestamp now, Effects& effects);
    // It could not be done: later.
    Result<void> postpone(const DueVersion& due, Timestamp until, Effects& effects);

    [[nodiscard]] Replication& replication() { return *replication_; }
    [[nodiscard]] const Replication& replication() const { return *replication_; }
    Result<schema::ObjectsReplicated> replicate_objects(const schema::ReplicateObjects& request,
                                                        const Caller& caller, Effects& effects);

    // Right before a change is committed: what it means for the usage of buckets joins it.
    void before_commit(Change& change);
    // The changes from `first` on were not committed: forgets them. Their new blobs join the unused
    // ones.
    Result<void> undo(Effects& effects, std::size_t first);

    // Told how much room the disk has. Below free_bytes_min everything that would take some is
    // refused with `storage_full`, while reading, deleting and handing over go on.
    [[nodiscard]] service::Room& room() { return room_; }

    // Every event up to `number` survives a crash.
    void on_durable(std::uint64_t number) { outbox_.on_durable(number); }
    [[nodiscard]] std::uint64_t last_number() const { return outbox_.last(); }

    // Tidies, beside other commits or once a second.
    Result<void> end_turn(Timestamp now, Effects& effects);
    [[nodiscard]] Timestamp next_wakeup(Timestamp now) const;

    // Reads go on after an error, and a command that fails has changed nothing.
    static bool is_fatal(const Error&) { return false; }

    // The outbox: next, on_appended and on_failed are the relay's.
    [[nodiscard]] outbox::Outbox& outbox() { return outbox_; }
    [[nodiscard]] const outbox::Outbox& outbox() const { return outbox_; }
    [[nodiscard]] const std::string& source() const { return store_record_.source; }

    // Removes rows that were handed over and blobs that nobody needs, a bounded number of them.
    // Answers false when there was nothing.
    bool purge(Effects& effects);
    // The blobs that are being read, which purge leaves alone.
    [[nodiscard]] Pins& pins() { return pins_; }
    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp now) const;
    [[nodiscard]] std::size_t trash() const { return trash_.size(); }

    [[nodiscard]] const BucketTable& buckets() const { return buckets_; }
    [[nodiscard]] Identities& identities() { return identities_; }
    [[nodiscard]] const Identities& identities() const { return identities_; }
    [[nodiscard]] const UsageBook& usage() const { return usage_; }

    void check_invariants() const;
    // Reads every row and checks that the rows fit each other. For tests.
    Result<void> check_rows() const;

private:
    friend class Replication;

    // Who and what a change of an object is told of by its event.
    struct EventSource {
        std::string_view name;  // "ObjectCreated:Put"
        const Bucket& bucket;
        const std::string& key;
        const std::string& request_id;
        const std::string& host_id;
        const std::string& source_ip;
    };
    // Of a request that changes the object it names.
    template <typename Request>
    static EventSource event_of(std::string_view name, const Bucket& bucket,
                                const Request& request) {
        return {.name = name,
                .bucket = bucket,
                .key = request.key,
                .request_id = request.request_id,
                .host_id = request.host_id,
                .source_ip = request.source_ip};
    }
    // A change of one object that is being made: its rows, and its event.
    struct ObjectChange {
        std::uint64_t number = 0;     // Of its outbox row.
        std::uint64_t sequencer = 0;  // Above all others.
        schema::ObjectEvent event;
        Change commit;

        // What the event says of the version that it is about.
        void describe(const Bucket& bucket, const ObjectRecord& record);
    };
    Result<ObjectChange> begin_change(const EventSource& source, const Caller& caller);
    // `thrown_away`: the version that no row refers to any more. Answers the event's id.
    std::string commit_change(ObjectChange change, const std::optional<ObjectRecord>& thrown_away,
                              Effects& effects);
    // A second event in the commit of the last change.
    void join_change(ObjectChange change, Effects& effects);
    void add_event(schema::ObjectEvent event, std::uint64_t number, Change& made);
    void throw_away(const ObjectRecord& record, std::uint64_t number, store::Batch& batch);
    // A new delete marker on top of the current version, if there is one.
    Result<schema::ObjectDeleted> make_marker(const EventSource& source,
                                              const std::optional<ObjectRecord>& before,
                                              const Caller& caller, Effects& effects);
    [[nodiscard]] std::uint64_t next_sequencer(Timestamp now) const;

    [[nodiscard]] LockTimes lock_times(Timestamp now) const {
        return {.wall = now, .age = age_.clock().at(now), .stamp = age_.clock().stamp(now)};
    }
    // What a new version's age counts from; zero where that is the wall clock's time.
    [[nodiscard]] Timestamp age_stamp(Timestamp now) const;
    // The age clock's own time, be the wall ahead of it or behind.
    [[nodiscard]] Timestamp age_now(Timestamp now) const;
    [[nodiscard]] std::optional<schema::ScheduledAction> expiration_of(
        const std::string& bucket, std::string_view key, const ObjectRecord& record) const;
    [[nodiscard]] std::optional<schema::ScheduledAction> abort_of(const std::string& bucket,
                                                                  std::string_view key,
                                                                  Timestamp begun) const;

    // What the service does by itself is done in the name of the bucket's owner.
    static Caller own_caller(const Bucket& bucket, Timestamp now);
    static EventSource own_event(std::string_view name, const Bucket& bucket,
                                 const std::string& key);
    Result<void> restore_lifecycle();
    void keep_lifecycle(Effects& effects) const;
    Result<const Bucket*> bucket_of_pass(LifecycleStep& step, std::size_t rows_max);
    Result<void> judge_uploads(const schema::LifecycleConfiguration& rules, Timestamp now,
                               std::size_t rows_max, LifecycleStep& step);
    Result<void> expire(const std::string& key, const Bucket& bucket,
                        const KeyRows::Version& version, Timestamp now, Effects& effects);
    Result<void> remove_expired(const std::string& key, const Bucket& bucket,
                                const KeyRows::Version& version, Timestamp now, Effects& effects);
    struct Transition {
        const std::string& key;
        const std::string& storage_class;
    };
    Result<void> transition(const Transition& wanted, const Bucket& bucket,
                            KeyRows::Version version, Timestamp now, Effects& effects);

    struct Place {
        std::string_view bucket;
        std::string_view key;
    };
    // Moves its due row; to zero: removes it. The record is to be written behind this.
    static void set_due(ObjectRecord& record, const Place& place, Timestamp due_at,
                        store::Batch& batch);
    void schedule_archive(ObjectRecord& record, const Place& place, Timestamp now,
                          store::Batch& batch) const;
    Result<void> find_bytes(const DueVersion& due, const KeyRows::Version& version,
                            DueWork& work) const;
    Result<void> end_restore(const DueVersion& due, const Bucket& bucket, KeyRows::Version version,
                             Timestamp now, Effects& effects);
    [[nodiscard]] Result<void> check_replication_buckets(
        const Bucket& source, const schema::ReplicationConfiguration& configuration) const;
    void forget_rules(const std::string& bucket);
    static void describe_restore(ObjectChange& change, const Bucket& bucket,
                                 const ObjectRecord& record);

    Result<schema::ObjectPut> commit_put(const schema::PutObject& request, Content& content,
                                         const Caller& caller, Effects& effects);
    Result<schema::ObjectPut> commit_part(const schema::PutObject& request, const Content& content,
                                          const Caller& caller, Effects& effects);
    Result<schema::AclPut> put_bucket_acl(const schema::PutAcl& request, const Caller& caller,
                                          Effects& effects);
    Result<schema::ObjectDeleted> put_delete_marker(const schema::DeleteObject& request,
                                                    const Bucket& bucket, const Caller& caller,
                                                    Effects& effects);
    Result<schema::ObjectDeleted> delete_version(const schema::DeleteObject& request,
                                                 const Bucket& bucket, const Caller& caller,
                                                 Effects& effects);
    // The version that a request names, if the caller may do with it what it asks for. Who may not
    // list the bucket is not told that there is none.
    struct FoundObject {
        const Bucket* bucket = nullptr;
        KeyRows::Version version;
    };
    template <typename Request>
    [[nodiscard]] Result<FoundObject> find_object(
        const Request& request, const Caller& caller,
        const std::vector<schema::Tag>* new_tags = nullptr) const {
        return find_object(ObjectName{request.bucket, request.key, request.version_id}, caller,
                           new_tags);
    }
    struct ObjectName {
        const std::string& bucket;
        const std::string& key;
        const std::string& version_id;
    };
    [[nodiscard]] Result<FoundObject> find_object(const ObjectName& name, const Caller& caller,
                                                  const std::vector<schema::Tag>* new_tags) const;
    // The version that a request names, or the current one; `no_such_key`, `no_such_version`, or
    // `method_not_allowed` for a delete marker.
    [[nodiscard]] Result<KeyRows::Version> find_version(const Bucket& bucket,
                                                        const std::string& key,
                                                        const std::string& version_id) const;
    // Fails with `superseded` unless the source is the object that is there now.
    [[nodiscard]] Result<void> check_source(
        const std::optional<schema::ResultSource>& source) const;
    [[nodiscard]] Result<ManifestRecord> read_manifest(const std::string& upload_id) const;
    // As it is pinned while these segments of it are read.
    static StoredBytes stored_bytes_of(const ObjectRecord& record,
                                       const std::vector<Segment>& segments);
    [[nodiscard]] Result<std::vector<Segment>> segments_of(const ObjectRecord& record,
                                                           const Span& span) const;
    // Of a multipart object; of any other the only part is 1. The record's checksums become those
    // of the part. `invalid_part_number`.
    [[nodiscard]] Result<Span> narrow_to_part(std::uint32_t number, ObjectRecord& record) const;

    // That of the upload, for a part of it.
    [[nodiscard]] Result<ObjectKey> part_key(const schema::OpenWrite& request) const;
    [[nodiscard]] Result<UploadRecord> find_upload(const std::string& bucket,
                                                   const std::string& key,
                                                   const std::string& upload_id) const;
    struct NumberedPart {
        std::uint32_t number = 0;
        PartRecord record;
    };
    [[nodiscard]] Result<std::vector<NumberedPart>> read_parts(const std::string& upload_id) const;
    Result<Reading> get_part(const schema::GetObject& request, const Caller& caller) const;
    // The parts that become an object.
    struct ChosenParts {
        ManifestRecord manifest;
        std::vector<std::uint32_t> numbers;  // Ascending.
        std::uint64_t size_bytes = 0;
        std::string etag;
        std::vector<schema::Checksum> checksums;
    };
    [[nodiscard]] Result<ChosenParts> choose_parts(const schema::CompleteUpload& request,
                                                   const schema::CreateUpload& created,
                                                   const std::vector<NumberedPart>& parts) const;
    static Result<void> check_whole(const schema::CompleteUpload& request,
                                    const ChosenParts& chosen);
    // Removes the rows of an upload; `released` gets the blobs of the parts not `kept` (ascending).
    void remove_upload(const std::string& row, const std::string& upload_id,
                       const std::vector<NumberedPart>& parts,
                       const std::vector<std::uint32_t>& kept, Change& change) const;
    Result<void> remove_configurations_of(const std::string& bucket, store::Batch& batch) const;
    Result<void> abort_uploads_of(const std::string& bucket, Change& change) const;
    // The blobs of trash; nothing of a manifest that cannot be read.
    static std::vector<store::BlobRef> blobs_of(const store::View& view, const StoredBytes& bytes);
    // Parts of check_rows.
    class References;
    [[nodiscard]] Result<void> check_record(const ObjectRecord& record,
                                            std::string_view name) const;
    [[nodiscard]] Result<void> check_history() const;
    [[nodiscard]] Result<void> check_uploads(References& references) const;
    [[nodiscard]] Result<void> check_due(const References& references) const;
    [[nodiscard]] Result<void> check_usage() const;
    [[nodiscard]] Result<void> check_outbox() const;

    [[nodiscard]] const store::View& start_view() const;
    Result<void> restore_record(Timestamp now, Effects& effects);
    Result<void> restore_outbox();
    void write_record(Effects& effects) const;
    Result<void> empty_trash(Effects& effects);

    const store::View& view_;
    Options options_;
    Random random_;
    StoreRecord store_record_;
    service::KeptAge age_{std::string(partition), std::string(age_key), options_.boot};
    Identities identities_{view_, options_.keys.masters, options_.new_secret};
    BucketTable buckets_{identities_};
    UsageBook usage_;
    outbox::Outbox outbox_{outbox_rows()};
    TrashCan trash_;
    Pins pins_;
    std::map<std::string, std::uint64_t> emitted_;  // Events by name, in this process's life.
    std::uint64_t purged_beside_ = 0;               // The outbox's last, when it was trimmed.
    Timestamp purge_at_;
    std::uint64_t sequencer_ = 0;  // The last one given.
    service::Room room_;

    mutable LifecycleRules rules_{view_};  // Reading fills it.
    const std::unique_ptr<Replication> replication_;
    LifecycleRecord lifecycle_;
    std::optional<VersionWalk> walk_;  // Of the bucket where the pass is.
    std::string uploads_from_;     // Its uploads from here on are not judged yet; empty: all are.
    std::size_t unkept_rows_ = 0;  // Judged since lifecycle_ was kept.
};

}  // namespace onput::storage
