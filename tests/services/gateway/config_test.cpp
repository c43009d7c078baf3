#include "services/gateway/config.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

TEST(GatewayKeys, an_entry_is_key_secret_and_account) {
    Config config;
    config.keys_secret = {"AKID:a:secret:with:colons:000000000000"};
    EXPECT_TRUE(make_key_ring(config));
    config.keys_secret = {"AKID:000000000000"};
    EXPECT_EQ(make_key_ring(config).error().message,
              "keys_secret entry 1 is not key:secret:account or key:secret:account/user");
}

TEST(GatewayKeys, keys_on_lines_of_their_own_are_refused_rather_than_misread) {
    Config config;
    config.keys_secret = {"AKID:one:000000000000\nOTHER:two:000000000000"};
    EXPECT_EQ(make_key_ring(config).error().message,
              "keys_secret entry 1 goes over a line break; put a comma between keys");
}

}  // namespace
}  // namespace onput::gateway
