#include "common/transport/bus.hpp"

#include "tests/common/transport/request_harness.hpp"

namespace onput::transport {
namespace {

// A journal in memory that publishes and serves as the notifier does.
class TestNotifier {
public:
    TestNotifier(Loop& loop, const TestFolder& folder) : loop_(loop), folder_(folder) { start(); }

    void start() {
        publisher_ = std::move(*BusPublisher::bind(loop_, {folder_.ipc("bus")}));
        server_ = bind_server(loop_, folder_.ipc("journal"),
                              [this](const Request& request) { answer(request); });
    }
    void stop() {
        publisher_.reset();
        server_.reset();
    }
    void replace_journal() {
        epoch_ += "'";
        records_.clear();
        first_ = 1;
    }
    void forget(std::size_t count) {
        records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
        first_ += count;
    }
    void append() {
        records_.push_back({.sequence = head() + 1,
                            .type = "t",
                            .topic = "topic",
                            .body = std::to_string(head() + 1)});
    }
    void publish_newest() {
        const auto& record = records_.back();
        publisher_->publish(record.topic, bus_head(), record.body);
    }
    void append_and_publish() {
        append();
        publish_newest();
    }
    void heartbeat() {
        if (publisher_) publisher_->publish_head(bus_head());
    }
    [[nodiscard]] std::uint64_t drops() const { return publisher_->drops(); }
    [[nodiscard]] std::uint64_t head() const { return first_ + records_.size() - 1; }

    std::optional<Error> refusal;
    int fetches = 0;

private:
    [[nodiscard]] schema::BusHead bus_head() const {
        return {.epoch = epoch_, .sequence = head(), .type = "t"};
    }
    void answer(const Request& request) {
        if (refusal) return server_->reply(request.reply_to, std::unexpected(*refusal));
        if (request.header.method == schema::FindJournal::method) {
            const schema::JournalPosition position{.epoch = epoch_,
                                                   .first_sequence = first_,
                                                   .head_sequence = head(),
                                                   .sequence = head() + 1};
            return server_->reply(request.reply_to, Reply{.body = schema::encode(position)});
        }
        ++fetches;
        const auto fetch = *schema::decode<schema::FetchJournal>(request.body);
        if (fetch.from_sequence < first_) {
            return server_->reply(
                request.reply_to,
                std::unexpected(Error{.code = ErrorCode::not_found,
                                      .reason = "truncated",
                                      .details = {{"FirstSequence", std::to_string(first_)}}}));
        }
        Reply reply;
        for (std::uint64_t i = fetch.from_sequence;
             i <= head() && reply.attachments.size() < fetch.records_max; ++i) {
            reply.attachments.emplace_back(schema::encode(records_[i - first_]));
        }
        reply.body = schema::encode(
            schema::JournalPage{.epoch = epoch_,
                                .first_sequence = first_,
                                .head_sequence = head(),
                                .records = static_cast<std::uint32_t>(reply.attachments.size())});
        server_->reply(request.reply_to, std::move(reply));
    }

    Loop& loop_;
    const TestFolder& folder_;
    std::string epoch_ = "e";
    std::uint64_t first_ = 1;
    std::vector<schema::JournalRecord> records_;
    std::unique_ptr<BusPublisher> publisher_;
    std::unique_ptr<RequestServer> server_;
};

class BusTest : public testing::Test {
protected:
    void follow(BusReader::Start start) {
        journal = RequestClient::connect(loop.get(), folder.ipc("journal"));
        reader = BusReader::follow(
            loop.get(), folder.ipc("bus"), *journal, std::move(start),
            {.on_record = [this](const schema::JournalRecord& record) { take(record); },
             .on_fetched = [this](std::uint64_t from,
                                  std::uint64_t to) { fetched += to - from + 1; },
             .on_truncated = [this](std::uint64_t from,
                                    std::uint64_t to) { truncated.emplace_back(from, to); },
             .on_epoch =
                 [this](const std::string& epoch) {
                     epochs.push_back(epoch);
                     received.clear();
                 },
             .on_caught_up = [this](std::uint64_t head) { caught_up = head; },
             .on_failed = [this](const Error& error) { failed = error; }});
    }
    void take(const schema::JournalRecord& record) {
        if (!received.empty()) {
            EXPECT_EQ(record.sequence, received.back() + 1);
        }
        EXPECT_EQ(record.body, std::to_string(record.sequence));
        received.push_back(record.sequence);
    }
    bool wait_for(std::uint64_t sequence) {
        return loop.run_until([&] { return !received.empty() && received.back() == sequence; });
    }
    void follow_live() {
        follow({.from_sequence = 0});
        ASSERT_TRUE(loop.run_until([&] { return caught_up.has_value(); }));
    }

    TestFolder folder;
    TestLoop loop;
    TestNotifier notifier{loop.get(), folder};
    std::unique_ptr<RequestClient> journal;
    std::unique_ptr<BusReader> reader;
    std::vector<std::uint64_t> received;
    std::uint64_t fetched = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> truncated;
    std::vector<std::string> epochs;
    std::optional<std::uint64_t> caught_up;
    std::optional<Error> failed;
};

TEST_F(BusTest, history_and_live_records_come_as_one_sequence) {
    for (int i = 0; i < 5000; ++i) notifier.append();
    follow({.epoch = "e", .from_sequence = 1});
    ASSERT_TRUE(wait_for(5000));
    EXPECT_EQ(caught_up, 5000U);
    EXPECT_EQ(fetched, 0U) << "history is no hole";
    for (int i = 0; i < 100; ++i) notifier.append_and_publish();
    notifier.heartbeat();
    ASSERT_TRUE(wait_for(5100));
    EXPECT_TRUE(epochs.empty());
}

TEST_F(BusTest, records_that_the_bus_dropped_are_fetched) {
    follow_live();
    for (int i = 0; i < 500; ++i) {
        notifier.append();
        if (i % 3 != 0) notifier.publish_newest();
    }
    notifier.heartbeat();
    ASSERT_TRUE(wait_for(500));
    EXPECT_GE(fetched, 166U);
}

TEST_F(BusTest, a_lost_tail_is_revealed_by_the_heartbeat) {
    follow_live();
    for (int i = 0; i < 10; ++i) notifier.append();
    notifier.heartbeat();
    ASSERT_TRUE(wait_for(10));
}

TEST_F(BusTest, a_flood_above_the_high_water_marks_is_complete) {
    follow_live();
    // Published in one turn: neither the socket's queues nor the kernel's hold that many.
    constexpr std::uint64_t flood = 100'000;
    for (std::uint64_t i = 0; i < flood; ++i) notifier.append_and_publish();
    const TimerId beat = loop.get().every(10ms, [&] { notifier.heartbeat(); });
    ASSERT_TRUE(wait_for(flood));
    EXPECT_EQ(received.size(), flood);
    EXPECT_GT(fetched, 0U);
    EXPECT_GT(notifier.drops(), 0U);
    loop.get().cancel(beat);
}

TEST_F(BusTest, nothing_counts_as_dropped_while_readers_keep_up) {
    follow_live();
    for (std::uint64_t i = 1; i <= 20; ++i) {
        for (int n = 0; n < 1000; ++n) notifier.append_and_publish();
        ASSERT_TRUE(wait_for(i * 1000));
    }
    EXPECT_EQ(notifier.drops(), 0U);
}

TEST_F(BusTest, the_notifiers_restart_is_survived) {
    follow_live();
    notifier.append_and_publish();
    notifier.heartbeat();
    ASSERT_TRUE(wait_for(1));
    notifier.stop();
    notifier.append();
    ASSERT_TRUE(loop.run_until([&] { return !journal->is_connected(); }));
    notifier.start();
    notifier.append();
    const TimerId beat = loop.get().every(10ms, [&] { notifier.heartbeat(); });
    ASSERT_TRUE(wait_for(3));
    EXPECT_EQ(epochs.size(), 1U);
    loop.get().cancel(beat);
}

TEST_F(BusTest, a_replaced_journal_is_told_and_read_from_its_beginning) {
    for (int i = 0; i < 10; ++i) notifier.append();
    follow({.epoch = "e", .from_sequence = 1});
    ASSERT_TRUE(wait_for(10));
    notifier.stop();
    notifier.replace_journal();
    ASSERT_TRUE(loop.run_until([&] { return !journal->is_connected(); }));
    notifier.start();
    for (int i = 0; i < 3; ++i) notifier.append();
    const TimerId beat = loop.get().every(10ms, [&] { notifier.heartbeat(); });
    ASSERT_TRUE(wait_for(3));
    EXPECT_EQ(epochs, (std::vector<std::string>{"e'"}));
    EXPECT_EQ(received, (std::vector<std::uint64_t>{1, 2, 3}));
    loop.get().cancel(beat);
}

TEST_F(BusTest, what_is_not_kept_any_more_is_told) {
    for (int i = 0; i < 100; ++i) notifier.append();
    notifier.forget(60);
    follow({.epoch = "e", .from_sequence = 1});
    ASSERT_TRUE(wait_for(100));
    ASSERT_EQ(truncated.size(), 1U);
    EXPECT_EQ(truncated[0], (std::pair<std::uint64_t, std::uint64_t>(1, 60)));
    EXPECT_EQ(received.front(), 61U);
}

TEST_F(BusTest, a_silent_bus_does_not_stop_the_reader) {
    follow_live();
    notifier.append();
    // Neither record nor heartbeat: the reader asks by itself.
    ASSERT_TRUE(wait_for(1));
}

TEST_F(BusTest, a_journal_that_is_unavailable_is_asked_again) {
    notifier.refusal = {.code = ErrorCode::unavailable, .message = "starting"};
    loop.get().after(50ms, [&] { notifier.refusal.reset(); });
    notifier.append();
    follow({.epoch = "e", .from_sequence = 1});
    ASSERT_TRUE(wait_for(1));
    EXPECT_FALSE(failed);
}

TEST_F(BusTest, a_final_refusal_is_told) {
    notifier.refusal = {.code = ErrorCode::permission_denied, .message = "no"};
    follow({.epoch = "e", .from_sequence = 1});
    ASSERT_TRUE(loop.run_until([&] { return failed.has_value(); }));
    EXPECT_EQ(failed->code, ErrorCode::permission_denied);
}

TEST_F(BusTest, a_reader_may_be_ended_by_its_own_event) {
    for (int i = 0; i < 100; ++i) notifier.append();
    journal = RequestClient::connect(loop.get(), folder.ipc("journal"));
    int seen = 0;
    reader = BusReader::follow(loop.get(), folder.ipc("bus"), *journal,
                               {.epoch = "e", .from_sequence = 1},
                               {.on_record = [&](const schema::JournalRecord&) {
                                   if (++seen == 3) reader.reset();
                               }});
    ASSERT_TRUE(loop.run_until([&] { return reader == nullptr; }));
    EXPECT_EQ(seen, 3);
}

TEST_F(BusTest, a_topic_above_the_limit_is_cut) {
    auto publisher = std::move(*BusPublisher::bind(loop.get(), {folder.ipc("other")}));
    journal = RequestClient::connect(loop.get(), folder.ipc("journal"));
    std::string topic;
    reader = BusReader::follow(loop.get(), folder.ipc("other"), *journal, {},
                               {.on_record = [&](const auto& record) { topic = record.topic; }});
    // Repeated until the subscription is there.
    loop.get().every(1ms, [&] {
        publisher->publish(std::string(300, 'x'), {.epoch = "e", .sequence = 1, .type = "t"}, "1");
    });
    ASSERT_TRUE(loop.run_until([&] { return !topic.empty(); }));
    EXPECT_EQ(topic.size(), schema::bus_topic_bytes_max);
}

}  // namespace
}  // namespace onput::transport
