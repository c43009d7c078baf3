// Archived versions on the core: where their bytes are, who reads them, and what a restore does.
#include "services/storage/objects/blob_references.hpp"
#include "tests/services/storage/lifecycle/lifecycle_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using Directory = ReferenceReader::Directory;
using schema::Versioning;

const store::BlobRef hot{.segment = 1, .id = 7, .length = 9'000};
const store::BlobRef cold{.segment = 0, .id = 3, .length = 100};
const store::BlobRef copy{.segment = 1, .id = 9, .length = 9'000};

class ArchiveTest : public testing::Test, public LifecycleHarness {
protected:
    // A blob of the class GLACIER, or small bytes.
    void put_cold(const std::string& key, std::string storage_class = "GLACIER") {
        auto request = put_request(key, hot.length);
        request.storage_class = std::move(storage_class);
        ASSERT_TRUE(put(request, {.blob = hot}));
    }
    void put_cold_bytes(const std::string& key) {
        auto request = put_request(key, 5);
        request.storage_class = "GLACIER";
        ASSERT_TRUE(put(request, {.bytes = "bytes"}));
    }
    // What is due, as the mover sees it.
    std::vector<DueWork> look() {
        std::vector<DueWork> work;
        const auto due = core->due_versions(now);
        EXPECT_TRUE(due);
        for (const auto& version : *due) {
            auto looked =
                commit_all([&](Effects& effects) { return core->look_at(version, now, effects); });
            EXPECT_TRUE(looked) << looked.error().message;
            work.push_back(*std::move(looked));
        }
        return work;
    }
    void archive(const DueWork& work, const store::BlobRef& blob = cold) {
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->finish_archive(work.version, blob, now, effects);
        }));
        expect_sound();
    }
    void finish_restore(const DueWork& work) {
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->finish_restore(work.version, copy, now, effects);
        }));
        expect_sound();
    }
    Result<schema::RestoreStarted> restore(std::uint32_t days = 2, std::string tier = "Standard") {
        return commit_all([&](Effects& effects) {
            return core->restore_object(
                {.bucket = "photos", .key = "key", .days = days, .tier = std::move(tier)}, caller(),
                effects);
        });
    }
    bool refers(Directory directory, const store::BlobRef& blob) const {
        ReferenceReader reader(store, directory);
        return *reader.refers(
            {.partition = std::string(partition), .key = object_row("photos", "key")}, blob);
    }
    void purge() {
        sync();
        commit_all([&](Effects& effects) { return Result<bool>(core->purge(effects)); });
    }
};

TEST_F(ArchiveTest, an_object_of_a_cold_class_is_not_read_from_its_put_on) {
    put_cold("key");
    EXPECT_EQ(reason_of(get("key")), "invalid_object_state");
    EXPECT_EQ(detail_of(get("key"), "StorageClass"), "GLACIER");
    EXPECT_EQ(head("key")->storage_class, "GLACIER");
    EXPECT_FALSE(head("key")->restore);
    auto instant = put_request("instant", hot.length);
    instant.storage_class = "GLACIER_IR";
    ASSERT_TRUE(put(instant, {.blob = copy}));
    EXPECT_TRUE(get("instant"));
}

TEST_F(ArchiveTest, its_bytes_move_to_the_cold_directory_and_the_old_ones_go) {
    put_cold("key");
    const auto work = look();
    ASSERT_EQ(work.size(), 1U);
    EXPECT_EQ(work[0].kind, DueWork::Kind::archive);
    EXPECT_EQ(work[0].segments.front().blob, hot);
    EXPECT_TRUE(refers(Directory::data, hot));
    unused_blobs.clear();
    archive(work[0]);
    EXPECT_EQ(unused_blobs, std::vector{hot});
    EXPECT_FALSE(refers(Directory::data, hot));
    EXPECT_TRUE(refers(Directory::cold, cold));
    EXPECT_FALSE(refers(Directory::data, cold));
    EXPECT_TRUE(look().empty());
}

TEST_F(ArchiveTest, small_bytes_leave_their_row) {
    put_cold_bytes("key");
    const auto work = look();
    ASSERT_EQ(work.size(), 1U);
    EXPECT_EQ(work[0].bytes, "bytes");
    archive(work[0]);
    EXPECT_FALSE(*store.get(partition, data_row("photos", "key")));
}

TEST_F(ArchiveTest, bytes_that_are_read_do_not_move) {
    put_cold("key");
    core->pins().pin({.blob = hot});
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::later);
    core->pins().unpin({.blob = hot});
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::archive);
}

TEST_F(ArchiveTest, a_copy_whose_object_was_replaced_meanwhile_is_useless) {
    put_cold("key");
    const auto work = look();
    put("key", "another");
    archive(work.at(0));
    EXPECT_EQ(unused_cold_blobs, std::vector{cold});
    EXPECT_EQ(get("key")->bytes, "another");
    EXPECT_TRUE(look().empty());
}

TEST_F(ArchiveTest, a_version_moves_also_when_it_is_no_longer_the_current_one) {
    set_versioning(Versioning::enabled);
    put_cold("key");
    const auto work = look();
    put("key", "another");
    archive(work.at(0));
    EXPECT_TRUE(refers(Directory::cold, cold));
    EXPECT_TRUE(unused_cold_blobs.empty());
}

TEST_F(ArchiveTest, a_crash_before_the_commit_leaves_the_old_bytes_in_use) {
    put_cold("key");
    sync();
    archive(look().at(0));
    crash();
    tick();
    expect_sound();
    EXPECT_TRUE(refers(Directory::data, hot));
    EXPECT_FALSE(refers(Directory::cold, cold));
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::archive);
}

TEST_F(ArchiveTest, a_deleted_one_takes_its_cold_bytes_along) {
    put_cold("key");
    archive(look().at(0));
    ASSERT_TRUE(remove("key"));
    expect_sound();
    EXPECT_TRUE(unused_cold_blobs.empty());
    purge();
    EXPECT_EQ(unused_cold_blobs, std::vector{cold});
    expect_sound();
}

TEST_F(ArchiveTest, the_trash_of_a_dead_process_has_cold_bytes_too) {
    put_cold("key");
    archive(look().at(0));
    ASSERT_TRUE(remove("key"));
    sync();
    Effects effects;
    StorageCore next(store, {.inline_bytes_max = inline_max}, Random(9));
    ASSERT_TRUE(next.restore(now, effects));
    EXPECT_EQ(effects.unused_cold_blobs, std::vector{cold});
}

TEST_F(ArchiveTest, a_restore_brings_a_copy_back_for_its_days) {
    put_cold("key");
    archive(look().at(0));
    const auto started = restore(2);
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_FALSE(started->was_restored);
    EXPECT_TRUE(head("key")->restore->is_ongoing);
    EXPECT_EQ(reason_of(get("key")), "invalid_object_state");
    EXPECT_EQ(reason_of(restore()), "restore_in_progress");

    const auto work = look();
    ASSERT_EQ(work.size(), 1U);
    EXPECT_EQ(work[0].kind, DueWork::Kind::restore);
    EXPECT_EQ(work[0].segments.front().blob, cold);
    finish_restore(work[0]);
    const auto until = std::chrono::sys_days(std::chrono::year(2030) / 1 / 18);
    EXPECT_EQ(head("key")->restore,
              (schema::RestoreStatus{.is_ongoing = false, .expires_at = until}));
    EXPECT_EQ(head("key")->storage_class, "GLACIER");
    const auto reading = get("key");
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->segments.front().blob, copy);
    EXPECT_EQ(reading->stored.blob, copy);
    EXPECT_TRUE(refers(Directory::data, copy));
    EXPECT_TRUE(look().empty());

    pass_time(until - now);
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::none);
    expect_sound();
    EXPECT_EQ(reason_of(get("key")), "invalid_object_state");
    unused_blobs.clear();
    purge();
    EXPECT_EQ(unused_blobs, std::vector{copy});
    EXPECT_TRUE(refers(Directory::cold, cold));
    EXPECT_EQ(events_from(1),
              (Names{"ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Delete"}));
    EXPECT_EQ(events()[2].restored_until, until);
    EXPECT_EQ(events()[2].storage_class, "GLACIER");
    for (const std::size_t own : {2U, 3U}) {
        EXPECT_EQ(events()[own].trace.trace_id, events()[0].trace.trace_id);
        EXPECT_EQ(events()[own].trace.cause_event_id, events()[0].event_id);
    }
    EXPECT_EQ(events()[2].principal_id, "AmazonCustomer:000000000000");
    EXPECT_EQ(events()[2].request_id.size(), 16U);
    EXPECT_EQ(events()[2].host_id, events()[2].event_id);
}

TEST_F(ArchiveTest, restoring_again_moves_the_end) {
    put_cold("key");
    archive(look().at(0));
    ASSERT_TRUE(restore(1));
    finish_restore(look().at(0));
    const auto again = restore(9);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->was_restored);
    EXPECT_EQ(head("key")->restore->expires_at,
              std::chrono::sys_days(std::chrono::year(2030) / 1 / 25));
    pass_time(24h * 3);
    EXPECT_TRUE(look().empty());
    expect_sound();
    EXPECT_TRUE(get("key"));
}

TEST_F(ArchiveTest, a_clock_that_is_set_ahead_ends_no_restore) {
    put_cold("key");
    archive(look().at(0));
    ASSERT_TRUE(restore(1));
    finish_restore(look().at(0));
    set_clock(24h * 100);
    EXPECT_TRUE(look().empty());
    EXPECT_TRUE(get("key"));
}

TEST_F(ArchiveTest, a_clock_that_is_wrong_for_a_while_makes_no_restore_long_or_short) {
    put_cold("key");
    archive(look().at(0));
    for (const Duration by : {Duration(24h * 100), Duration(-24h * 100)}) {
        set_clock(by);
        ASSERT_TRUE(restore(1));
        set_clock(-by);
        const auto work = look();
        ASSERT_EQ(work.size(), 1U);
        set_clock(by);
        finish_restore(work[0]);
        set_clock(-by);
        pass_time(24h);
        EXPECT_TRUE(get("key"));
        pass_time(24h);
        look();
        EXPECT_FALSE(get("key"));
        purge();  // The same copy comes back.
    }
}

TEST_F(ArchiveTest, a_restore_of_what_is_still_on_its_way_waits_for_it) {
    put_cold("key");
    ASSERT_TRUE(restore(1));
    const auto work = look();
    EXPECT_EQ(work.at(0).kind, DueWork::Kind::archive);
    archive(work.at(0));
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::restore);
}

TEST_F(ArchiveTest, an_empty_object_is_restored_without_a_copy) {
    auto request = put_request("key", 0);
    request.storage_class = "DEEP_ARCHIVE";
    ASSERT_TRUE(put(request, {}));
    EXPECT_EQ(reason_of(get("key")), "invalid_object_state");
    EXPECT_EQ(reason_of(restore(1, "Expedited")), "invalid_argument");
    ASSERT_TRUE(restore(1, "Bulk"));
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::none);
    EXPECT_TRUE(get("key"));
    expect_sound();
}

TEST_F(ArchiveTest, only_what_is_archived_is_restored) {
    put("key", "bytes");
    EXPECT_EQ(reason_of(restore()), "invalid_object_state");
    EXPECT_EQ(detail_of(restore(), "StorageClass"), "STANDARD");
}

TEST_F(ArchiveTest, a_transition_archives_and_is_told_once) {
    set_lifecycle({moving(0, "GLACIER")});
    ASSERT_TRUE(put_blob("key", hot));
    pass_time(24h);
    run_pass();
    EXPECT_EQ(reason_of(get("key")), "invalid_object_state");
    archive(look().at(0));
    EXPECT_EQ(events_from(1), Names{"LifecycleTransition"});
    run_pass();
    EXPECT_EQ(events().size(), 2U);
}

TEST_F(ArchiveTest, what_could_not_be_moved_is_tried_later) {
    put_cold("key");
    const auto work = look();
    ASSERT_TRUE(commit_all(
        [&](Effects& effects) { return core->postpone(work.at(0).version, now + 1min, effects); }));
    expect_sound();
    EXPECT_TRUE(look().empty());
    pass_time(1min);
    EXPECT_EQ(look().at(0).kind, DueWork::Kind::archive);
}

}  // namespace
}  // namespace onput::storage
