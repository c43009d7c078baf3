#include "services/function/log_buffer.hpp"

#include <gtest/gtest.h>

namespace onput::function {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LogBufferTest : public testing::Test {
protected:
    void write(std::string_view bytes) { buffer.write(target, bytes, now); }
    // The messages of the next batch, each in brackets.
    std::string take() {
        const auto batch = buffer.take();
        std::string all;
        if (!batch) return all;
        for (const auto& event : batch->put.events) all += "[" + event.message + "]";
        return all;
    }
    std::string take_done() {
        std::string all = take();
        buffer.done();
        return all;
    }

    const LogTarget target{.account = "1", .group = "/aws/lambda/f", .stream = "s"};
    const LogTarget other{.account = "1", .group = "/aws/lambda/g", .stream = "t"};
    Timestamp now = from_seconds(1'800'000'000);
    LogBuffer buffer;
};

TEST_F(LogBufferTest, a_line_is_an_event_once_its_end_has_come) {
    write("a\nb");
    EXPECT_EQ(take_done(), "[a\n]");
    write("c\n");
    EXPECT_EQ(take_done(), "[bc\n]");
    write("d");
    buffer.end_line(target, now);
    EXPECT_EQ(take_done(), "[d]");
    EXPECT_TRUE(buffer.is_empty());
    EXPECT_EQ(buffer.bytes(), 0U);
}

TEST_F(LogBufferTest, the_lines_of_one_record_are_one_event) {
    write("[ERROR] x\rTraceback\r  File\n");
    EXPECT_EQ(take(), "[[ERROR] x\nTraceback\n  File\n]");
}

TEST_F(LogBufferTest, an_empty_line_is_no_event) {
    write("\n\na\n");
    EXPECT_EQ(take(), "[a\n]");
}

TEST_F(LogBufferTest, bytes_that_are_no_text_are_replaced) {
    write("a\xff\xfe z\n");
    EXPECT_EQ(take(), "[a\xef\xbf\xbd\xef\xbf\xbd z\n]");
}

TEST_F(LogBufferTest, a_line_that_is_too_long_becomes_several_events_between_characters) {
    std::string line(log_event_bytes_max - 1, 'a');
    line += "ö";
    write(line + "z\n");
    const auto batch = buffer.take();
    ASSERT_EQ(batch->put.events.size(), 2U);
    EXPECT_EQ(batch->put.events[0].message.size(), log_event_bytes_max - 1);
    EXPECT_EQ(batch->put.events[1].message, "öz\n");
}

TEST_F(LogBufferTest, one_batch_is_under_way_and_comes_back_as_it_was) {
    write("a\n");
    EXPECT_EQ(take(), "[a\n]");
    write("b\n");
    EXPECT_EQ(take(), "");
    buffer.back();
    EXPECT_EQ(take_done(), "[a\n][b\n]");
}

TEST_F(LogBufferTest, a_batch_is_of_one_stream) {
    write("a\n");
    buffer.write(other, "b\n", now);
    write("c\n");
    const auto batch = buffer.take();
    EXPECT_EQ(batch->put.group, "/aws/lambda/f");
    EXPECT_EQ(batch->put.stream, "s");
    EXPECT_EQ(batch->account, "1");
    EXPECT_TRUE(batch->put.creates);
    EXPECT_EQ(batch->put.events.size(), 2U);
    buffer.done();
    EXPECT_EQ(take_done(), "[b\n]");
    EXPECT_TRUE(buffer.is_empty());
}

TEST_F(LogBufferTest, a_batch_is_within_what_logs_takes) {
    const std::string line(200'000, 'a');
    for (int i = 0; i < 12; ++i) write(line + "\n");
    std::size_t events = 0;
    while (auto batch = buffer.take()) {
        std::size_t bytes = 0;
        for (const auto& event : batch->put.events)
            bytes += event.message.size() + schema::log_event_bytes_more;
        EXPECT_LE(bytes, schema::log_put_bytes_max);
        events += batch->put.events.size();
        buffer.done();
    }
    EXPECT_EQ(events, 12U);
}

TEST_F(LogBufferTest, events_stay_in_order_when_the_clock_is_set_back) {
    write("a\n");
    now -= seconds(60);
    write("b\n");
    const auto batch = buffer.take();
    EXPECT_EQ(batch->put.events[0].time, batch->put.events[1].time);
}

TEST_F(LogBufferTest, what_does_not_fit_is_dropped_and_said) {
    buffer = LogBuffer(100);
    write(std::string(60, 'a') + "\n");
    write(std::string(60, 'b') + "\n");
    write("c\n");
    EXPECT_EQ(buffer.dropped_bytes(), 87U + 28U);
    EXPECT_EQ(take_done(), "[" + std::string(60, 'a') + "\n]");
    write("d\n");
    const std::string after = take_done();
    EXPECT_TRUE(after.starts_with("[[onput] 115 bytes of the log are missing here")) << after;
    EXPECT_TRUE(after.ends_with("[d\n]")) << after;
}

}  // namespace
}  // namespace onput::function
