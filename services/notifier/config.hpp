// Options of the notifier process. common/runtime/config.hpp says how they are given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/notifier/core.hpp"
#include "services/notifier/outbound/outbound.hpp"

namespace onput::notifier {

struct Config {
    std::string data;
    std::vector<std::string> endpoints;
    std::vector<std::string> bus_endpoints;
    std::string bus_public_endpoint;
    std::string queue_endpoint;
    std::string region = "us-east-1";
    std::string zoneinfo = "/usr/share/zoneinfo";
    std::string event_version = "2.5";
    std::uint32_t journal_retention_hours = 168;
    std::uint64_t journal_records_max = 10'000'000;
    std::uint64_t journal_bytes_max = journal_bytes_max_default;
    std::uint64_t free_bytes_min = service::free_bytes_min_default;
    std::uint32_t undelivered_age_max_hours = 14 * 24;
    std::uint32_t deliver_timeout_ms = 30'000;
    std::string public_url = "http://127.0.0.1:4566";
    std::vector<std::string> webhook_allowed_networks;
    std::vector<std::string> master_keys_secret;
    std::string mail_from = "onput@localhost";
    std::string smtp_url;
    std::string smtp_user;
    std::string smtp_password_secret;
    bool smtp_requires_tls = false;
    std::string sms_url;
    std::string sms_from;
    std::string sms_authorization_secret;
    std::string ca_file;
    std::uint32_t outbound_timeout_ms = 15'000;
    // No option: the simulation makes it small.
    std::size_t destinations_max = DeliveryOptions{}.destinations_max;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("data", self.data, "Directory of the store.");
        option("endpoints", self.endpoints, "Where requests are taken, ZeroMQ endpoints.");
        option("bus_endpoints", self.bus_endpoints, "Where the event bus is published.");
        option("bus_public_endpoint", self.bus_public_endpoint,
               "Where readers find the bus; default: the first of bus_endpoints.");
        option("queue_endpoint", self.queue_endpoint, "Where the queue service takes requests.");
        option("region", self.region, "Region of this installation, as its ARNs name it.");
        option("zoneinfo", self.zoneinfo,
               "Folder of the time zones of schedules, as tzdata has it.");
        option("event_version", self.event_version,
               "Shape of S3 records: 2.5, or classic for 2.1, 2.2 and 2.3 by kind of event.");
        option("journal_retention_hours", self.journal_retention_hours,
               "How long the journal keeps events that are owed to nobody, hours.");
        option("journal_records_max", self.journal_records_max,
               "How many events the journal keeps, those still owed aside.");
        option("journal_bytes_max", self.journal_bytes_max,
               "How many bytes of events the journal keeps, those still owed aside.");
        option("free_bytes_min", self.free_bytes_min,
               "With less room on the disk no event or message is taken in, bytes.");
        option("undelivered_age_max_hours", self.undelivered_age_max_hours,
               "How long delivery of an event to a queue is tried, hours.");
        option("deliver_timeout_ms", self.deliver_timeout_ms,
               "How long one delivery to a queue may take before it is repeated, milliseconds.");
        visit_outbound(self, option);
    }

    // Every fault at once, each a sentence; empty: fine.
    [[nodiscard]] std::vector<std::string> validate() const;

    [[nodiscard]] CoreOptions core_options() const;
    [[nodiscard]] UnconfiguredProtocols unconfigured_protocols() const;
    [[nodiscard]] NotificationOptions notification_options() const;
    [[nodiscard]] OutboundOptions outbound_options() const;
    [[nodiscard]] std::string bus_endpoint_for_readers() const;

private:
    template <typename Self, typename Visitor>
    static void visit_outbound(Self& self, Visitor& option) {
        option("public_url", self.public_url,
               "Where the gateway is reached from outside: in links and of the certificate.");
        option("webhook_allowed_networks", self.webhook_allowed_networks,
               "Private networks that webhooks may reach: 127.0.0.0/8, fd00::/8; * for all.");
        option("master_keys_secret", self.master_keys_secret,
               "Keys that seal secrets of connections, NAME:BASE64 of 32 bytes each, the first for "
               "new ones; better through ONPUT_MASTER_KEYS_SECRET_FILE.");
        option("mail_from", self.mail_from, "Sender of mails.");
        option("smtp_url", self.smtp_url,
               "Mail server, smtp://host:587 or smtps://host; empty: mail waits.");
        option("smtp_user", self.smtp_user, "Login at the mail server; empty: none.");
        option("smtp_password_secret", self.smtp_password_secret,
               "Its password; better through ONPUT_SMTP_PASSWORD_SECRET_FILE.");
        option("smtp_requires_tls", self.smtp_requires_tls,
               "Send no mail where the mail server offers no STARTTLS.");
        option("sms_url", self.sms_url, "SMS gateway that takes JSON by POST; empty: SMS wait.");
        option("sms_from", self.sms_from, "Sender of SMS.");
        option("sms_authorization_secret", self.sms_authorization_secret,
               "Authorization header for the SMS gateway; better through "
               "ONPUT_SMS_AUTHORIZATION_SECRET_FILE.");
        option("ca_file", self.ca_file,
               "Certificates trusted for https and TLS, PEM; empty: the system's.");
        option("outbound_timeout_ms", self.outbound_timeout_ms,
               "How long one delivery to the outside may take, milliseconds.");
    }
};

// Out of a folder as tzdata installs it. Fails with not_found, or as TimeZone::parse does.
Result<TimeZone> read_zone(const std::string& folder, std::string_view name);

}  // namespace onput::notifier
