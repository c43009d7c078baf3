#include "services/ctl/tail.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

using std::chrono::seconds;

class TailTest : public testing::Test {
protected:
    void begin(TailPlan plan, events::FilterOptions options = {}) {
        Tail::Parts parts{.plan = plan,
                          .filter = *events::RecordFilter::make(std::move(options)),
                          .printer = *TailPrinter::make({.text_template = "{sequence}"}),
                          .before = {.epoch = "abc", .sequence = 0}};
        tail.emplace(std::move(parts),
                     Tail::Outlets{.show = [this](const std::string& line) -> Result<void> {
                                       if (line == refused) {
                                           return onput::fail(ErrorCode::unavailable, "no");
                                       }
                                       shown += line + ' ';
                                       return {};
                                   },
                                   .say = [this](const auto& line) { said += line + '\n'; },
                                   .end = [this] { ++ends; }});
    }

    void take(std::uint64_t sequence, const std::string& bucket = "inbox") {
        schema::ObjectEvent event;
        event.event_name = "ObjectCreated:Put";
        event.bucket = bucket;
        event.key = "a";
        schema::JournalRecord record;
        record.sequence = sequence;
        record.time = start + seconds(static_cast<std::int64_t>(sequence));
        record.type = "s3.ObjectCreated.Put";
        record.body = schema::encode(event);
        tail->take(record);
    }

    Timestamp start = *parse_iso8601("2026-01-31T12:00:00Z");
    std::optional<Tail> tail;
    std::string refused;
    std::string shown;
    std::string said;
    int ends = 0;
};

TEST_F(TailTest, shows_what_fits_and_counts_all_of_it_as_done_with) {
    begin({}, {.bucket = "inbox"});
    take(1);
    take(2, "outbox");
    EXPECT_EQ(shown, "1 ");
    EXPECT_EQ(tail->position().sequence, 2U);
    EXPECT_FALSE(tail->is_done());
}

TEST_F(TailTest, ends_after_so_many_and_the_last_one_is_done_with) {
    begin({.count = 2});
    for (std::uint64_t i = 1; i <= 4; ++i) take(i);
    EXPECT_EQ(shown, "1 2 ");
    EXPECT_EQ(tail->position().sequence, 2U);
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(tail->outcome(), ExitCode::ok);
}

TEST_F(TailTest, of_what_was_there_shows_the_last_ones_and_then_goes_on) {
    begin({.last = 2}, {.bucket = "inbox"});
    for (std::uint64_t i = 1; i <= 4; ++i) take(i);
    take(5, "outbox");
    EXPECT_EQ(shown, "");
    EXPECT_EQ(tail->position().sequence, 0U);
    tail->caught_up(start);
    EXPECT_EQ(shown, "3 4 ");
    EXPECT_EQ(tail->position().sequence, 5U);
    take(6);
    EXPECT_EQ(shown, "3 4 6 ");
}

TEST_F(TailTest, ends_when_it_has_caught_up_if_it_is_not_to_follow) {
    begin({.follow = false});
    take(1);
    tail->caught_up(start);
    EXPECT_TRUE(tail->is_done());
    take(2);
    EXPECT_EQ(shown, "1 ");
}

TEST_F(TailTest, ends_before_what_is_younger_than_until) {
    begin({.until = start + seconds(2)});
    for (std::uint64_t i = 1; i <= 3; ++i) take(i);
    EXPECT_EQ(shown, "1 2 ");
    EXPECT_EQ(tail->position().sequence, 2U);
    EXPECT_TRUE(tail->is_done());
}

TEST_F(TailTest, ends_at_the_end_when_until_is_past) {
    begin({.until = start + seconds(2)});
    take(1);
    tail->caught_up(start + seconds(2));
    EXPECT_TRUE(tail->is_done());
}

TEST_F(TailTest, a_gap_ends_it_when_it_is_told_to) {
    begin({.fail_on_gap = true});
    take(1);
    take(3);
    EXPECT_EQ(shown, "1 ");
    EXPECT_EQ(tail->outcome(), tail_gap_seen);
}

TEST_F(TailTest, what_is_no_longer_kept_is_said_and_decides_the_outcome) {
    begin({.follow = false});
    tail->truncated(1, 4);
    take(5);
    tail->caught_up(start);
    EXPECT_EQ(said, "-- truncated 1..4: no longer kept\n");
    EXPECT_EQ(tail->outcome(), tail_truncation_seen);
}

TEST_F(TailTest, only_holes_of_what_is_new_are_worth_a_word) {
    begin({});
    tail->fetched(1, 4);
    tail->caught_up(start);
    tail->fetched(6, 7);
    EXPECT_EQ(said, "-- gap 6..7 fetched\n");
}

TEST_F(TailTest, one_that_could_not_be_shown_is_not_done_with) {
    refused = "2";
    begin({});
    take(1);
    take(2);
    take(3);
    tail->caught_up(start);
    EXPECT_EQ(shown, "1 ");
    EXPECT_EQ(tail->position().sequence, 1U);
    EXPECT_NE(tail->outcome(), ExitCode::ok);
    EXPECT_EQ(ends, 1);
}

TEST_F(TailTest, a_new_journal_begins_at_its_oldest) {
    begin({});
    take(1);
    tail->begin_epoch("def");
    EXPECT_EQ(said, "-- new journal def\n");
    take(1);
    EXPECT_EQ(shown, "1 1 ");
    EXPECT_EQ(tail->position(), (TailPosition{.epoch = "def", .sequence = 1}));
}

}  // namespace
}  // namespace onput::ctl
