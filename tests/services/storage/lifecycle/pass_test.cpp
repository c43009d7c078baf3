// The pass of the lifecycle rules on the core: what it removes, and what nothing makes it remove.
#include <fmt/format.h>

#include "tests/services/storage/lifecycle/lifecycle_harness.hpp"

namespace onput::storage {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using schema::Versioning;
constexpr std::string_view expired = "LifecycleExpiration:Delete";

class LifecyclePassTest : public testing::Test, public LifecycleHarness {};

TEST_F(LifecyclePassTest, an_object_goes_when_its_days_are_over_with_an_event_of_its_own) {
    set_lifecycle({expiring(1)});
    put("old", "bytes");
    pass_time(13h);  // It is 23:00 of its first day.
    put("new", "bytes");
    pass_time(24h + 59min);
    run_pass();
    EXPECT_EQ(keys(), (Names{"new", "old"}));
    pass_time(1min);
    run_pass();
    EXPECT_EQ(keys(), Names{});
    ASSERT_EQ(events_from(2), (Names{std::string(expired), std::string(expired)}));
    const auto event = events().back();
    EXPECT_EQ(event.key, "old");
    EXPECT_EQ(event.principal_id, "s3.amazonaws.com");
    EXPECT_EQ(event.source_ip, "s3.amazonaws.com");
    EXPECT_FALSE(event.sequencer.empty());
    EXPECT_EQ(event.trace.trace_id, events().front().trace.trace_id);
    EXPECT_EQ(event.trace.cause_event_id, events().front().event_id);
}

TEST_F(LifecyclePassTest, a_clock_that_is_set_ahead_removes_nothing) {
    set_lifecycle({expiring(1)});
    put("key", "bytes");
    set_clock(24h * 400);
    run_pass();
    pass_time(1h);
    run_pass();
    set_clock(-24h * 400);
    run_pass();
    EXPECT_EQ(keys(), Names{"key"});
}

TEST_F(LifecyclePassTest, what_was_made_while_the_clock_was_behind_is_not_old) {
    set_lifecycle({expiring(2)});
    set_clock(-24h * 400);
    put("key", "bytes");
    set_clock(24h * 400);
    run_pass();
    EXPECT_EQ(keys(), Names{"key"});
    pass_time(24h * 3);
    run_pass();
    EXPECT_EQ(keys(), Names{});
}

TEST_F(LifecyclePassTest, with_versions_an_expired_object_gets_a_marker_and_a_lone_marker_goes) {
    set_versioning(Versioning::enabled);
    auto one = expiring(1);
    one.noncurrent_expiration = {.days = 1};
    set_lifecycle({one});
    put("key", "bytes");
    pass_time(48h);
    run_pass();
    EXPECT_EQ(versions_of("key"), 2U);
    EXPECT_EQ(events_from(1), Names{"LifecycleExpiration:DeleteMarkerCreated"});
    pass_time(24h);
    run_pass();  // The marker is not alone yet, and the version is noncurrent for less than a day.
    EXPECT_EQ(versions_of("key"), 2U);
    pass_time(24h);
    run_pass();
    EXPECT_EQ(versions_of("key"), 1U);
    run_pass();
    EXPECT_EQ(versions_of("key"), 0U);
    EXPECT_EQ(events_from(2), (Names{std::string(expired), std::string(expired)}));
}

TEST_F(LifecyclePassTest, locked_versions_stay) {
    set_versioning(Versioning::enabled);
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->put_object_lock({.bucket = "photos"}, caller(), effects);
    }));
    auto one = rule();
    one.noncurrent_expiration = {.days = 1};
    set_lifecycle({one});
    for (const std::string key : {"held", "free"}) put(key, "one");
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->put_legal_hold({.bucket = "photos", .key = "held", .is_on = true}, caller(),
                                    effects);
    }));
    for (const std::string key : {"held", "free"}) put(key, "two");
    pass_time(72h);
    run_pass();
    EXPECT_EQ(versions_of("held"), 2U);
    EXPECT_EQ(versions_of("free"), 1U);
}

TEST_F(LifecyclePassTest, so_many_newer_versions_are_kept_however_many_there_are) {
    set_versioning(Versioning::enabled);
    auto one = rule();
    one.noncurrent_expiration = {.days = 1, .newer_versions = 3};
    set_lifecycle({one});
    for (int i = 0; i < 40; ++i) {
        put("long", fmt::format("{}", i));
        put("other", "x");
        pass_time(1s);
    }
    pass_time(72h);
    run_pass(4);  // A key does not fit a page.
    EXPECT_EQ(versions_of("long"), 4U);
    EXPECT_EQ(versions_of("other"), 4U);
    EXPECT_EQ(get("long")->bytes, "39");
    run_pass(4);
    EXPECT_EQ(versions_of("long"), 4U);
}

TEST_F(LifecyclePassTest, every_key_is_seen_whatever_a_page_holds) {
    set_versioning(Versioning::enabled);
    auto one = rule();
    one.filter.prefix = "k";
    one.noncurrent_expiration = {.days = 1};
    set_lifecycle({one});
    const auto key_of = [](int i) { return fmt::format("k{:02}", i); };
    for (int i = 0; i < 30; ++i) {
        for (int n = 0; n <= i % 7; ++n) put(key_of(i), "x");
        if (i % 3 == 0) static_cast<void>(remove(key_of(i)));
    }
    for (const std::size_t rows_max : {2U, 3U, 5U, 8U}) {
        for (const int again : {0, 13, 29}) {
            for (int n = 0; n < 9; ++n) put(key_of(again), "again");
        }
        pass_time(72h);
        run_pass(rows_max);
        // An object, or a marker whose versions are gone.
        for (int i = 0; i < 30; ++i) EXPECT_EQ(versions_of(key_of(i)), 1U) << i << " " << rows_max;
    }
}

TEST_F(LifecyclePassTest, a_pass_goes_on_after_a_restart_and_does_nothing_twice) {
    set_lifecycle({expiring(1)});
    for (int i = 0; i < 50; ++i) put(fmt::format("k{:02}", i), "x");
    pass_time(72h);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(step(5));
    sync();
    EXPECT_FALSE(step(5));
    crash();
    tick();
    EXPECT_TRUE(core->is_lifecycle_due(now, 24h));
    run_pass(5);
    EXPECT_EQ(keys(), Names{});
    EXPECT_EQ(events_from(50), Names(50, std::string(expired)));
    EXPECT_FALSE(core->is_lifecycle_due(now, 24h));
    pass_time(24h);
    EXPECT_TRUE(core->is_lifecycle_due(now, 24h));
}

TEST_F(LifecyclePassTest, buckets_without_rules_are_left_alone) {
    ASSERT_TRUE(create_bucket("another"));
    ASSERT_TRUE(create_bucket("zoo"));
    set_lifecycle({expiring(1)}, "zoo");
    put("key", "x");
    auto request = put_request("key", 1);
    request.bucket = "zoo";
    ASSERT_TRUE(put(request, {.bytes = "x"}));
    pass_time(72h);
    run_pass(2);
    EXPECT_EQ(keys(), Names{"key"});
    EXPECT_EQ(core->head_object({.bucket = "zoo", .key = "key"}, caller()).error().reason,
              "no_such_key");
}

TEST_F(LifecyclePassTest, a_damaged_row_holds_up_its_own_bucket_only) {
    ASSERT_TRUE(create_bucket("zoo"));
    set_lifecycle({expiring(1)});
    set_lifecycle({expiring(1)}, "zoo");
    put("key", "x");
    auto request = put_request("key", 1);
    request.bucket = "zoo";
    ASSERT_TRUE(put(request, {.bytes = "x"}));
    pass_time(72h);
    store.damage(partition, object_row("photos", "key"));
    Effects effects;
    EXPECT_FALSE(core->judge_next(now, 100, effects));
    core->skip_lifecycle_bucket();
    while (!step()) {
    }
    EXPECT_EQ(core->head_object({.bucket = "zoo", .key = "key"}, caller()).error().reason,
              "no_such_key");
}

// They are read again by the next pass: the error is not remembered.
TEST_F(LifecyclePassTest, rules_that_cannot_be_read_hold_up_their_own_bucket_only) {
    ASSERT_TRUE(create_bucket("zoo"));
    set_lifecycle({expiring(1)});
    set_lifecycle({expiring(1)}, "zoo");
    put("key", "x");
    auto request = put_request("key", 1);
    request.bucket = "zoo";
    ASSERT_TRUE(put(request, {.bytes = "x"}));
    pass_time(72h);
    sync();
    const std::string row =
        configuration_row("photos", schema::BucketConfigurationKind::lifecycle, "");
    const std::string rules = **store.get(partition, row);
    store.damage(partition, row);
    start();
    tick();
    pass_time(72h);
    Effects effects;
    const auto judged = core->judge_next(now, 100, effects);
    ASSERT_FALSE(judged);
    EXPECT_NE(judged.error().message.find("lifecycle configuration of bucket photos"),
              std::string::npos);
    core->skip_lifecycle_bucket();
    while (!step()) {
    }
    EXPECT_EQ(core->head_object({.bucket = "zoo", .key = "key"}, caller()).error().reason,
              "no_such_key");
    EXPECT_EQ(keys(), Names{"key"});
    store::Batch batch{std::string(partition)};
    batch.put(row, rules);
    ASSERT_TRUE(store.commit(std::move(batch)));
    run_pass();
    EXPECT_EQ(keys(), Names{});
}

TEST_F(LifecyclePassTest, rules_that_were_taken_away_do_nothing) {
    set_lifecycle({expiring(1)});
    put("key", "x");
    ASSERT_TRUE(commit_all([&](Effects& effects) {
        return core->delete_bucket_configuration(
            {.bucket = "photos", .kind = schema::BucketConfigurationKind::lifecycle}, caller(),
            effects);
    }));
    pass_time(72h);
    run_pass();
    EXPECT_EQ(keys(), Names{"key"});
}

TEST_F(LifecyclePassTest, old_uploads_are_aborted_without_an_event) {
    auto one = rule("abort");
    one.abort_uploads_days = 2;
    set_lifecycle({one});
    schema::CreateUpload request;
    request.object.bucket = "photos";
    request.object.key = "film";
    const auto created = commit_all(
        [&](Effects& effects) { return core->create_upload(request, caller(), effects); });
    ASSERT_TRUE(created);
    ASSERT_TRUE(created->abort);
    EXPECT_EQ(created->abort->rule_id, "abort");
    const schema::ListParts parts{
        .bucket = "photos", .key = "film", .upload_id = created->upload_id};
    EXPECT_EQ(core->list_parts(parts, caller())->abort, created->abort);
    const auto uploads = [&] {
        return core->list_uploads({.bucket = "photos"}, caller())->uploads.size();
    };
    pass_time(created->abort->at - now - 1us);
    run_pass();
    EXPECT_EQ(uploads(), 1U);
    pass_time(1us);
    run_pass();
    EXPECT_EQ(uploads(), 0U);
    EXPECT_EQ(events().size(), 0U);
}

TEST_F(LifecyclePassTest, a_short_step_looks_at_few_uploads_and_the_pass_at_all) {
    auto one = rule("abort");
    one.abort_uploads_days = 2;
    set_lifecycle({one});
    constexpr std::size_t uploads = 7;
    for (std::size_t i = 0; i < uploads; ++i) {
        schema::CreateUpload request;
        request.object.bucket = "photos";
        request.object.key = "film" + std::to_string(i);
        ASSERT_TRUE(commit_all(
            [&](Effects& effects) { return core->create_upload(request, caller(), effects); }));
    }
    pass_time(96h);
    constexpr std::size_t rows_max = 3;
    std::size_t aborted = 0;
    for (bool is_over = false; !is_over;) {
        const auto judged =
            commit_all([&](Effects& effects) { return core->judge_next(now, rows_max, effects); });
        ASSERT_TRUE(judged);
        EXPECT_LE(judged->uploads.size(), rows_max);
        aborted += judged->uploads.size();
        is_over = judged->is_over;
    }
    EXPECT_EQ(aborted, uploads);
}

TEST_F(LifecyclePassTest, requests_are_told_when_an_object_goes) {
    set_lifecycle({expiring(1)});
    const auto made = put("key", "bytes");
    ASSERT_TRUE(made->expiration);
    EXPECT_EQ(made->expiration->at, std::chrono::sys_days(std::chrono::year(2030) / 1 / 17));
    EXPECT_EQ(head("key")->expiration, made->expiration);
    EXPECT_EQ(get("key")->got.object.expiration, made->expiration);
}

TEST_F(LifecyclePassTest, a_transition_changes_the_class_and_says_which) {
    set_lifecycle({moving(30, "STANDARD_IA")});
    put("key", std::string(5, 'x'));
    auto request = put_request("large", 200'000);
    ASSERT_TRUE(put(request, {.blob = store::BlobRef{.segment = 1, .id = 7, .length = 200'000}}));
    pass_time(24h * 31);
    run_pass();
    EXPECT_EQ(head("large")->storage_class, "STANDARD_IA");
    EXPECT_EQ(head("key")->storage_class, "");
    ASSERT_EQ(events_from(2), Names{"LifecycleTransition"});
    EXPECT_EQ(events().back().storage_class, "STANDARD_IA");
    EXPECT_TRUE(get("large"));
    run_pass();
    EXPECT_EQ(events().size(), 3U);
}

}  // namespace
}  // namespace onput::storage
