#include "services/queue/messages/sweeper.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

using namespace std::chrono_literals;

void send_many(Station& station, const std::string& queue, int count) {
    schema::SendMessages request{.name = queue};
    for (int i = 0; i < count; ++i) request.entries.emplace_back().body = "x";
    ASSERT_TRUE(station.ask(request));
}

TEST(Sweeper, the_rows_of_a_deleted_queue_go_a_portion_at_a_time) {
    Station station;
    station.create_queue("q");
    send_many(station, "q", 2'500);
    ASSERT_EQ(station.receive("q", 10).size(), 10U);
    station.ask(schema::DeleteQueue{.name = "q"});
    EXPECT_GT(station.store().row_count("queue"), 2'500U);
    station.pass(1ms);
    EXPECT_EQ(station.store().row_count("queue"), 2U);  // The counters, the age clock.
}

TEST(Sweeper, it_goes_on_after_a_restart) {
    Station station;
    station.create_queue("q");
    station.create_queue("other");
    send_many(station, "q", 10);
    send_many(station, "other", 10);
    ASSERT_EQ(station.receive("q", 3).size(), 3U);
    station.ask(schema::DeleteQueue{.name = "q"});
    station.restart();
    station.pass(1ms);
    EXPECT_EQ(station.store().row_count("queue"), 13U);  // Counters, age, queue, ten messages.
    EXPECT_EQ(station.receive("other", 10).size(), 10U);
}

TEST(Sweeper, a_purge_spares_what_was_sent_after_it) {
    Station station;
    station.create_queue("q");
    send_many(station, "q", 10);
    station.ask(schema::PurgeQueue{.name = "q"});
    send_many(station, "q", 5);
    station.pass(1ms);
    EXPECT_EQ(station.store().row_count("queue"), 8U);  // Counters, age, queue, five messages.
    station.restart();
    station.pass(1ms);
    EXPECT_EQ(station.receive("q", 10).size(), 5U);
}

}  // namespace
}  // namespace onput::queue
