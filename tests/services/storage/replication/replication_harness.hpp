// A storage core with a bucket that is replicated, and what drives it, in the domain's words.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "services/storage/replication/replication.hpp"
#include "tests/services/storage/lifecycle/lifecycle_harness.hpp"

namespace onput::storage {

// "photos" goes to "target".
class ReplicationHarness : public LifecycleHarness {
public:
    ReplicationHarness() {
        create_bucket("target");
        version("photos");
        version("target");
    }

    void version(const std::string& bucket,
                 schema::Versioning status = schema::Versioning::enabled) {
        EXPECT_TRUE(try_versioning(bucket, status));
    }
    Result<schema::Empty> try_versioning(const std::string& bucket, schema::Versioning status) {
        return commit_all([&](Effects& effects) {
            return core->put_versioning({.bucket = bucket, .status = status}, caller(), effects);
        });
    }

    static schema::ReplicationRule to(const std::string& bucket, std::string id = "r") {
        schema::ReplicationRule rule{.id = std::move(id), .priority = 1, .is_enabled = true};
        rule.destination.bucket = "arn:aws:s3:::" + bucket;
        rule.delete_markers = false;
        return rule;
    }
    // With a threshold, and events.
    static schema::ReplicationRule timed(const std::string& bucket) {
        auto rule = to(bucket);
        rule.destination.time = {.is_enabled = true, .minutes = 15};
        rule.destination.metrics = {.is_enabled = true, .minutes = 15};
        return rule;
    }
    Result<schema::Empty> try_rules(const std::string& bucket,
                                    std::vector<schema::ReplicationRule> rules) {
        const schema::ReplicationConfiguration configuration{
            .role = "arn:aws:iam::000000000000:role/r", .rules = std::move(rules)};
        return commit_all([&](Effects& effects) {
            return core->put_bucket_configuration(
                {.bucket = bucket,
                 .kind = schema::BucketConfigurationKind::replication,
                 .id = {},
                 .document = schema::encode(configuration)},
                caller(), effects);
        });
    }
    void replicate(std::vector<schema::ReplicationRule> rules) {
        const auto put = try_rules("photos", std::move(rules));
        ASSERT_TRUE(put) << put.error().message;
    }
    void stop_replicating() {
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->delete_bucket_configuration(
                {.bucket = "photos", .kind = schema::BucketConfigurationKind::replication},
                caller(), effects);
        }));
    }

    std::vector<DueReplica> due(const std::string& destination = "target") const {
        const auto page = core->replication().due(destination, {}, now);
        EXPECT_TRUE(page);
        return page ? page->due : std::vector<DueReplica>();
    }
    // What is due to a bucket: small things are done by it.
    std::vector<ReplicaWork> look(const std::string& destination = "target") {
        std::vector<ReplicaWork> work;
        for (const auto& one : due(destination)) {
            auto looked = commit_all(
                [&](Effects& effects) { return core->replication().look_at(one, now, effects); });
            EXPECT_TRUE(looked) << looked.error().message;
            if (looked && looked->kind == ReplicaWork::Kind::copy)
                work.push_back(*std::move(looked));
        }
        expect_sound();
        return work;
    }
    void finish(const ReplicaWork& work, std::vector<store::BlobRef> blobs) {
        std::vector<std::optional<store::BlobRef>> copies(blobs.begin(), blobs.end());
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->replication().finish(work, copies, now, effects);
        }));
        expect_sound();
    }
    std::size_t tell_late() {
        const auto page = core->replication().late({}, now);
        EXPECT_TRUE(page);
        for (const auto& late : page->due) {
            EXPECT_TRUE(commit_all([&](Effects& effects) {
                return core->replication().tell_late(late, now, effects);
            }));
        }
        expect_sound();
        return page->due.size();
    }

    // Object lock at both ends.
    void lock_buckets() {
        for (const char* bucket : {"photos", "target"}) {
            ASSERT_TRUE(commit_all([&](Effects& effects) {
                return core->put_object_lock({.bucket = bucket, .default_retention = {}}, caller(),
                                             effects);
            }));
        }
    }
    void hold(const std::string& key, bool is_on,  // NOLINT: what the request says.
              const std::string& bucket = "photos") {
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->put_legal_hold({.bucket = bucket, .key = key, .is_on = is_on}, caller(),
                                        effects);
        }));
    }
    void retain(const std::string& key, Duration time, const std::string& bucket = "photos") {
        schema::PutRetention request{.bucket = bucket, .key = key};
        request.mode = "GOVERNANCE";
        request.retain_until = now + time;
        request.bypass_governance = true;
        ASSERT_TRUE(commit_all(
            [&](Effects& effects) { return core->put_retention(request, caller(), effects); }));
    }
    void share(const std::string& key, std::string canned, const std::string& bucket = "photos") {
        schema::PutAcl request{.bucket = bucket, .key = key};
        request.acl.canned = std::move(canned);
        ASSERT_TRUE(commit_all(
            [&](Effects& effects) { return core->put_acl(request, caller(), effects); }));
    }
    [[nodiscard]] ObjectRecord record(const std::string& bucket, const std::string& key) const {
        const auto found = KeyRows(store, bucket, key).current();
        EXPECT_TRUE(found && *found);
        return found && *found ? **found : ObjectRecord{};
    }
    [[nodiscard]] std::string rules_row() const {
        return configuration_row("photos", schema::BucketConfigurationKind::replication, "");
    }

    Result<schema::ObjectInfo> info(const std::string& bucket, const std::string& key,
                                    const std::string& version_id = {}) const {
        schema::HeadObject request;
        request.bucket = bucket;
        request.key = key;
        request.version_id = version_id;
        return core->head_object(request, caller());
    }
    std::string status(const std::string& key, const std::string& bucket = "photos") const {
        const auto found = info(bucket, key);
        return found ? found->replication_status : found.error().reason;
    }
    Result<Reading> read(const std::string& bucket, const std::string& key,
                         const std::string& customer_key = {}) const {
        schema::GetObject request;
        request.bucket = bucket;
        request.key = key;
        request.customer_key = customer_key;
        return core->get_object(request, caller());
    }
    void tag(const std::string& key, std::vector<schema::Tag> tags,
             const std::string& bucket = "photos") {
        schema::PutTags request;
        request.bucket = bucket;
        request.key = key;
        request.tags = std::move(tags);
        ASSERT_TRUE(commit_all(
            [&](Effects& effects) { return core->put_tags(request, caller(), effects); }));
    }
    Result<schema::ObjectDeleted> remove_version(const std::string& bucket, const std::string& key,
                                                 const std::string& version_id) {
        schema::DeleteObject request;
        request.bucket = bucket;
        request.key = key;
        request.version_id = version_id;
        return commit_all(
            [&](Effects& effects) { return core->delete_object(request, caller(), effects); });
    }
    Result<schema::ObjectsReplicated> replicate_there(schema::ReplicateObjects request = {}) {
        request.bucket = "photos";
        return commit_all(
            [&](Effects& effects) { return core->replicate_objects(request, caller(), effects); });
    }
    const Pending& pending(const std::string& destination = "target") const {
        static const Pending nothing;
        const auto& all = core->replication().pending().all();
        const auto found = all.find(destination);
        return found == all.end() ? nothing : found->second;
    }
    schema::ObjectEvent last_event() const { return events().back(); }
};

}  // namespace onput::storage
