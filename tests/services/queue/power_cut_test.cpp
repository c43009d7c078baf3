// The real queue process through power cuts: what it acknowledged holds, whatever it had not synced
// is gone.
#include "tests/support/power_cut.hpp"

#include <set>

#include <gtest/gtest.h>

#include "common/schema/queue.hpp"
#include "tests/services/queue/process_harness.hpp"

namespace onput::queue {
namespace {

constexpr int cuts = 6;
constexpr int sends_per_life = 20;

class PowerCutTest : public testing::Test, public ProcessHarness {
protected:
    PowerCutTest() { std::filesystem::create_directories(path_of("data")); }

    std::string next_body() { return "body " + std::to_string(++bodies_); }
    static schema::SendMessages send_of(const std::string& body) {
        schema::SendMessages request{.name = "q"};
        request.entries.emplace_back().body = body;
        return request;
    }
    std::vector<schema::ReceivedMessage> receive() {
        schema::ReceiveMessages request;
        request.name = "q";
        request.messages_max = 10;
        const auto received = ask(request);
        EXPECT_TRUE(received) << received.error().message;
        return received ? received->messages : std::vector<schema::ReceivedMessage>{};
    }
    void remove(const std::vector<schema::ReceivedMessage>& messages) {
        schema::RemoveMessages request{.name = "q"};
        for (const auto& message : messages) {
            auto& entry = request.entries.emplace_back();
            entry.id = message.message_id;
            entry.receipt_handle = message.receipt_handle;
        }
        const auto removed = ask(request);
        ASSERT_TRUE(removed) << removed.error().message;
        for (const auto& message : messages) removed_.insert(message.body);
    }
    // Receives and removes everything.
    std::set<std::string> drain() {
        std::set<std::string> found;
        while (true) {
            const auto messages = receive();
            if (messages.empty()) return found;
            for (const auto& message : messages) found.insert(message.body);
            remove(messages);
        }
    }

    support::PowerCut power_{path_of("data"), path_of("record")};
    std::set<std::string> sent_;     // Acknowledged.
    std::set<std::string> removed_;  // Acknowledged.
    int bodies_ = 0;
};

TEST_F(PowerCutTest, every_acknowledged_message_and_removal_survives) {
    start();
    ASSERT_TRUE(ask(schema::CreateQueue{.name = "q"}));
    for (int cut = 0; cut < cuts; ++cut) {
        for (int i = 0; i < sends_per_life; ++i) {
            const std::string body = next_body();
            ASSERT_TRUE(ask(send_of(body)));
            sent_.insert(body);
        }
        remove(receive());
        // Some are on their way when the power goes.
        int answered = 0;
        for (int i = 0; i < 8; ++i) {
            const std::string body = next_body();
            call(send_of(body), [&, body](const Result<schema::MessagesSent>& reply) {
                ++answered;
                if (reply) sent_.insert(body);
            });
        }
        ASSERT_TRUE(wait_until([&] { return answered >= cut; }));
        kill();
        ASSERT_TRUE(wait_until([&] { return answered == 8; }));
        power_.happen();
        start();
        const std::set<std::string> removed = removed_;
        const auto found = drain();
        for (const auto& body : sent_) {
            ASSERT_EQ(found.contains(body), !removed.contains(body)) << body << ", cut " << cut;
        }
    }
}

}  // namespace
}  // namespace onput::queue
