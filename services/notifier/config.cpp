#include "services/notifier/config.hpp"

#include <algorithm>
#include <fstream>

namespace onput::notifier {
namespace {

constexpr std::uint32_t hours_max = 24 * 366 * 10;
constexpr std::uint32_t deliver_timeout_ms_min = 100;

}  // namespace

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults;
    const auto expect = [&faults](bool holds, std::string_view fault) {  // NOLINT
        if (!holds) faults.emplace_back(fault);
    };
    expect(!data.empty(), "data: a directory is needed.");
    expect(!endpoints.empty(), "endpoints: at least one is needed.");
    expect(!bus_endpoints.empty(), "bus_endpoints: at least one is needed.");
    expect(!queue_endpoint.empty(), "queue_endpoint: an endpoint is needed.");
    expect(!region.empty(), "region: a name is needed.");
    expect(event_version == "2.5" || event_version == "classic",
           "event_version: only 2.5 and classic are known.");
    expect(journal_retention_hours <= hours_max, "journal_retention_hours: at most ten years.");
    expect(journal_records_max > 0, "journal_records_max: at least 1.");
    expect(journal_bytes_max > 0, "journal_bytes_max: at least 1.");
    expect(undelivered_age_max_hours > 0 && undelivered_age_max_hours <= hours_max,
           "undelivered_age_max_hours: at least one hour and at most ten years.");
    expect(deliver_timeout_ms >= deliver_timeout_ms_min, "deliver_timeout_ms: at least 100.");
    if (const auto keys = MasterKeys::parse(master_keys_secret); !keys) {
        faults.push_back("master_keys_secret: " + keys.error().message + ".");
    }
    for (auto& fault : check_notification_options(notification_options())) {
        faults.push_back(std::move(fault));
    }
    for (auto& fault : check_outbound_options(outbound_options())) {
        faults.push_back(std::move(fault));
    }
    return faults;
}

Result<TimeZone> read_zone(const std::string& folder, std::string_view name) {
    if (!is_zone_name(name)) {
        return fail(ErrorCode::invalid_argument, "this is no name of a time zone");
    }
    const std::string path = folder + "/" + std::string(name);
    std::ifstream file(path, std::ios::binary);
    std::string bytes(zone_file_bytes_max + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (bytes.empty()) {
        return fail(ErrorCode::not_found,
                    "read time zone " + path + ": no such file; is tzdata installed?");
    }
    return TimeZone::parse(bytes);
}

CoreOptions Config::core_options() const {
    CoreOptions options;
    options.deliveries.record = {
        .version = event_version == "classic" ? RecordVersion::classic : RecordVersion::unified,
        .region = region};
    options.deliveries.undelivered_age_max = std::chrono::hours(undelivered_age_max_hours);
    options.deliveries.unconfigured = unconfigured_protocols();
    options.deliveries.destinations_max = destinations_max;
    options.topics.region = region;
    options.rules.region = region;
    options.archives.region = region;
    options.connections.region = region;
    // Checked by `validate`.
    if (auto keys = MasterKeys::parse(master_keys_secret)) {
        options.connections.masters = *std::move(keys);
    }
    // Who opens private networks has endpoints without TLS in them.
    options.connections.allows_http = !webhook_allowed_networks.empty();
    options.schedules.region = region;
    options.schedules.find_zone = [folder = zoneinfo](std::string_view name) {
        return read_zone(folder, name);
    };
    options.retention_age = std::chrono::hours(journal_retention_hours);
    options.retention_records_max = journal_records_max;
    options.retention_bytes_max = journal_bytes_max;
    options.free_bytes_min = free_bytes_min;
    return options;
}

UnconfiguredProtocols Config::unconfigured_protocols() const {
    UnconfiguredProtocols protocols;
    if (smtp_url.empty()) {
        for (const char* protocol : {"email", "email-json"}) {
            protocols[protocol] = "no mail server is configured (ONPUT_SMTP_URL)";
        }
    }
    if (sms_url.empty()) protocols["sms"] = "no SMS gateway is configured (ONPUT_SMS_URL)";
    return protocols;
}

NotificationOptions Config::notification_options() const {
    return {.public_url = public_url,
            .mail_from = mail_from,
            .sms_url = sms_url,
            .sms_from = sms_from,
            .sms_authorization = sms_authorization_secret};
}

OutboundOptions Config::outbound_options() const {
    return {.allowed_networks = webhook_allowed_networks,
            .smtp_url = smtp_url,
            .smtp_user = smtp_user,
            .smtp_password = smtp_password_secret,
            .smtp_requires_tls = smtp_requires_tls,
            .ca_file = ca_file,
            .timeout_ms = outbound_timeout_ms};
}

std::string Config::bus_endpoint_for_readers() const {
    if (!bus_public_endpoint.empty()) return bus_public_endpoint;
    return bus_endpoints.empty() ? std::string() : bus_endpoints.front();
}

}  // namespace onput::notifier
