// Whole jobs and parts of split ones at the same workers: who gets the next place.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/queue/lanes/lanes.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t book_bytes = 100'000'000;
constexpr std::uint64_t page_bytes = 100'000;  // Large, and whole.
constexpr std::uint64_t note_bytes = 100;      // Small.

class TurnsTest : public testing::Test {
protected:
    // A worker that remembers what it holds, by the kind and key of the job: "book 1 part 3".
    struct Hand {
        TestWorker worker;
        std::map<std::string, std::uint64_t> held = {};
    };

    void SetUp() override {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        station.put_function(function);
    }
    Hand hand(const std::string& id, std::uint32_t places) {
        Hand made{.worker = TestWorker(station, id, places)};
        made.worker.kind = "tts";
        made.worker.hello();
        return made;
    }
    void put(const std::string& key, std::uint64_t bytes) {
        station.invoke("speech", ++last_, fmt::format(R"({{"key":"{}","size":{}}})", key, bytes));
    }
    // What it got since the last look, in order.
    std::vector<std::string> look(Hand& hand) {
        std::vector<std::string> names;
        for (const auto& grant : hand.worker.look()) {
            std::string name = grant.body.substr(8, grant.body.find('"', 8) - 8);
            if (grant.part) name += fmt::format(" part {}", grant.part->number);
            if (grant.join) name += " join";
            hand.held[name] = grant.lease;
            names.push_back(name);
        }
        return names;
    }
    std::uint64_t let_go(Hand& hand, const std::string& name) {
        const std::uint64_t lease = hand.held.at(name);
        hand.held.erase(name);
        return lease;
    }
    void split(Hand& hand, const std::string& name, std::size_t parts) {
        schema::LaneSplit message{.worker_id = hand.worker.id(),
                                  .epoch = hand.worker.epoch,
                                  .lease = let_go(hand, name),
                                  .plan = "plan",
                                  .tasks = std::vector<std::string>(parts, "task")};
        std::erase(hand.worker.held, message.lease);
        station.send(message);
    }
    void ack(Hand& hand, const std::string& name) { hand.worker.ack(let_go(hand, name)); }
    // A book of so many parts that the hand has split.
    void book(Hand& hand, const std::string& key, std::size_t parts) {
        put(key, book_bytes);
        look(hand);
        split(hand, key, parts);
    }
    using Names = std::vector<std::string>;

    Station station;

private:
    std::uint64_t last_ = 0;
};

TEST_F(TurnsTest, a_small_job_behind_a_book_is_handed_out_at_once) {
    Hand only = hand("only", 1);
    book(only, "book", 500);
    EXPECT_EQ(look(only), Names{"book part 1"});
    put("note", note_bytes);
    EXPECT_EQ(look(only), Names{"note"});
}

TEST_F(TurnsTest, so_is_one_behind_parts_whose_text_is_small) {
    Hand only = hand("only", 1);
    put("leaflet", note_bytes);
    look(only);
    split(only, "leaflet", 20);
    EXPECT_EQ(look(only), Names{"leaflet part 1"});
    put("note", note_bytes);
    EXPECT_EQ(look(only), Names{"note"});
}

TEST_F(TurnsTest, a_large_job_behind_a_book_gets_the_next_place) {
    Hand only = hand("only", 1);
    book(only, "book", 500);
    EXPECT_EQ(look(only), Names{"book part 1"});
    put("page", page_bytes);
    EXPECT_EQ(look(only), Names{});
    ack(only, "book part 1");
    EXPECT_EQ(look(only), Names{"page"});
}

TEST_F(TurnsTest, whole_jobs_and_parts_take_turns) {
    Hand only = hand("only", 1);
    book(only, "book", 500);
    look(only);
    for (const char* key : {"a", "b", "c"}) put(key, page_bytes);
    Names order;
    for (std::string now = "book part 1"; order.size() < 6; now = order.back()) {
        ack(only, now);
        const Names next = look(only);
        ASSERT_EQ(next.size(), 1U);
        order.push_back(next[0]);
    }
    EXPECT_EQ(order, (Names{"a", "book part 2", "b", "book part 3", "c", "book part 4"}));
}

TEST_F(TurnsTest, while_whole_jobs_wait_parts_get_half_of_the_places) {
    Hand only = hand("only", 4);
    book(only, "book", 500);
    EXPECT_EQ(look(only).size(), 4U);
    for (int i = 0; i < 20; ++i) put(fmt::format("page {}", i), page_bytes);
    const auto parts_held = [&] {
        return std::ranges::count_if(
            only.held, [](const auto& entry) { return entry.first.contains("part"); });
    };
    // Parts end first, and pages never: what is free is not theirs beyond their share.
    for (int i = 1; i <= 4; ++i) {
        ack(only, fmt::format("book part {}", i));
        look(only);
    }
    EXPECT_LE(parts_held(), 2);
    for (int i = 0; i < 8; ++i) {
        const auto page = std::ranges::find_if(
            only.held, [](const auto& entry) { return entry.first.contains("page"); });
        ASSERT_NE(page, only.held.end());
        ack(only, std::string(page->first));
        look(only);
        EXPECT_LE(parts_held(), 2);
        EXPECT_EQ(only.held.size(), 4U);
    }
    EXPECT_EQ(parts_held(), 2);
}

TEST_F(TurnsTest, while_nothing_else_waits_a_book_has_all_places) {
    Hand only = hand("only", 3);
    book(only, "book", 500);
    EXPECT_EQ(look(only), (Names{"book part 1", "book part 2", "book part 3"}));
    put("note", note_bytes);
    EXPECT_EQ(look(only), Names{"note"});
    ack(only, "note");
    ack(only, "book part 2");
    EXPECT_EQ(look(only), Names{"book part 4"});
}

TEST_F(TurnsTest, two_books_share) {
    Hand only = hand("only", 1);
    book(only, "one", 500);
    look(only);
    put("two", book_bytes);
    ack(only, "one part 1");
    look(only);
    split(only, "two", 500);
    std::map<std::string, int> spoken;
    for (int i = 0; i < 40; ++i) {
        Names next = look(only);
        ASSERT_EQ(next.size(), 1U);
        ++spoken[next[0].substr(0, 3)];
        ack(only, next[0]);
    }
    EXPECT_NEAR(spoken["one"], spoken["two"], 4);
}

TEST_F(TurnsTest, a_join_does_not_wait_for_the_parts_of_another_book) {
    Hand only = hand("only", 1);
    book(only, "one", 500);
    look(only);
    put("two", book_bytes);
    ack(only, "one part 1");
    look(only);
    split(only, "two", 2);
    Names order;
    while (order.empty() || order.back() != "two join") {
        const Names next = look(only);
        ASSERT_FALSE(next.empty());
        order.insert(order.end(), next.begin(), next.end());
        if (next.back() != "two join") ack(only, next.back());
    }
    // Beside the part of the other that has the only place.
    EXPECT_TRUE(only.held.contains("two join"));
    EXPECT_LE(order.size(), 10U);
}

TEST_F(TurnsTest, a_restart_knows_parts_from_whole_jobs) {
    Hand only = hand("only", 1);
    book(only, "book", 500);
    look(only);
    put("page", page_bytes);
    station.restart();
    only.worker.hello();
    put("note", note_bytes);
    EXPECT_EQ(look(only), Names{"note"});
    ack(only, "note");
    ack(only, "book part 1");
    EXPECT_EQ(look(only), Names{"page"});
    ack(only, "page");
    EXPECT_EQ(look(only), Names{"book part 2"});
}

TEST_F(TurnsTest, a_stream_of_whole_jobs_does_not_keep_a_book_from_its_end) {
    Hand only = hand("only", 1);
    book(only, "book", 30);
    look(only);
    int notes = 0;
    int turns = 0;
    put("note 0", note_bytes);
    // There is always another one that waits.
    for (; turns < 200 && !only.held.contains("book join"); ++turns) {
        put(fmt::format("note {}", ++notes), note_bytes);
        look(only);
        ASSERT_FALSE(only.held.empty());
        const auto part = std::ranges::find_if(
            only.held, [](const auto& entry) { return entry.first.contains("part"); });
        ack(only, std::string(part == only.held.end() ? only.held.begin()->first : part->first));
        look(only);
    }
    EXPECT_TRUE(only.held.contains("book join")) << turns;
}

}  // namespace
}  // namespace onput::queue
