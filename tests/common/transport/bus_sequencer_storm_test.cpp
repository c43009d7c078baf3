// Random storms from a seed: a journal that grows, forgets its oldest records and is replaced; a
// bus that drops, repeats and delays; requests that fail. Promises:
//   1. Within an epoch every sequence from the start on is handed on or told as truncated: once, in
//      order.
//   2. What is handed on is what the journal holds.
//   3. When the storm is over and heartbeats come, everything up to the head has been told.
#include <deque>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/transport/bus_sequencer.hpp"

namespace onput::transport {
namespace {

class Storm {
public:
    explicit Storm(std::uint64_t seed)
        : random_(seed),
          sequencer_({.epoch = epoch(), .from_sequence = 1},
                     {.kept_records_max = 1 + random_.below(50), .kept_bytes_max = 1 << 20}) {}

    void run() {
        for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) act();
        calm();
    }

private:
    [[nodiscard]] std::string epoch() const { return "e" + std::to_string(life_); }
    [[nodiscard]] std::uint64_t head() const { return first_ + records_ - 1; }
    [[nodiscard]] schema::JournalRecord record(std::uint64_t sequence) const {
        return {.sequence = sequence, .body = epoch() + "/" + std::to_string(sequence)};
    }

    void act() {
        switch (random_.below(12)) {
            case 0:
            case 1:
            case 2:
            case 3: return append();
            case 4:
            case 5: return deliver();
            case 6: return heartbeat();
            case 7: return ask();
            case 8:
            case 9: return answer();
            case 10: return forget();
            default:
                if (random_.chance(1, 60)) replace();
        }
    }

    void append() {
        for (std::uint64_t left = random_.below(8); left > 0; --left) {
            ++records_;
            if (random_.chance(3, 4)) bus_.emplace_back(epoch(), record(head()));
            if (random_.chance(1, 20) && !bus_.empty()) bus_.push_back(bus_.back());
        }
    }
    void deliver() {
        for (std::uint64_t left = random_.below(12); left > 0 && !bus_.empty(); --left) {
            // Mostly in order; a reconnection may bring an old one late.
            const std::size_t at = random_.chance(1, 30) ? random_.below(bus_.size()) : 0;
            auto message = bus_[at];
            bus_.erase(bus_.begin() + static_cast<std::ptrdiff_t>(at));
            std::vector<BusSequencer::Step> steps;
            sequencer_.on_live(message.first, std::move(message.second), steps);
            check(steps);
        }
    }
    void heartbeat() { sequencer_.on_heartbeat({.epoch = epoch(), .sequence = head()}); }
    void ask() {
        if (!open_) open_ = sequencer_.next_request();
        EXPECT_FALSE(sequencer_.next_request()) << "two requests are open";
    }
    void answer() {
        if (!open_) return;
        const auto request = *std::exchange(open_, std::nullopt);
        std::vector<BusSequencer::Step> steps;
        if (random_.chance(1, 8)) {
            sequencer_.on_refused({.code = ErrorCode::unavailable}, steps);
        } else if (const auto* fetch = std::get_if<schema::FetchJournal>(&request)) {
            answer(*fetch, steps);
        } else {
            sequencer_.on_position({.epoch = epoch(),
                                    .first_sequence = first_,
                                    .head_sequence = head(),
                                    .sequence = head() + 1},
                                   steps);
        }
        check(steps);
    }
    void answer(const schema::FetchJournal& fetch, std::vector<BusSequencer::Step>& steps) {
        const auto refuse = [&](std::string reason) {
            sequencer_.on_refused({.code = ErrorCode::not_found,
                                   .reason = std::move(reason),
                                   .details = {{"FirstSequence", std::to_string(first_)}}},
                                  steps);
        };
        if (fetch.epoch != epoch()) return refuse("wrong_epoch");
        if (fetch.from_sequence < first_) return refuse("truncated");
        std::vector<schema::JournalRecord> records;
        const std::uint64_t count = 1 + random_.below(fetch.records_max);
        for (std::uint64_t i = 0; i < count && fetch.from_sequence + i <= head(); ++i) {
            records.push_back(record(fetch.from_sequence + i));
        }
        const schema::JournalPage page{.epoch = epoch(),
                                       .first_sequence = first_,
                                       .head_sequence = head(),
                                       .records = static_cast<std::uint32_t>(records.size())};
        EXPECT_TRUE(sequencer_.on_page(page, std::move(records), steps));
    }
    void forget() {
        if (!random_.chance(1, 10)) return;
        const std::uint64_t gone = random_.below(records_ + 1);
        first_ += gone;
        records_ -= gone;
    }
    void replace() {
        ++life_;
        first_ = 1;
        records_ = 0;
        if (random_.chance(1, 2)) bus_.clear();
    }

    void check(const std::vector<BusSequencer::Step>& steps) {
        for (const auto& step : steps) {
            if (const auto* told = std::get_if<BusSequencer::NewEpoch>(&step)) {
                told_epoch_ = told->epoch;
                // Records that the new journal forgot before it was seen are not told.
                next_ = first_;
            } else if (const auto* one = std::get_if<schema::JournalRecord>(&step)) {
                EXPECT_EQ(one->sequence, next_);
                EXPECT_EQ(one->body, told_epoch_ + "/" + std::to_string(one->sequence));
                ++next_;
            } else if (const auto* gone = std::get_if<BusSequencer::Truncated>(&step)) {
                EXPECT_EQ(gone->from, next_);
                EXPECT_GE(gone->to, gone->from);
                next_ = gone->to + 1;
            }
        }
    }
    // Nothing is lost or refused any more.
    void calm() {
        random_ = Random(1);
        for (int i = 0; i < 20'000; ++i) {
            deliver();
            heartbeat();
            ask();
            answer();
            if (told_epoch_ == epoch() && next_ > head() && bus_.empty()) return;
        }
        ADD_FAILURE() << "stuck at " << next_ << " of " << head() << " in " << told_epoch_;
    }

    Random random_;
    int life_ = 1;
    std::uint64_t first_ = 1;
    std::uint64_t records_ = 0;
    std::deque<std::pair<std::string, schema::JournalRecord>> bus_;
    std::optional<BusSequencer::Request> open_;
    BusSequencer sequencer_;
    std::string told_epoch_ = "e1";
    std::uint64_t next_ = 1;
};

TEST(BusSequencerStorm, nothing_is_lost_repeated_or_reordered) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Storm(seed).run();
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace onput::transport
