// The order that every service lives by, on a toy: execute, commit, sync, reply.
#include "common/service/host.hpp"

#include <gtest/gtest.h>

#include "common/schema/storage.hpp"
#include "tests/common/service/test_platform.hpp"

namespace onput::service {
namespace {

using std::chrono::milliseconds;

struct ToyEffects : Effects<> {
    std::vector<std::string> made;  // To be handed on.
    [[nodiscard]] bool is_done() const { return made.empty(); }
};

// Buckets as rows, and nothing else.
class Toy {
public:
    using Effects = ToyEffects;

    explicit Toy(const store::View& view) : view_(view) {}

    Result<void> restore(Timestamp, Effects&) { return {}; }
    Result<void> end_turn(Timestamp, Effects&) { return {}; }
    [[nodiscard]] Timestamp next_wakeup(Timestamp) const { return Timestamp::max(); }
    [[nodiscard]] std::uint64_t last_number() const { return last_; }
    void on_durable(std::uint64_t number) { durable_ = number; }
    [[nodiscard]] std::vector<schema::Metric> metrics(Timestamp) const { return {}; }
    static bool is_fatal(const Error& error) { return error.code == ErrorCode::corruption; }
    Result<void> undo(Effects& effects, std::size_t first) {
        last_ -= effects.changes.size() - first;
        effects.made.clear();
        return {};
    }

    Result<schema::BucketInfo> create(const schema::CreateBucket& request, const Caller&,
                                      Effects& effects) {
        if (request.name == "damaged") return fail(ErrorCode::corruption, "a damaged row");
        if (request.name.empty()) return fail(ErrorCode::invalid_argument, "no name");
        ONPUT_TRY_VOID(room_.check());
        store::Batch batch("toy");
        batch.put(request.name, "x");
        effects.add(std::move(batch));
        effects.made.push_back(request.name);
        effects.may_sync_late = request.region == "late";
        ++last_;
        return schema::BucketInfo{.name = request.name};
    }
    Result<schema::BucketInfo> head(const schema::HeadBucket& request, const Caller&) const {
        ONPUT_TRY(const auto row, view_.get("toy", request.name));
        if (!row) return fail(ErrorCode::not_found, "no bucket " + request.name);
        return schema::BucketInfo{.name = request.name};
    }

    [[nodiscard]] std::uint64_t durable() const { return durable_; }
    [[nodiscard]] Room& room() { return room_; }

private:
    const store::View& view_;
    std::uint64_t last_ = 0;
    std::uint64_t durable_ = 0;
    Room room_{1000};
};

class ToyService final : public Host<Toy> {
public:
    explicit ToyService(Platform& platform)
        : Host(platform, {.metrics = {.fsync = "fsync", .replies_held = "held"}}) {
        EXPECT_TRUE(open_store());
        EXPECT_TRUE(restore(store()));
        EXPECT_TRUE(listen());
    }
    std::vector<std::string> handed_on;
    bool is_busy = false;

private:
    Methods methods() override { return {command(&Toy::create), query(&Toy::head)}; }
    void hand_on(Effects effects) override {
        for (auto& name : effects.made) handed_on.push_back(std::move(name));
    }
    [[nodiscard]] bool is_idle() const override { return !is_busy; }
};

class HostTest : public testing::Test {
protected:
    void create(const std::string& name, const std::string& region = {}) {
        platform.ask(schema::CreateBucket{.name = name, .region = region});
    }
    // The sync that was asked for is done, and the turn that it makes.
    bool sync() {
        if (!platform.sync()) return false;
        loop.turn();
        return true;
    }

    [[nodiscard]] double has_room() const {
        const auto metrics = host.metrics();
        return std::ranges::find(metrics, "onput_disk_has_room", &schema::Metric::name)->value;
    }

    TestPlatform platform;
    TestLoop& loop = platform.loop();
    ToyService host{platform};
};

TEST_F(HostTest, a_reply_leaves_when_its_commit_is_durable_and_not_before) {
    create("a");
    loop.turn();
    EXPECT_TRUE(platform.replies.empty());
    EXPECT_TRUE(host.handed_on.empty());
    EXPECT_EQ(host.core().durable(), 0U);
    ASSERT_TRUE(sync());
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_TRUE(platform.replies[0]);
    EXPECT_EQ(host.handed_on, std::vector<std::string>{"a"});
    EXPECT_EQ(host.core().durable(), 1U);
}

TEST_F(HostTest, one_sync_pays_for_all_that_arrived_in_a_turn) {
    create("a");
    create("b");
    loop.turn();
    ASSERT_TRUE(sync());
    EXPECT_EQ(platform.replies.size(), 2U);
    EXPECT_FALSE(sync());
}

TEST_F(HostTest, a_query_waits_for_the_commits_that_it_may_have_read) {
    create("a");
    platform.ask(schema::HeadBucket{.name = "a"});
    loop.turn();
    EXPECT_TRUE(platform.replies.empty());
    ASSERT_TRUE(sync());
    ASSERT_EQ(platform.replies.size(), 2U);
    EXPECT_TRUE(platform.replies[1]);
}

TEST_F(HostTest, a_query_is_answered_at_once_when_nothing_waits) {
    platform.ask(schema::HeadBucket{.name = "a"});
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().code, ErrorCode::not_found);
}

TEST_F(HostTest, a_commit_for_which_there_is_no_room_did_not_happen) {
    platform.store->fail_next_commit({.code = ErrorCode::resource_exhausted, .message = "full"});
    create("a");
    loop.turn();
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().reason, "storage_full");
    EXPECT_TRUE(host.handed_on.empty());
    EXPECT_EQ(host.core().last_number(), 0U);
}

TEST_F(HostTest, a_disk_that_fills_up_is_noticed_and_so_is_its_room) {
    EXPECT_TRUE(host.waiting_for().empty());
    platform.free = 999;
    loop.pass(room_interval);
    loop.turn();
    create("photos");
    sync();
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().reason, "storage_full");
    ASSERT_EQ(host.waiting_for().size(), 1U);
    EXPECT_TRUE(host.waiting_for()[0].starts_with("room on the disk")) << host.waiting_for()[0];
    EXPECT_EQ(has_room(), 0);
    platform.free = 1000;
    loop.pass(room_interval);
    loop.turn();
    create("photos");
    loop.turn();
    sync();
    EXPECT_TRUE(platform.replies.at(1));
    EXPECT_TRUE(host.waiting_for().empty());
    EXPECT_EQ(has_room(), 1);
}

TEST_F(HostTest, a_disk_that_was_full_before_is_noticed_before_the_first_request) {
    platform.free = 0;
    const ToyService other(platform);
    EXPECT_EQ(other.waiting_for().size(), 1U);
}

TEST_F(HostTest, any_other_failure_of_a_commit_ends_the_process) {
    platform.store->fail_next_commit({.code = ErrorCode::internal, .message = "input/output"});
    EXPECT_THROW(create("a"), ProcessEnded);
    EXPECT_TRUE(platform.replies.empty());
}

TEST_F(HostTest, a_failed_sync_ends_the_process_and_answers_nobody) {
    platform.store->fail_next_sync({.code = ErrorCode::internal, .message = "input/output"});
    create("a");
    loop.turn();
    platform.sync();
    EXPECT_THROW(loop.turn(), ProcessEnded);
    EXPECT_TRUE(platform.replies.empty());
}

TEST_F(HostTest, an_error_after_which_the_core_cannot_be_trusted_ends_the_process) {
    EXPECT_THROW(create("damaged"), ProcessEnded);
}

TEST_F(HostTest, an_error_of_the_caller_is_its_reply) {
    create("");
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().code, ErrorCode::invalid_argument);
}

TEST_F(HostTest, an_unknown_method_is_unimplemented) {
    platform.ask("toy.dance", "");
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().code, ErrorCode::unimplemented);
}

TEST_F(HostTest, what_may_sync_late_does_so_within_its_interval) {
    host.must_execute([](Toy& core, ToyEffects& effects) {
        return core.create({.name = "a", .region = "late"}, {}, effects);
    });
    loop.turn();
    EXPECT_FALSE(sync());
    loop.pass(lazy_sync_interval);
    loop.turn();
    ASSERT_TRUE(sync());
    EXPECT_EQ(host.handed_on, std::vector<std::string>{"a"});
}

TEST_F(HostTest, a_reply_takes_what_may_sync_late_along) {
    host.must_execute([](Toy& core, ToyEffects& effects) {
        return core.create({.name = "a", .region = "late"}, {}, effects);
    });
    platform.ask(schema::HeadBucket{.name = "a"});
    loop.turn();
    ASSERT_TRUE(sync());
    EXPECT_EQ(platform.replies.size(), 1U);
}

TEST_F(HostTest, a_drain_refuses_what_comes_and_ends_when_all_is_answered) {
    bool is_over = false;
    create("a");
    host.is_busy = true;
    host.drain([&is_over] { is_over = true; });
    create("b");
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_EQ(platform.replies[0].error().code, ErrorCode::unavailable);
    loop.turn();
    ASSERT_TRUE(sync());
    EXPECT_EQ(platform.replies.size(), 2U);
    EXPECT_FALSE(is_over);
    host.is_busy = false;
    loop.turn();
    EXPECT_TRUE(is_over);
}

// --- Backups ------------------------------------------------------------------------------------

class HostBackupTest : public HostTest {
protected:
    Result<schema::ServiceBackupReply> step(schema::BackupStep step, const std::string& id = "1") {
        const std::size_t before = platform.replies.size();
        platform.ask(schema::ServiceBackup{.step = step, .id = id, .target = "/backup"});
        if (platform.backup != nullptr && platform.backup->waiting &&
            step != schema::BackupStep::release) {
            platform.backup->answer();
        }
        loop.turn();
        if (platform.replies.size() == before) {
            return fail(ErrorCode::internal, "no answer");
        }
        const auto reply = platform.replies.back();
        if (!reply) return std::unexpected(reply.error());
        return schema::decode<schema::ServiceBackupReply>(*reply);
    }
    void take() {
        ASSERT_TRUE(step(schema::BackupStep::prepare));
        const auto taken = step(schema::BackupStep::take);
        ASSERT_TRUE(taken);
        EXPECT_EQ(taken->state, schema::BackupState::taken);
        platform.replies.clear();
    }
};

TEST_F(HostBackupTest, nothing_leaves_between_the_moment_and_its_release) {
    take();
    create("a");
    loop.turn();
    ASSERT_TRUE(sync());
    platform.ask(schema::HeadBucket{.name = "a"});
    loop.turn();
    EXPECT_TRUE(platform.replies.empty());
    EXPECT_TRUE(host.handed_on.empty());
    EXPECT_EQ(host.core().durable(), 0U);
    const auto released = step(schema::BackupStep::release);
    ASSERT_TRUE(released);
    EXPECT_EQ(released->state, schema::BackupState::copying);
    EXPECT_EQ(platform.replies.size(), 3U);
    EXPECT_EQ(host.handed_on, std::vector<std::string>{"a"});
    EXPECT_EQ(host.core().durable(), 1U);
}

TEST_F(HostBackupTest, a_moment_that_lasted_too_long_is_void) {
    take();
    create("a");
    loop.turn();
    ASSERT_TRUE(sync());
    loop.pass(backup_shut_max);
    loop.turn();
    EXPECT_EQ(platform.replies.size(), 1U);
    const auto released = step(schema::BackupStep::release);
    ASSERT_FALSE(released);
    EXPECT_EQ(released.error().code, ErrorCode::timeout);
    EXPECT_FALSE(step(schema::BackupStep::finish));
}

TEST_F(HostBackupTest, goes_its_steps_in_order_and_ends_as_a_backup) {
    EXPECT_FALSE(step(schema::BackupStep::take));
    take();
    EXPECT_FALSE(step(schema::BackupStep::finish));
    ASSERT_TRUE(step(schema::BackupStep::release));
    EXPECT_FALSE(step(schema::BackupStep::take));
    const auto looked = step(schema::BackupStep::look);
    ASSERT_TRUE(looked);
    EXPECT_EQ(looked->state, schema::BackupState::copied);
    const auto finished = step(schema::BackupStep::finish);
    ASSERT_TRUE(finished);
    EXPECT_EQ(finished->state, schema::BackupState::finished);
    EXPECT_TRUE(step(schema::BackupStep::finish));
    EXPECT_TRUE(step(schema::BackupStep::prepare, "2"));
}

TEST_F(HostBackupTest, another_one_waits_until_the_first_is_over_or_given_up) {
    take();
    EXPECT_EQ(step(schema::BackupStep::prepare, "2").error().reason, "backup_busy");
    EXPECT_EQ(step(schema::BackupStep::look, "2").error().reason, "no_backup");
    ASSERT_TRUE(step(schema::BackupStep::release));
    for (Duration quiet{}; quiet < schema::backup_silence_max; quiet += backup_check_interval) {
        ASSERT_NE(platform.backup, nullptr);
        EXPECT_FALSE(platform.backup->is_abandoned);
        loop.pass(backup_check_interval);
        loop.turn();
    }
    EXPECT_TRUE(platform.backup->is_abandoned);
    loop.turn();  // What it had written is gone.
    EXPECT_TRUE(step(schema::BackupStep::prepare, "2"));
}

TEST_F(HostBackupTest, a_step_may_last_as_long_as_somebody_asks_about_it) {
    platform.ask(
        schema::ServiceBackup{.step = schema::BackupStep::prepare, .id = "1", .target = "/backup"});
    for (Duration spent{}; spent < 2 * schema::backup_silence_max;
         spent += schema::backup_look_interval) {
        loop.pass(schema::backup_look_interval);
        loop.turn();
        platform.ask(schema::ServiceBackup{.step = schema::BackupStep::look, .id = "1"});
    }
    ASSERT_NE(platform.backup, nullptr);
    EXPECT_FALSE(platform.backup->is_abandoned);
    platform.replies.clear();
    platform.backup->answer();
    loop.turn();
    ASSERT_EQ(platform.replies.size(), 1U);
    EXPECT_TRUE(platform.replies.front());
}

TEST_F(HostBackupTest, an_abandon_while_a_failed_one_is_cleaned_up_is_answered_behind_that) {
    take();
    platform.backup->is_slow = true;
    ASSERT_TRUE(step(schema::BackupStep::release));
    platform.backup->answer(fail(ErrorCode::unavailable, "input/output error"));
    loop.turn();
    ASSERT_TRUE(platform.backup->is_abandoned);
    platform.replies.clear();
    for (int i = 0; i < 2; ++i) {
        platform.ask(schema::ServiceBackup{.step = schema::BackupStep::abandon, .id = "1"});
        loop.turn();
    }
    EXPECT_TRUE(platform.replies.empty());
    platform.backup->answer_abandons();
    loop.turn();
    ASSERT_EQ(platform.replies.size(), 2U);
    EXPECT_TRUE(platform.replies.front());
    EXPECT_TRUE(platform.replies.back());
    EXPECT_TRUE(step(schema::BackupStep::prepare, "2"));
}

TEST_F(HostBackupTest, an_abandon_that_comes_while_it_finishes_is_answered) {
    take();
    ASSERT_TRUE(step(schema::BackupStep::release));
    platform.backup->answer();
    loop.turn();
    platform.backup->is_slow = true;
    platform.ask(schema::ServiceBackup{.step = schema::BackupStep::finish, .id = "1"});
    platform.ask(schema::ServiceBackup{.step = schema::BackupStep::abandon, .id = "1"});
    platform.replies.clear();
    platform.backup->answer();
    platform.backup->answer_abandons();
    loop.turn();
    EXPECT_EQ(platform.replies.size(), 2U);
}

TEST_F(HostBackupTest, ends_when_the_disk_fills_up) {
    take();
    ASSERT_TRUE(step(schema::BackupStep::release));
    platform.free = 0;
    for (int i = 0; i < 2; ++i) {
        loop.pass(backup_check_interval);
        loop.turn();
    }
    const auto looked = step(schema::BackupStep::look);
    ASSERT_FALSE(looked);
    EXPECT_EQ(looked.error().reason, "backup_failed");
}

TEST_F(HostBackupTest, a_part_that_fails_opens_the_gate) {
    ASSERT_TRUE(step(schema::BackupStep::prepare));
    platform.ask(schema::ServiceBackup{.step = schema::BackupStep::take, .id = "1"});
    create("a");
    loop.turn();
    ASSERT_TRUE(sync());
    EXPECT_TRUE(host.handed_on.empty());
    platform.backup->answer(fail(ErrorCode::unavailable, "input/output error"));
    loop.turn();
    EXPECT_EQ(host.handed_on, std::vector<std::string>{"a"});
    EXPECT_FALSE(step(schema::BackupStep::release));
}

TEST_F(HostBackupTest, the_end_of_the_service_is_its_end) {
    take();
    create("a");
    loop.turn();
    ASSERT_TRUE(sync());
    bool is_over = false;
    host.drain([&is_over] { is_over = true; });
    for (int i = 0; i < 3; ++i) {
        loop.turn();
        sync();
    }
    EXPECT_TRUE(is_over);
    EXPECT_EQ(host.handed_on, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace onput::service
