// A core on rows of which each in turn cannot be read, and on what a repair leaves of them.
#include <set>

#include <gtest/gtest.h>

#include "services/queue/messages/records.hpp"
#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

class DamageTest : public testing::Test {
protected:
    DamageTest() {
        station.create_queue("q");
        station.create_queue("other");
        schema::FunctionInfo function;
        function.name = "speak";
        function.worker = "tts";
        station.put_function(function);
        for (int i = 0; i < 5; ++i) station.send("q", "message " + std::to_string(i));
        station.receive("q", 2);
        station.invoke("speak", 1, "job");
        sound = station.store();
    }

    // One life of the process on `sound` without the row, which may still be in the way.
    template <typename Look>
    void live(const std::string& row, Look look) {
        for (const bool is_repaired : {false, true}) {
            SCOPED_TRACE(row + (is_repaired ? ", repaired" : ", damaged"));
            station.store() = sound;
            station.store().damage(partition, row);
            if (is_repaired) station.store().repair();
            station.restart();
            look();
        }
    }

    std::set<std::string> receive_all() {
        std::set<std::string> bodies;
        station.pass(60s);
        for (const auto& one : station.receive("q", 10)) bodies.insert(one.body);
        return bodies;
    }

    Station station;
    support::MemoryStore sound;
};

TEST_F(DamageTest, starts_whatever_row_is_damaged_and_serves_the_others) {
    for (const auto& row : sound.keys(partition)) {
        live(row, [&] {
            if (row == queue_key(test_account, "q")) station.create_queue("q");
            station.send("q", "new");
            const auto bodies = receive_all();
            EXPECT_TRUE(bodies.contains("new"));
            if (row != queue_key(test_account, "q")) {
                EXPECT_GE(bodies.size(), 5U);
            }
            station.restart();
        });
    }
}

TEST_F(DamageTest, messages_of_a_queue_whose_row_is_damaged_stay) {
    const std::size_t rows = sound.row_count(partition);
    live(queue_key(test_account, "q"), [&] {
        station.pass(120s);
        EXPECT_GE(station.store().row_count(partition) + 1, rows);
    });
}

TEST_F(DamageTest, numbers_are_not_given_again_without_the_row_of_counters) {
    live(counters_key(), [&] {
        station.create_queue("third");
        station.send("q", "new");
        EXPECT_EQ(receive_all().size(), 6U);
    });
}

}  // namespace
}  // namespace onput::queue
