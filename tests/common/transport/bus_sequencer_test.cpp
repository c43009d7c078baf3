#include "common/transport/bus_sequencer.hpp"

#include <gtest/gtest.h>

namespace onput::transport {
namespace {

schema::JournalRecord record(std::uint64_t sequence) {
    return {.sequence = sequence, .type = "t", .topic = "t", .body = "b"};
}
schema::JournalPosition position(std::uint64_t first, std::uint64_t head, std::string epoch = "e") {
    return {.epoch = std::move(epoch),
            .first_sequence = first,
            .head_sequence = head,
            .sequence = head + 1};
}

// Speaks the steps as words: "3 4 fetched(5-6) 5 6 caught_up(6)".
std::string words(const std::vector<BusSequencer::Step>& steps) {
    std::string text;
    for (const auto& step : steps) {
        if (!text.empty()) text += ' ';
        if (const auto* one = std::get_if<schema::JournalRecord>(&step)) {
            text += std::to_string(one->sequence);
        } else if (const auto* fetched = std::get_if<BusSequencer::Fetched>(&step)) {
            text += "fetched(" + std::to_string(fetched->from) + "-" + std::to_string(fetched->to) +
                    ")";
        } else if (const auto* truncated = std::get_if<BusSequencer::Truncated>(&step)) {
            text += "truncated(" + std::to_string(truncated->from) + "-" +
                    std::to_string(truncated->to) + ")";
        } else if (const auto* epoch = std::get_if<BusSequencer::NewEpoch>(&step)) {
            text += "epoch(" + epoch->epoch + ")";
        } else if (const auto* caught_up = std::get_if<BusSequencer::CaughtUp>(&step)) {
            text += "caught_up(" + std::to_string(caught_up->head_sequence) + ")";
        }
    }
    return text;
}

class BusSequencerTest : public testing::Test {
protected:
    void begin(BusReader::Start start, const schema::JournalPosition& at,
               BusSequencer::Limits limits = {}) {
        sequencer.emplace(std::move(start), limits);
        expect_find();
        sequencer->on_position(at, steps);
    }
    // Follows "e" from after sequence 10.
    void begin_live(BusSequencer::Limits limits = {}) {
        begin({.epoch = "e", .from_sequence = 0}, position(1, 10), limits);
        EXPECT_EQ(told(), "caught_up(10)");
    }
    void live(std::uint64_t sequence, const std::string& epoch = "e") {
        sequencer->on_live(epoch, record(sequence), steps);
    }
    void heartbeat(std::uint64_t head, std::string epoch = "e") {
        sequencer->on_heartbeat({.epoch = std::move(epoch), .sequence = head});
    }
    void expect_find() {
        const auto request = sequencer->next_request();
        ASSERT_TRUE(request);
        EXPECT_TRUE(std::holds_alternative<schema::FindJournal>(*request));
    }
    void expect_fetch(std::uint64_t from, std::uint32_t count) {
        const auto request = sequencer->next_request();
        ASSERT_TRUE(request);
        const auto* fetch = std::get_if<schema::FetchJournal>(&*request);
        ASSERT_NE(fetch, nullptr);
        EXPECT_EQ(fetch->from_sequence, from);
        EXPECT_EQ(fetch->records_max, count);
        EXPECT_EQ(fetch->epoch, "e");
    }
    void expect_no_request() { EXPECT_FALSE(sequencer->next_request()); }
    Result<void> page(std::uint64_t from, std::uint32_t count, std::uint64_t head,
                      std::uint64_t first = 1) {
        std::vector<schema::JournalRecord> records;
        for (std::uint32_t i = 0; i < count; ++i) records.push_back(record(from + i));
        return sequencer->on_page(
            {.epoch = "e", .first_sequence = first, .head_sequence = head, .records = count},
            std::move(records), steps);
    }
    std::string told() {
        auto text = words(steps);
        steps.clear();
        return text;
    }

    std::optional<BusSequencer> sequencer;
    std::vector<BusSequencer::Step> steps;
};

TEST_F(BusSequencerTest, begins_after_the_head_and_hands_on_what_follows) {
    begin_live();
    live(11);
    live(12);
    EXPECT_EQ(told(), "11 12");
    expect_no_request();
}

TEST_F(BusSequencerTest, an_empty_journal_is_caught_up_at_once) {
    begin({}, position(0, 0));
    EXPECT_EQ(told(), "epoch(e) caught_up(0)");
    live(1);
    EXPECT_EQ(told(), "1");
}

TEST_F(BusSequencerTest, history_is_fetched_in_pages_and_not_told_as_a_hole) {
    begin({.epoch = "e", .from_sequence = 1}, position(1, 2500));
    EXPECT_EQ(told(), "");
    expect_fetch(1, schema::journal_page_max);
    expect_no_request();
    ASSERT_TRUE(page(1, 2000, 2500));
    steps.clear();
    expect_fetch(2001, 500);
    ASSERT_TRUE(page(2001, 500, 2500));
    EXPECT_TRUE(told().ends_with("2499 2500 caught_up(2500)"));
    expect_no_request();
}

TEST_F(BusSequencerTest, a_duplicate_is_dropped) {
    begin_live();
    live(11);
    live(11);
    live(9);
    EXPECT_EQ(told(), "11");
}

TEST_F(BusSequencerTest, a_hole_is_fetched_and_what_came_behind_it_follows) {
    begin_live();
    live(11);
    live(14);
    live(15);
    EXPECT_EQ(told(), "11");
    expect_fetch(12, 2);
    ASSERT_TRUE(page(12, 2, 15));
    EXPECT_EQ(told(), "fetched(12-13) 12 13 14 15");
    expect_no_request();
}

TEST_F(BusSequencerTest, two_holes_are_fetched_one_after_the_other) {
    begin_live();
    live(12);
    live(14);
    expect_fetch(11, 1);
    expect_no_request();
    ASSERT_TRUE(page(11, 1, 14));
    expect_fetch(13, 1);
    ASSERT_TRUE(page(13, 1, 14));
    EXPECT_EQ(told(), "fetched(11-11) 11 12 fetched(13-13) 13 14");
}

TEST_F(BusSequencerTest, a_heartbeat_reveals_a_lost_tail) {
    begin_live();
    heartbeat(13);
    expect_fetch(11, 3);
    ASSERT_TRUE(page(11, 3, 13));
    EXPECT_EQ(told(), "fetched(11-13) 11 12 13");
    heartbeat(13);
    expect_no_request();
}

TEST_F(BusSequencerTest, an_old_heartbeat_changes_nothing) {
    begin_live();
    live(11);
    heartbeat(3);
    expect_no_request();
}

TEST_F(BusSequencerTest, records_that_come_before_the_position_are_not_lost) {
    sequencer.emplace(BusReader::Start{.epoch = "e", .from_sequence = 0});
    live(11);
    live(12);
    expect_find();
    sequencer->on_position(position(1, 10), steps);
    EXPECT_EQ(told(), "11 12 caught_up(10)");
}

TEST_F(BusSequencerTest, records_of_an_old_journal_that_come_before_the_position_are_dropped) {
    sequencer.emplace(BusReader::Start{.epoch = "e", .from_sequence = 0});
    live(11, "old");
    expect_find();
    sequencer->on_position(position(1, 10), steps);
    live(11);
    EXPECT_EQ(told(), "caught_up(10) 11");
}

TEST_F(BusSequencerTest, a_start_below_what_is_kept_is_told_as_truncated) {
    begin({.epoch = "e", .from_sequence = 3}, position(8, 10));
    EXPECT_EQ(told(), "truncated(3-7)");
    expect_fetch(8, 3);
}

TEST_F(BusSequencerTest, a_journal_without_any_record_left_is_told_as_truncated) {
    begin({.epoch = "e", .from_sequence = 3}, position(11, 10));
    EXPECT_EQ(told(), "truncated(3-10) caught_up(10)");
    expect_no_request();
}

TEST_F(BusSequencerTest, a_hole_that_is_not_kept_any_more_is_told_as_truncated) {
    begin_live();
    live(15);
    expect_fetch(11, 4);
    sequencer->on_refused(
        {.code = ErrorCode::not_found, .reason = "truncated", .details = {{"FirstSequence", "14"}}},
        steps);
    EXPECT_EQ(told(), "truncated(11-13)");
    expect_fetch(14, 1);
    ASSERT_TRUE(page(14, 1, 15));
    EXPECT_EQ(told(), "fetched(14-14) 14 15");
}

TEST_F(BusSequencerTest, truncation_beyond_what_is_kept_here_hands_on_the_rest) {
    begin_live();
    live(13);
    expect_fetch(11, 2);
    sequencer->on_refused(
        {.code = ErrorCode::not_found, .reason = "truncated", .details = {{"FirstSequence", "13"}}},
        steps);
    EXPECT_EQ(told(), "truncated(11-12) 13");
}

TEST_F(BusSequencerTest, truncation_without_a_number_asks_for_the_position) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    sequencer->on_refused({.code = ErrorCode::not_found, .reason = "truncated"}, steps);
    expect_find();
    sequencer->on_position(position(12, 12), steps);
    EXPECT_EQ(told(), "truncated(11-11)");
    expect_fetch(12, 1);
}

TEST_F(BusSequencerTest, a_refused_fetch_is_asked_again) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    sequencer->on_refused({.code = ErrorCode::unavailable}, steps);
    expect_fetch(11, 2);
}

TEST_F(BusSequencerTest, a_new_epoch_is_read_from_its_oldest_record) {
    begin_live();
    live(1, "f");
    EXPECT_EQ(told(), "");
    expect_find();
    sequencer->on_position(position(1, 2, "f"), steps);
    EXPECT_EQ(told(), "epoch(f)");
    const auto request = sequencer->next_request();
    ASSERT_TRUE(request);
    EXPECT_EQ(std::get<schema::FetchJournal>(*request).epoch, "f");
    EXPECT_EQ(std::get<schema::FetchJournal>(*request).from_sequence, 1U);
}

TEST_F(BusSequencerTest, a_heartbeat_of_a_new_epoch_is_enough) {
    begin_live();
    heartbeat(0, "f");
    expect_find();
    sequencer->on_position(position(1, 0, "f"), steps);
    live(1, "f");
    EXPECT_EQ(told(), "epoch(f) 1");
}

TEST_F(BusSequencerTest, a_start_in_an_epoch_that_is_gone_reads_the_new_one_whole) {
    begin({.epoch = "old", .from_sequence = 500}, position(1, 2));
    EXPECT_EQ(told(), "epoch(e)");
    expect_fetch(1, 2);
}

TEST_F(BusSequencerTest, a_page_of_another_epoch_asks_for_the_position) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    schema::JournalPage other;
    other.epoch = "f";
    ASSERT_TRUE(sequencer->on_page(other, {}, steps));
    expect_find();
}

TEST_F(BusSequencerTest, live_records_that_fill_the_hole_meanwhile_are_not_handed_on_twice) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    live(11);
    live(12);
    live(13);
    ASSERT_TRUE(page(11, 2, 13));
    EXPECT_EQ(told(), "11 12 13");
}

TEST_F(BusSequencerTest, a_short_page_is_continued) {
    begin_live();
    heartbeat(14);
    expect_fetch(11, 4);
    ASSERT_TRUE(page(11, 1, 14));
    expect_fetch(12, 3);
}

TEST_F(BusSequencerTest, a_page_out_of_sequence_is_corruption_and_asked_again) {
    begin_live();
    heartbeat(14);
    expect_fetch(11, 4);
    EXPECT_EQ(page(12, 2, 14).error().code, ErrorCode::corruption);
    EXPECT_EQ(told(), "");
    expect_fetch(11, 4);
}

TEST_F(BusSequencerTest, a_page_with_more_than_was_asked_for_is_corruption) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    EXPECT_EQ(page(11, 3, 14).error().code, ErrorCode::corruption);
}

TEST_F(BusSequencerTest, an_empty_page_below_the_known_head_is_unavailable) {
    begin_live();
    heartbeat(12);
    expect_fetch(11, 2);
    EXPECT_EQ(page(11, 0, 10).error().code, ErrorCode::unavailable);
    expect_fetch(11, 2);
}

TEST_F(BusSequencerTest, kept_records_above_the_limit_come_again_by_fetch) {
    begin_live({.kept_records_max = 2, .kept_bytes_max = 1'000'000});
    live(12);
    live(13);
    live(14);
    live(15);
    EXPECT_EQ(sequencer->kept_records(), 2U);
    expect_fetch(11, 1);
    ASSERT_TRUE(page(11, 1, 15));
    EXPECT_EQ(told(), "fetched(11-11) 11 12 13");
    expect_fetch(14, 2);
}

TEST_F(BusSequencerTest, kept_bytes_are_bounded) {
    begin_live({.kept_records_max = 100, .kept_bytes_max = 1});
    live(12);
    EXPECT_EQ(sequencer->kept_records(), 0U);
    expect_fetch(11, 2);
}

TEST_F(BusSequencerTest, silence_asks_the_journal_which_tells_of_a_new_head) {
    begin_live();
    sequencer->on_silence();
    expect_find();
    sequencer->on_position(position(1, 11), steps);
    expect_fetch(11, 1);
}

}  // namespace
}  // namespace onput::transport
