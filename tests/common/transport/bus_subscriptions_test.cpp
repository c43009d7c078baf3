#include "common/transport/bus_subscriptions.hpp"

#include <gtest/gtest.h>

namespace onput::transport {
namespace {

using namespace std::string_literals;

class BusSubscriptionsTest : public testing::Test {
protected:
    static constexpr BusSubscriptionLimits limits{
        .of_reader_max = 3, .bytes_of_reader_max = 30, .all_max = 5, .all_bytes_max = 40};

    std::optional<int> subscribe(int reader, const std::string& prefix) {
        return subscriptions.take(reader, "\1"s + prefix);
    }
    void end(int reader, const std::string& prefix) {
        EXPECT_EQ(subscriptions.take(reader, "\0"s + prefix), std::nullopt);
    }
    void expect_good(int reader, std::initializer_list<std::string> prefixes) {
        for (const auto& prefix : prefixes) EXPECT_EQ(subscribe(reader, prefix), std::nullopt);
    }
    void connect(std::initializer_list<int> readers) {
        for (const int reader : readers) subscriptions.connected(reader);
    }

    BusSubscriptions subscriptions{limits};
};

TEST_F(BusSubscriptionsTest, a_reader_with_too_many_is_cut_once) {
    connect({7});
    expect_good(7, {"a", "b", "c"});
    EXPECT_EQ(subscribe(7, "d"), 7);
    EXPECT_EQ(subscriptions.count(), 0U);
    expect_good(7, {"e", "f", "g", "h"});
    EXPECT_EQ(subscriptions.count(), 0U);
}

TEST_F(BusSubscriptionsTest, bytes_count_as_well) {
    connect({7});
    expect_good(7, {std::string(30, 'x')});
    EXPECT_EQ(subscribe(7, "y"), 7);
}

TEST_F(BusSubscriptionsTest, the_same_again_is_one) {
    connect({7});
    expect_good(7, {"a", "a", "a", "a", "a"});
    EXPECT_EQ(subscriptions.count(), 1U);
}

TEST_F(BusSubscriptionsTest, what_ended_does_not_count) {
    connect({7});
    for (int i = 0; i < 20; ++i) {
        expect_good(7, {std::to_string(i)});
        end(7, std::to_string(i));
    }
    EXPECT_EQ(subscriptions.count(), 0U);
}

TEST_F(BusSubscriptionsTest, the_end_of_what_never_was_gives_no_room) {
    connect({7});
    expect_good(7, {"a", "b", "c"});
    for (int i = 0; i < 5; ++i) end(7, std::to_string(i));
    EXPECT_EQ(subscribe(7, "d"), 7);
}

TEST_F(BusSubscriptionsTest, when_all_have_too_many_the_largest_goes) {
    connect({1, 2, 3});
    expect_good(1, {"a"});
    expect_good(2, {"b", "c", "d"});
    expect_good(3, {"e"});
    EXPECT_EQ(subscribe(3, "f"), 2);
    EXPECT_EQ(subscriptions.count(), 3U);
    expect_good(1, {"g", "h"});
}

TEST_F(BusSubscriptionsTest, when_all_have_too_many_bytes_the_largest_goes) {
    connect({1, 2});
    expect_good(1, {"a", "b", "c"});
    expect_good(2, {std::string(25, 'x')});
    EXPECT_EQ(subscribe(2, std::string(4, 'y')), std::nullopt);
    connect({3});
    EXPECT_EQ(subscribe(3, std::string(15, 'z')), 2);
}

TEST_F(BusSubscriptionsTest, a_reader_that_left_counts_no_more) {
    connect({7});
    expect_good(7, {"a", "b", "c"});
    subscriptions.disconnected(7);
    EXPECT_EQ(subscriptions.count(), 0U);
    expect_good(7, {"late"});
    EXPECT_EQ(subscriptions.count(), 0U);
    // The descriptor's number is another reader's now.
    connect({7});
    expect_good(7, {"a", "b", "c"});
}

TEST_F(BusSubscriptionsTest, what_is_no_subscription_is_ignored) {
    connect({7});
    EXPECT_EQ(subscriptions.take(7, ""), std::nullopt);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(subscriptions.take(7, "\2" + std::to_string(i)), std::nullopt);
    }
    EXPECT_EQ(subscriptions.take(-1, "\1of nobody"), std::nullopt);
    EXPECT_EQ(subscriptions.count(), 0U);
}

}  // namespace
}  // namespace onput::transport
