// The steps of a backup as services see them, of which one is slow or refuses.
#include "services/ctl/backup_run.hpp"

#include <array>
#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

using namespace std::chrono_literals;
using schema::BackupState;
using schema::BackupStep;

// Three services that do each step at once, but for what a test says.
class BackupRunTest : public testing::Test {
protected:
    BackupRunTest() {
        for (std::size_t i = 0; i < names.size(); ++i) {
            servers.at(i) = *transport::RequestServer::bind(
                loop, {endpoint(names.at(i))},
                [this, i](transport::Request request) { on_request(i, std::move(request)); });
        }
    }
    [[nodiscard]] std::string endpoint(const std::string& name) const {
        return "ipc://" + folder.path_of(name + ".sock");
    }
    [[nodiscard]] Instance instance() const {
        return {.storage_endpoint = endpoint("storage"),
                .notifier_endpoint = endpoint("notifier"),
                .queue_endpoint = endpoint("queue")};
    }

    void on_request(std::size_t service, transport::Request request) {
        const auto message = *schema::decode<schema::ServiceBackup>(request.body);
        ++seen[{service, message.step}];
        if (message.step == slow_step && service == 2) {
            slow = request.reply_to;
            seen[{0, BackupStep::look}] = 0;
        } else {
            answer(service, request.reply_to, message.step);
        }
        // One that has answered hears that somebody still waits for the slow one.
        if (slow && seen[{0, BackupStep::look}] >= 2) {
            answer(2, *std::exchange(slow, {}), *std::exchange(slow_step, {}));
        }
    }
    void answer(std::size_t service, const transport::ReplyTo& to, BackupStep step) {
        if (step == refused_step && service == 1) {
            return servers.at(service)->reply(to, fail(refusal, "no"));
        }
        const schema::ServiceBackupReply reply{.state = BackupState::copied, .files = service};
        servers.at(service)->reply(to, transport::Reply{.body = schema::encode(reply)});
    }
    Result<BackupRun::Replies> run() {
        Peers peers(loop, instance());
        return BackupRun({.quiet = true}, peers, {.target = "/backup", .look_interval = 1ms}).run();
    }

    const std::array<std::string, 3> names{"storage", "notifier", "queue"};
    const support::TempDirectory folder;
    transport::Context context;
    transport::Loop loop{context};
    std::array<std::unique_ptr<transport::RequestServer>, 3> servers;
    std::map<std::pair<std::size_t, BackupStep>, int> seen;
    std::optional<BackupStep> slow_step;
    std::optional<transport::ReplyTo> slow;  // Who waits for it.
    std::optional<BackupStep> refused_step;
    ErrorCode refusal = ErrorCode::conflict;
};

TEST_F(BackupRunTest, who_waits_for_a_slow_service_says_so_to_all_of_them) {
    for (const BackupStep step : {BackupStep::prepare, BackupStep::finish}) {
        seen.clear();
        slow_step = step;
        const auto replies = run();
        ASSERT_TRUE(replies) << replies.error().message;
        EXPECT_EQ(replies->at(2).files, 2U);
        EXPECT_EQ((seen[{2, step}]), 1);
        EXPECT_EQ((seen[{2, BackupStep::abandon}]), 0);
    }
}

TEST_F(BackupRunTest, what_one_refuses_is_abandoned_by_all_and_not_tried_again) {
    refused_step = BackupStep::prepare;
    EXPECT_EQ(run().error().message, "no");
    for (std::size_t service = 0; service < 3; ++service) {
        EXPECT_EQ((seen[{service, BackupStep::prepare}]), 1);
        EXPECT_EQ((seen[{service, BackupStep::abandon}]), 1);
    }
}

TEST_F(BackupRunTest, a_moment_that_was_missed_is_tried_three_times) {
    refused_step = BackupStep::release;
    refusal = ErrorCode::timeout;
    EXPECT_EQ(run().error().code, ErrorCode::timeout);
    EXPECT_EQ((seen[{0, BackupStep::take}]), 3);
    EXPECT_EQ((seen[{0, BackupStep::abandon}]), 3);
    EXPECT_EQ((seen[{0, BackupStep::finish}]), 0);
}

}  // namespace
}  // namespace onput::ctl
