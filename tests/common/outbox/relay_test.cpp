#include "common/outbox/relay.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace onput::outbox {
namespace {

// Keeps its calls until the test answers them.
class HeldClient final : public transport::RequestClient {
public:
    struct Call {
        std::string method;
        schema::AppendEvents request;
        transport::CallOptions options;
        Callback answer;
    };

    void call(std::string_view method, std::string body, transport::CallOptions options,
              Callback callback) override {
        calls.push_back({.method = std::string(method),
                         .request = *schema::decode<schema::AppendEvents>(body),
                         .options = std::move(options),
                         .answer = std::move(callback)});
        if (on_call) on_call();
    }
    [[nodiscard]] bool is_connected() const override { return true; }
    [[nodiscard]] std::size_t open_calls() const override { return calls.size(); }

    void take(std::size_t which, std::uint64_t through) {
        calls.at(which).answer(
            transport::Reply{.body = schema::encode(schema::EventsAppended{.through = through})});
    }

    std::vector<Call> calls;
    std::function<void()> on_call;
};

class RelayTest : public testing::Test {
protected:
    void SetUp() override { client.calls.reserve(10); }
    void add(const std::string& bytes) {
        const auto number = outbox.next_number();
        outbox.add(number, bytes);
        store::Batch batch{rows.partition};
        batch.put(rows.key(number), bytes);
        ASSERT_TRUE(store.commit(std::move(batch)));
        outbox.on_durable(number);
    }

    const Rows rows{.partition = "p", .prefix = "e/"};
    Outbox outbox{rows};
    support::MemoryStore store;
    transport::Context context;
    transport::Loop loop{context};
    HeldClient client;
    std::optional<Error> failure;
    Relay relay{{.loop = loop,
                 .outbox = outbox,
                 .view = store,
                 .notifier = client,
                 .source = "the source",
                 .service = "queue",
                 .fail = [this](const Error& error) { failure = error; }}};
};

TEST_F(RelayTest, what_waits_is_handed_over_with_its_source_and_numbers) {
    add("one");
    add("two");
    relay.pump();
    ASSERT_EQ(client.calls.size(), 1U);
    const auto& call = client.calls[0];
    EXPECT_EQ(call.method, "notifier.append");
    EXPECT_EQ(call.request.source, "the source");
    EXPECT_EQ(call.request.numbers, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(call.options.principal.id, "queue");
    EXPECT_EQ(call.options.timeout, relay_timeout);
    ASSERT_EQ(call.options.attachments.size(), 2U);
    EXPECT_EQ(call.options.attachments[1].view(), "two");
}

TEST_F(RelayTest, the_next_goes_when_the_notifier_has_the_last) {
    add("one");
    relay.pump();
    add("two");
    relay.pump();
    EXPECT_EQ(client.calls.size(), 1U);
    EXPECT_FALSE(relay.has_handed_over());
    client.take(0, 1);
    EXPECT_TRUE(relay.has_handed_over());
    ASSERT_EQ(client.calls.size(), 2U);
    EXPECT_EQ(client.calls[1].request.numbers, std::vector<std::uint64_t>{2});
}

TEST_F(RelayTest, after_a_failure_the_same_goes_again) {
    add("one");
    relay.pump();
    client.on_call = [this] { loop.stop(); };
    client.calls[0].answer(fail(ErrorCode::unavailable, "gone"));
    EXPECT_EQ(client.calls.size(), 1U);
    loop.run();  // Until it is called again.
    ASSERT_EQ(client.calls.size(), 2U);
    EXPECT_EQ(client.calls[1].request, client.calls[0].request);
}

TEST_F(RelayTest, a_damaged_outbox_ends_the_process) {
    outbox.add(1, std::string(outbox_cache_bytes_max + 1, 'x'));  // Without its row.
    outbox.on_durable(1);
    relay.pump();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::corruption);
}

}  // namespace
}  // namespace onput::outbox
