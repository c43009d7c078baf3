// Options of the notifier process. common/runtime/config.hpp says how they are given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/notifier/core.hpp"

namespace onput::notifier {

struct Config {
    std::string data;
    std::vector<std::string> endpoints;
    std::vector<std::string> bus_endpoints;
    std::string bus_public_endpoint;
    std::string queue_endpoint;
    std::string region = "us-east-1";
    std::string event_version = "2.5";
    std::uint32_t journal_retention_hours = 168;
    std::uint64_t journal_records_max = 10'000'000;
    std::uint32_t undelivered_age_max_hours = 14 * 24;
    std::uint32_t deliver_timeout_ms = 30'000;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("data", self.data, "Directory of the store.");
        option("endpoints", self.endpoints, "Where requests are taken, ZeroMQ endpoints.");
        option("bus_endpoints", self.bus_endpoints, "Where the event bus is published.");
        option("bus_public_endpoint", self.bus_public_endpoint,
               "Where readers find the bus; default: the first of bus_endpoints.");
        option("queue_endpoint", self.queue_endpoint, "Where the queue service takes requests.");
        option("region", self.region, "Region of this installation, as its ARNs name it.");
        option("event_version", self.event_version,
               "Shape of S3 records: 2.5, or classic for 2.1, 2.2 and 2.3 by kind of event.");
        option("journal_retention_hours", self.journal_retention_hours,
               "How long the journal keeps events that are owed to nobody, hours.");
        option("journal_records_max", self.journal_records_max,
               "How many events the journal keeps, those still owed aside.");
        option("undelivered_age_max_hours", self.undelivered_age_max_hours,
               "How long delivery of an event is tried, hours.");
        option("deliver_timeout_ms", self.deliver_timeout_ms,
               "How long one delivery may take before it is repeated, milliseconds.");
    }

    // Every fault at once, each a sentence; empty: fine.
    [[nodiscard]] std::vector<std::string> validate() const;

    [[nodiscard]] CoreOptions core_options() const;
    [[nodiscard]] std::string bus_endpoint_for_readers() const;
};

}  // namespace onput::notifier
