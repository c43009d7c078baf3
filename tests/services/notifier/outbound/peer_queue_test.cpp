#include "services/notifier/outbound/peer_queue.hpp"

#include <gtest/gtest.h>

namespace onput::notifier {
namespace {

using Queue = PeerQueue<std::string>;

std::string opened(Queue& queue) {
    std::string all;
    while (const auto item = queue.next()) all += *item + ' ';
    return all;
}

TEST(PeerQueue, peers_take_turns) {
    Queue queue({.open_max = 100, .per_peer_max = 100});
    for (const char* item : {"a1", "a2", "a3", "b1", "c1", "c2"}) {
        queue.add(std::string(1, item[0]), item);
    }
    EXPECT_EQ(opened(queue), "a1 b1 c1 a2 c2 a3 ");
}

TEST(PeerQueue, one_peer_has_its_share_open_and_others_pass_it) {
    Queue queue({.open_max = 100, .per_peer_max = 2});
    for (const char* item : {"a1", "a2", "a3", "a4"}) queue.add("a", item);
    EXPECT_EQ(opened(queue), "a1 a2 ");
    queue.add("b", "b1");
    EXPECT_EQ(opened(queue), "b1 ");
    queue.finish("a");
    EXPECT_EQ(opened(queue), "a3 ");
    queue.finish("a");
    queue.finish("a");
    EXPECT_EQ(opened(queue), "a4 ");
}

TEST(PeerQueue, no_more_than_all_together_are_open) {
    Queue queue({.open_max = 3, .per_peer_max = 2});
    for (const char* item : {"a1", "a2", "b1", "b2"}) queue.add(std::string(1, item[0]), item);
    EXPECT_EQ(opened(queue), "a1 b1 a2 ");
    EXPECT_EQ(queue.open(), 3U);
    queue.finish("a");
    EXPECT_EQ(opened(queue), "b2 ");
    queue.finish("a");
    queue.finish("b");
    queue.finish("b");
    EXPECT_EQ(queue.open(), 0U);
    queue.add("a", "a9");
    EXPECT_EQ(opened(queue), "a9 ");
}

}  // namespace
}  // namespace onput::notifier
