// Versions whose replicas are at an endpoint, on the core: what is sent, in which order, and what
// the original says of it.
#include "common/schema/replica_header.hpp"
#include "tests/services/storage/replication/replication_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;

class RemotesTest : public testing::Test, public ReplicationHarness {
protected:
    RemotesTest() {
        endpoints = *Endpoints::parse({"backup*=http://there"}, {"backup*=k:s"});
        start();
        replicate({to("backup")});
    }
    std::vector<ReplicaWork> look_at_all() {
        std::vector<ReplicaWork> all;
        for (const auto& one : due("backup")) {
            auto looked = commit_all(
                [&](Effects& effects) { return core->replication().look_at(one, now, effects); });
            EXPECT_TRUE(looked) << looked.error().message;
            if (looked) all.push_back(*std::move(looked));
        }
        expect_sound();
        return all;
    }
    // The only one that is sent; the others wait.
    ReplicaWork the_sent() {
        auto all = look_at_all();
        std::erase_if(all, [](const auto& work) { return work.kind != ReplicaWork::Kind::send; });
        EXPECT_EQ(all.size(), 1u);
        return all.empty() ? ReplicaWork{} : std::move(all.front());
    }
    ReplicaOutcome::Kind end(const ReplicaWork& work, const RemoteEnd& what) {
        const auto ended = commit_all([&](Effects& effects) {
            return core->replication().finish_sending(work, what, now, effects);
        });
        EXPECT_TRUE(ended);
        expect_sound();
        return ended ? ended->kind : ReplicaOutcome::Kind::none;
    }
    RemoteEnd done(std::string version = "there-1") {
        return {.kind = RemoteEnd::Kind::done, .version_id = std::move(version)};
    }
};

TEST_F(RemotesTest, a_bucket_of_an_endpoint_need_not_be_here) {
    EXPECT_TRUE(try_rules("photos", {to("backup-of-it")}));
    EXPECT_EQ(try_rules("photos", {to("elsewhere")}).error().message,
              "Destination bucket must exist.");
}

TEST_F(RemotesTest, a_version_is_sent_with_its_bytes_and_is_completed) {
    ASSERT_TRUE(put("key", "bytes"));
    EXPECT_EQ(status("key"), "PENDING");
    const auto work = the_sent();
    EXPECT_EQ(work.remote.bytes, "bytes");
    EXPECT_EQ(work.remote.source, "photos");
    EXPECT_EQ(end(work, done()), ReplicaOutcome::Kind::completed);
    EXPECT_EQ(status("key"), "COMPLETED");
    EXPECT_EQ(record("photos", "key").replication.targets.front().replica_version, "there-1");
    EXPECT_EQ(pending("backup"), Pending{});
}

TEST_F(RemotesTest, versions_of_a_key_are_sent_one_after_the_other) {
    ASSERT_TRUE(put("key", "1"));
    now += 1s;
    ASSERT_TRUE(put("key", "22"));
    now += 1s;
    auto work = the_sent();
    EXPECT_EQ(work.remote.bytes, "1");
    // The older one is tried again behind the newer one, which still waits.
    ASSERT_TRUE(commit_all(
        [&](Effects& effects) { return core->replication().postpone(work.due, now, effects); }));
    pass_time(1h);
    work = the_sent();
    EXPECT_EQ(work.remote.bytes, "1");
    EXPECT_EQ(end(work, done()), ReplicaOutcome::Kind::completed);
    work = the_sent();
    EXPECT_EQ(work.remote.bytes, "22");
    EXPECT_EQ(end(work, done()), ReplicaOutcome::Kind::completed);
    // What has failed holds up nothing.
    ASSERT_TRUE(put("key", "333"));
    EXPECT_EQ(end(the_sent(), {.kind = RemoteEnd::Kind::failed, .reason = "DstBucketNotFound"}),
              ReplicaOutcome::Kind::failed);
    EXPECT_EQ(status("key"), "FAILED");
    ASSERT_TRUE(put("key", "4444"));
    EXPECT_EQ(the_sent().remote.bytes, "4444");
}

TEST_F(RemotesTest, what_changed_while_it_was_sent_is_sent_next) {
    ASSERT_TRUE(put("key", "bytes"));
    const auto work = the_sent();
    tag("key", {{.key = "k", .value = "v"}});
    EXPECT_EQ(end(work, done()), ReplicaOutcome::Kind::again);
    EXPECT_EQ(status("key"), "PENDING");
    const auto next = the_sent();
    ASSERT_EQ(next.remote.target.changes.size(), 1u);
    EXPECT_EQ(next.remote.target.changes.front().part, schema::ReplicatedPart::tags);
    EXPECT_EQ(next.remote.target.replica_version, "there-1");
    EXPECT_FALSE(next.remote.bytes);
    EXPECT_EQ(end(next, done()), ReplicaOutcome::Kind::completed);
}

TEST_F(RemotesTest, a_crash_before_the_commit_sends_it_again) {
    ASSERT_TRUE(put("key", "bytes"));
    sync();
    static_cast<void>(the_sent());
    crash();
    EXPECT_EQ(the_sent().remote.bytes, "bytes");
}

TEST_F(RemotesTest, what_came_as_a_replica_is_not_sent_on) {
    auto request = put_request("key", 5);
    auto sender = caller();
    sender.access =
        schema::AccessContext{.actions = {"PutObject", std::string(schema::replicate_action)}};
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->put_object(request, {.bytes = "bytes"}, sender, effects);
    }));
    EXPECT_EQ(status("key"), "REPLICA");
    EXPECT_TRUE(due("backup").empty());
    tag("key", {{.key = "k", .value = "v"}});
    EXPECT_TRUE(due("backup").empty());
}

TEST_F(RemotesTest, metadata_keeps_no_object_from_being_sent) {
    auto request = put_request("key", 5);
    request.metadata = {{std::string(replica_mark), replica_mark_of("theirs", "key", 1)}};
    ASSERT_TRUE(put(request, {.bytes = "bytes"}));
    EXPECT_EQ(status("key"), "PENDING");
    EXPECT_EQ(the_sent().remote.bytes, "bytes");
}

// HEAD shows nothing there, as if nothing newer had come.
TEST_F(RemotesTest, one_that_is_tried_again_is_not_sent_behind_a_newer_delete_marker) {
    auto rule = to("backup");
    rule.delete_markers = true;
    replicate({rule});
    ASSERT_TRUE(put("key", "bytes"));
    EXPECT_EQ(end(the_sent(), {.kind = RemoteEnd::Kind::failed, .reason = "AccessDenied"}),
              ReplicaOutcome::Kind::failed);
    now += 1s;
    ASSERT_TRUE(remove("key"));
    EXPECT_EQ(end(the_sent(), done("")), ReplicaOutcome::Kind::completed);
    now += 1s;
    schema::ReplicateObjects again{.bucket = "photos", .is_failed_only = true};
    const auto queued = replicate_there(again);
    ASSERT_TRUE(queued);
    EXPECT_EQ(queued->queued, 1u);
    for (const auto& work : look_at_all()) EXPECT_NE(work.kind, ReplicaWork::Kind::send);
    EXPECT_EQ(pending("backup"), Pending{});
    // What is newer than the marker is sent.
    ASSERT_TRUE(put("key", "new"));
    EXPECT_EQ(the_sent().remote.bytes, "new");
}

TEST_F(RemotesTest, without_its_rule_it_fails) {
    ASSERT_TRUE(put("key", "bytes"));
    stop_replicating();
    EXPECT_TRUE(look_at_all().front().remote.key.empty());
    EXPECT_EQ(status("key"), "FAILED");
}

}  // namespace
}  // namespace onput::storage
