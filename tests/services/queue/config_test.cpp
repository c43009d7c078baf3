#include "services/queue/config.hpp"

#include <gtest/gtest.h>

namespace onput::queue {
namespace {

TEST(QueueConfig, the_defaults_are_valid) {
    EXPECT_TRUE(Config{}.validate().empty());
}

TEST(QueueConfig, every_fault_is_told_at_once) {
    Config config;
    config.data.clear();
    config.endpoints.clear();
    config.lane_endpoints.clear();
    config.region = "a:b";
    config.account = "12";
    EXPECT_EQ(config.validate().size(), 5U);
}

}  // namespace
}  // namespace onput::queue
