#include "services/gateway/config.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

TEST(GatewayConfig, a_key_may_name_its_user) {
    Config config;
    config.keys_secret = {"root:s:e/c:000000000000", "alice:s/x:111111111111/alice"};
    const auto keys = make_key_ring(config);
    ASSERT_TRUE(keys) << keys.error().message;
    EXPECT_EQ(keys->find("root")->account_id, "000000000000");
    EXPECT_EQ(keys->find("root")->user, "");
    EXPECT_EQ(keys->find("alice")->secret, "s/x");
    EXPECT_EQ(keys->find("alice")->account_id, "111111111111");
    EXPECT_EQ(keys->find("alice")->user, "alice");
    for (const char* bad : {"k:s:000000000000/", "k:s:00000000000/a", "k:s:000000000000/a/b"}) {
        config.keys_secret = {bad};
        EXPECT_FALSE(make_key_ring(config)) << bad;
    }
}

TEST(GatewayConfig, websites_and_logs_are_refused_settings_that_cannot_be) {
    const auto faults_of = [](std::string website_listen, std::uint32_t log_interval_ms) {
        Config config;
        config.storage_endpoint = config.notifier_endpoint = config.queue_endpoint = "ipc:///a";
        config.development_keys = true;
        config.website_listen = std::move(website_listen);
        config.access_log_interval_ms = log_interval_ms;
        const auto faults = config.validate();
        return faults.empty() ? std::string() : faults.front();
    };
    EXPECT_EQ(faults_of("", access_log_interval_ms_min), "");
    EXPECT_EQ(faults_of("127.0.0.1:80", 300'000), "");
    EXPECT_EQ(faults_of("80", 300'000), "website_listen: listen '80' is not ADDRESS:PORT");
    EXPECT_EQ(faults_of("", 0), "access_log_interval_ms must be at least 100");
}

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
