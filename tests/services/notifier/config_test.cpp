#include "services/notifier/config.hpp"

#include <gtest/gtest.h>

namespace onput::notifier {
namespace {

Config complete() {
    Config config;
    config.data = "/var/lib/onput/notifier";
    config.endpoints = {"ipc:///run/onput/notifier"};
    config.bus_endpoints = {"ipc:///run/onput/bus", "tcp://127.0.0.1:7102"};
    config.queue_endpoint = "ipc:///run/onput/queue";
    return config;
}

TEST(NotifierConfig, every_fault_is_told_at_once) {
    EXPECT_TRUE(complete().validate().empty());
    Config config;
    EXPECT_EQ(config.validate().size(), 4u);
    config = complete();
    config.region.clear();
    config.event_version = "2.4";
    config.journal_records_max = 0;
    config.journal_retention_hours = ~0U;
    config.undelivered_age_max_hours = 0;
    config.deliver_timeout_ms = 1;
    EXPECT_EQ(config.validate().size(), 6u);
    config = complete();
    config.public_url = "media.example";
    config.webhook_allowed_networks = {"10.0.0.0/33"};
    config.smtp_url = "http://mail.example";
    EXPECT_EQ(config.validate().size(), 3u);
}

TEST(NotifierConfig, readers_are_sent_to_the_public_endpoint_or_the_first) {
    Config config = complete();
    EXPECT_EQ(config.bus_endpoint_for_readers(), "ipc:///run/onput/bus");
    config.bus_public_endpoint = "tcp://media.example:7102";
    EXPECT_EQ(config.bus_endpoint_for_readers(), "tcp://media.example:7102");
}

TEST(NotifierConfig, options_reach_the_core_in_its_own_units) {
    Config config = complete();
    config.event_version = "classic";
    config.region = "here-1";
    config.journal_retention_hours = 2;
    config.journal_records_max = 5;
    config.undelivered_age_max_hours = 3;
    const CoreOptions options = config.core_options();
    EXPECT_EQ(options.deliveries.record.version, RecordVersion::classic);
    EXPECT_EQ(options.deliveries.record.region, "here-1");
    EXPECT_EQ(options.deliveries.undelivered_age_max, std::chrono::hours(3));
    EXPECT_EQ(options.retention_age, std::chrono::hours(2));
    EXPECT_EQ(options.retention_records_max, 5u);
}

TEST(NotifierConfig, protocols_without_a_server_are_named_with_what_is_missing) {
    Config config = complete();
    config.smtp_url.clear();
    config.sms_url.clear();
    auto lacks = config.core_options().deliveries.unconfigured;
    EXPECT_EQ(lacks.at("email"), "no mail server is configured (ONPUT_SMTP_URL)");
    EXPECT_EQ(lacks.at("email-json"), lacks.at("email"));
    EXPECT_EQ(lacks.at("sms"), "no SMS gateway is configured (ONPUT_SMS_URL)");
    config.smtp_url = "smtp://mail.example";
    config.sms_url = "https://sms.example";
    EXPECT_TRUE(config.core_options().deliveries.unconfigured.empty());
}

TEST(NotifierConfig, options_reach_writers_and_senders) {
    Config config = complete();
    config.public_url = "https://media.example";
    config.mail_from = "media@example.com";
    config.sms_authorization_secret = "Bearer x";
    config.webhook_allowed_networks = {"10.0.0.0/8"};
    config.smtp_password_secret = "y";
    config.outbound_timeout_ms = 5;
    EXPECT_EQ(config.notification_options().public_url, "https://media.example");
    EXPECT_EQ(config.notification_options().mail_from, "media@example.com");
    EXPECT_EQ(config.notification_options().sms_authorization, "Bearer x");
    EXPECT_EQ(config.outbound_options().allowed_networks, config.webhook_allowed_networks);
    EXPECT_EQ(config.outbound_options().smtp_password, "y");
    EXPECT_EQ(config.outbound_options().timeout_ms, 5u);
    EXPECT_EQ(config.core_options().topics.region, "us-east-1");
}

}  // namespace
}  // namespace onput::notifier
