// What becomes of replicas when their originals change, or they do, and what bounds that.
#include <fmt/format.h>

#include "tests/services/storage/replication/replication_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using schema::Versioning;

class ReplicationChangesTest : public testing::Test, public ReplicationHarness {
protected:
    // "photos" and "target" are replicated to each other.
    void replicate_both_ways() {
        replicate({to("target")});
        auto back = to("photos", "back");
        back.replica_modifications = true;
        ASSERT_TRUE(try_rules("target", {back}));
    }
    [[nodiscard]] std::string tag_of(const std::string& bucket, const std::string& key) const {
        const auto tags = record(bucket, key).tags;
        return tags.empty() ? std::string() : tags.front().value;
    }
    static std::vector<schema::Tag> value(std::string text) {
        return {{.key = "k", .value = std::move(text)}};
    }
};

TEST_F(ReplicationChangesTest, a_tag_change_takes_no_lock_off_the_replica) {
    lock_buckets();
    replicate({to("target")});
    put("key", "bytes");
    look();
    hold("key", true, "target");
    retain("key", 48h, "target");
    const auto before = record("target", "key").lock;
    tag("key", value("new"));
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(tag_of("target", "key"), "new");
    EXPECT_EQ(record("target", "key").lock, before);
}

TEST_F(ReplicationChangesTest, locks_follow_and_are_not_taken_off_by_that) {
    lock_buckets();
    replicate({to("target")});
    put("key", "bytes");
    look();
    hold("key", true);
    retain("key", 48h);
    look();
    const auto lock = record("photos", "key").lock;
    EXPECT_TRUE(lock.has_legal_hold);
    EXPECT_EQ(record("target", "key").lock, lock);
    hold("key", false);
    retain("key", 1h);
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_TRUE(record("target", "key").lock.has_legal_hold);
    EXPECT_EQ(record("target", "key").lock.retain_until, lock.retain_until);
}

TEST_F(ReplicationChangesTest, rules_of_both_directions_lose_no_change) {
    lock_buckets();
    replicate_both_ways();
    put("key", "bytes");
    look();
    hold("key", true);
    tag("key", value("of the replica"), "target");
    look("target");
    look("photos");
    for (const char* bucket : {"photos", "target"}) {
        EXPECT_EQ(tag_of(bucket, "key"), "of the replica") << bucket;
        EXPECT_TRUE(record(bucket, "key").lock.has_legal_hold) << bucket;
    }
    EXPECT_TRUE(core->replication().pending().all().empty());
}

TEST_F(ReplicationChangesTest, of_two_changes_of_the_tags_the_later_is_at_both_ends) {
    replicate_both_ways();
    put("key", "bytes");
    look();
    for (const bool is_source_first : {true, false}) {
        now += 1s;
        tag("key", value("first"), is_source_first ? "photos" : "target");
        now += 1s;
        tag("key", value("second"), is_source_first ? "target" : "photos");
        look("target");
        look("photos");
        EXPECT_EQ(tag_of("photos", "key"), "second");
        EXPECT_EQ(tag_of("target", "key"), "second");
    }
}

TEST_F(ReplicationChangesTest, what_changes_while_it_is_pending_goes_along) {
    lock_buckets();
    replicate({to("target")});
    put("key", "bytes");
    look();
    tag("key", value("new"));
    hold("key", true);
    EXPECT_EQ(pending().versions, 1);
    EXPECT_EQ(record("photos", "key").replication.targets.front().changes.size(), 2U);
    look();
    EXPECT_EQ(tag_of("target", "key"), "new");
    EXPECT_TRUE(record("target", "key").lock.has_legal_hold);
    EXPECT_TRUE(record("photos", "key").replication.targets.front().changes.empty());
}

TEST_F(ReplicationChangesTest, a_replica_that_was_deleted_does_not_come_back) {
    replicate({to("target")});
    const auto made = put("key", "bytes");
    look();
    ASSERT_TRUE(remove_version("target", "key", made->version_id));
    for (const char* text : {"first", "second"}) {
        tag("key", value(text));
        look();
        EXPECT_EQ(status("key"), "FAILED");
        EXPECT_EQ(reason_of(info("target", "key")), "no_such_key");
    }
}

TEST_F(ReplicationChangesTest, an_original_that_was_deleted_does_not_come_back_from_its_replica) {
    replicate_both_ways();
    const auto made = put("key", "bytes");
    look();
    ASSERT_TRUE(remove_version("photos", "key", made->version_id));
    for (const char* text : {"first", "second"}) {
        tag("key", value(text), "target");
        look("photos");
        EXPECT_EQ(status("key", "target"), "FAILED");
        EXPECT_EQ(reason_of(info("photos", "key")), "no_such_key");
    }
}

TEST_F(ReplicationChangesTest, what_never_came_is_made_whole_when_it_changes) {
    replicate({to("target")});
    put("key", "bytes");
    version("target", Versioning::suspended);
    look();
    EXPECT_EQ(status("key"), "FAILED");
    version("target");
    tag("key", value("new"));
    look();
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(read("target", "key")->bytes, "bytes");
    EXPECT_EQ(tag_of("target", "key"), "new");
}

// A call within the service is a safe one.
TEST_F(ReplicationChangesTest, a_policy_that_demands_tls_denies_no_replica) {
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->create_bucket({.name = "foreign"}, caller("111111111111"), effects);
    }));
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->put_versioning({.bucket = "foreign", .status = Versioning::enabled},
                                    caller("111111111111"), effects);
    }));
    const std::string policy = R"({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "s3:ReplicateObject",
         "Resource": "arn:aws:s3:::foreign/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
         "Resource": ["arn:aws:s3:::foreign", "arn:aws:s3:::foreign/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})";
    const auto put_there = commit_all([&](Effects& effects) {
        return core->put_bucket_policy({.bucket = "foreign", .policy = policy},
                                       caller("111111111111"), effects);
    });
    ASSERT_TRUE(put_there) << put_there.error().message;
    replicate({to("foreign")});
    put("key", "bytes");
    look("foreign");
    EXPECT_EQ(status("key"), "COMPLETED");
}

// --- Limits -------------------------------------------------------------------------------------

TEST_F(ReplicationChangesTest, a_configuration_has_so_many_rules_and_destinations) {
    std::vector<schema::ReplicationRule> rules;
    for (std::size_t i = 0; i <= schema::replication_rules_max; ++i)
        rules.push_back(to("target", fmt::format("r{}", i)));
    EXPECT_EQ(reason_of(try_rules("photos", rules)), "invalid_request");
    rules.pop_back();
    EXPECT_TRUE(try_rules("photos", rules));
    rules.clear();
    for (std::size_t i = 0; i <= schema::replication_destinations_max; ++i) {
        const std::string name = fmt::format("bucket-{}", i);
        create_bucket(name);
        version(name);
        rules.push_back(to(name, name));
    }
    const auto refused = try_rules("photos", rules);
    EXPECT_EQ(refused.error().message,
              "The rules of a bucket name at most 100 destination buckets, not 101.");
    rules.pop_back();
    replicate(rules);
    put("key", "bytes");
    EXPECT_EQ(record("photos", "key").replication.targets.size(),
              schema::replication_destinations_max);
}

TEST_F(ReplicationChangesTest, a_version_goes_to_so_many_buckets_over_time) {
    std::vector<schema::ReplicationRule> rules;
    for (std::size_t i = 0; i < schema::replication_destinations_max; ++i) {
        const std::string name = fmt::format("bucket-{}", i);
        create_bucket(name);
        version(name);
        rules.push_back(to(name, name));
    }
    replicate(rules);
    put("key", "bytes");
    replicate({to("target")});
    EXPECT_EQ(replicate_there().error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(pending(), Pending{});
    // What has gone to one of them gives its place away.
    look("bucket-7");
    EXPECT_EQ(replicate_there()->queued, 1U);
    look();
    EXPECT_EQ(read("target", "key")->bytes, "bytes");
    EXPECT_EQ(record("photos", "key").replication.targets.size(),
              schema::replication_destinations_max);
}

}  // namespace
}  // namespace onput::storage
