// What a replica takes over of a version that changed, and what it keeps.
#include "services/storage/replication/changes.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using schema::ReplicatedPart;
using schema::ReplicationStatus;

const Timestamp now = from_seconds(1'800'000'000);
const LockTimes times{.wall = now, .age = now, .stamp = now};

class ChangesTest : public testing::Test {
protected:
    ChangesTest() {
        original.tags = {{.key = "k", .value = "original"}};
        replica.tags = {{.key = "k", .value = "replica"}};
        original.acl = schema::Acl{.grants = {{}}};
    }
    void take(std::vector<schema::ReplicatedChange> changes) {
        target.changes = std::move(changes);
        take_over({.original = original,
                   .target = target,
                   .source = "source",
                   .takes_acl = true,
                   .takes_lock = true,
                   .times = times},
                  replica);
    }
    void make_pending_back(schema::ReplicatedChange change) {
        replica.replication.targets = {
            {.destination = "source", .status = ReplicationStatus::pending, .changes = {change}}};
    }
    ObjectRecord original;
    ObjectRecord replica;
    schema::ReplicationTarget target{.destination = "target"};
};

TEST_F(ChangesTest, only_what_changed_is_taken_over) {
    original.lock = {.mode = "GOVERNANCE", .retain_until = now + 24h};
    take({{.part = ReplicatedPart::acl, .sequencer = 5}});
    EXPECT_EQ(replica.acl, original.acl);
    EXPECT_EQ(replica.tags[0].value, "replica");
    EXPECT_EQ(replica.lock, schema::ObjectLock{});
    take({{.part = ReplicatedPart::tags, .sequencer = 6}});
    EXPECT_EQ(replica.tags, original.tags);
    take({{.part = ReplicatedPart::retention, .sequencer = 7}});
    EXPECT_EQ(replica.lock, original.lock);
}

TEST_F(ChangesTest, a_tag_change_leaves_the_replicas_lock_alone) {
    replica.lock = {.mode = "COMPLIANCE", .retain_until = now + 24h, .has_legal_hold = true};
    const auto before = replica.lock;
    take({{.part = ReplicatedPart::tags, .sequencer = 5}});
    EXPECT_EQ(replica.lock, before);
}

TEST_F(ChangesTest, locks_never_get_weaker) {
    replica.lock = {.mode = "GOVERNANCE", .retain_until = now + 48h, .has_legal_hold = true};
    take({{.part = ReplicatedPart::whole}});
    EXPECT_EQ(replica.lock.mode, "GOVERNANCE");
    EXPECT_TRUE(replica.lock.has_legal_hold);
    original.lock = {.mode = "COMPLIANCE", .retain_until = now + 24h};
    take({{.part = ReplicatedPart::retention}, {.part = ReplicatedPart::legal_hold}});
    EXPECT_EQ(replica.lock.mode, "COMPLIANCE");
    EXPECT_EQ(replica.lock.retain_until, now + 48h);
    EXPECT_TRUE(replica.lock.has_legal_hold);
}

TEST_F(ChangesTest, a_retention_that_is_over_does_not_make_another_stricter) {
    replica.lock = {.mode = "COMPLIANCE", .retain_until = now - 24h};
    original.lock = {.mode = "GOVERNANCE", .retain_until = now + 24h};
    take({{.part = ReplicatedPart::retention}});
    EXPECT_EQ(replica.lock.mode, "GOVERNANCE");
    EXPECT_EQ(replica.lock.retain_until, now + 24h);
    original.lock = {.mode = "COMPLIANCE", .retain_until = now - 1h};
    take({{.part = ReplicatedPart::retention}});
    EXPECT_EQ(replica.lock.mode, "GOVERNANCE");
}

TEST_F(ChangesTest, of_two_changes_of_one_part_the_later_wins_at_both_ends) {
    make_pending_back({.part = ReplicatedPart::tags, .sequencer = 9});
    take({{.part = ReplicatedPart::tags, .sequencer = 8}});
    EXPECT_EQ(replica.tags[0].value, "replica");
    take({{.part = ReplicatedPart::whole, .sequencer = 10}});
    EXPECT_EQ(replica.tags[0].value, "replica") << "the whole version is older than the change";
    take({{.part = ReplicatedPart::tags, .sequencer = 10}});
    EXPECT_EQ(replica.tags[0].value, "original");
}

TEST_F(ChangesTest, a_change_that_went_back_already_does_not_count) {
    make_pending_back({.part = ReplicatedPart::tags, .sequencer = 9});
    replica.replication.targets.front().status = ReplicationStatus::completed;
    take({{.part = ReplicatedPart::tags, .sequencer = 8}});
    EXPECT_EQ(replica.tags[0].value, "original");
}

TEST_F(ChangesTest, a_part_is_named_once_with_its_last_change) {
    add_change(target, {.part = ReplicatedPart::tags, .sequencer = 5});
    add_change(target, {.part = ReplicatedPart::acl, .sequencer = 6});
    add_change(target, {.part = ReplicatedPart::tags, .sequencer = 7});
    ASSERT_EQ(target.changes.size(), 2U);
    EXPECT_EQ(target.changes[0].sequencer, 7U);
}

TEST_F(ChangesTest, targets_of_older_rows_take_everything_along) {
    target.operation = "OBJECT_PUT_TAGGING";
    EXPECT_TRUE(has_change(target, ReplicatedPart::acl));
    EXPECT_FALSE(has_change(target, ReplicatedPart::whole));
    target.operation = "OBJECT_PUT";
    EXPECT_TRUE(has_change(target, ReplicatedPart::whole));
    name_changes(target);
    EXPECT_EQ(target.changes.size(), 1U);
}

}  // namespace
}  // namespace onput::storage
