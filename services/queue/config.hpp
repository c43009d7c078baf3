// Configuration of the queue service.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/service/room.hpp"
#include "services/queue/core.hpp"

namespace onput::queue {

struct Config {
    std::string data = "data/queue";
    std::vector<std::string> endpoints{"tcp://127.0.0.1:7103"};
    std::vector<std::string> lane_endpoints{"tcp://127.0.0.1:7104"};
    std::string notifier_endpoint;
    std::string region = "us-east-1";
    std::string account = "000000000000";
    std::uint64_t free_bytes_min = service::free_bytes_min_default;
    // Not options: only tests have other ones.
    std::size_t messages_max = CoreOptions{}.messages_max;
    std::size_t in_flight_max = CoreOptions{}.in_flight_max;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("data", self.data, "Directory of the store.");
        option("endpoints", self.endpoints, "Where requests are taken (ZeroMQ ROUTER).");
        option("lane_endpoints", self.lane_endpoints,
               "Where workers report to: hellos, credit, acknowledgements (ZeroMQ PULL).");
        option("notifier_endpoint", self.notifier_endpoint,
               "Where the notifier answers requests. Empty: functions can name no topics.");
        option("region", self.region, "The region in the ARNs of queues and functions.");
        option("account", self.account, "The account of services that act for none.");
        option("free_bytes_min", self.free_bytes_min,
               "With less room on the disk no message is taken in, bytes.");
    }

    // Every fault at once, each a sentence; empty: fine.
    [[nodiscard]] std::vector<std::string> validate() const;
};

}  // namespace onput::queue
