// LaneConfig: how a worker is reached and how much it takes at a time; the options that every
// worker process has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onput::worker {

inline constexpr std::uint32_t places_max = 64;

struct LaneConfig {
    std::string queue_lane_endpoint;
    // "{id}" in it becomes the worker's id.
    std::string lane_bind = "tcp://127.0.0.1:*";
    // Host under which the queue reaches the bound socket, where it differs from the address bound;
    // "{hostname}": this machine's or container's own name; "{address}": the first IPv4 address of
    // its networks, looked at again with each hello. Empty: the address bound.
    std::string lane_advertise;
    std::uint32_t places = 1;
    // Calls (common/schema/call.hpp) at a time, beside the jobs; more of them wait.
    std::uint32_t call_places = 4;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("queue_lane_endpoint", self.queue_lane_endpoint,
               "Control socket of the queue service's lanes.");
        option("lane_bind", self.lane_bind, "Where grants arrive; {id} becomes the worker's id.");
        option("lane_advertise", self.lane_advertise,
               "Host under which the queue reaches lane_bind; {hostname}: this machine's name; "
               "{address}: its first IPv4 address.");
        option("places", self.places, "Jobs at a time; a small one more beside large ones.");
        option("call_places", self.call_places, "Calls of clients at a time, beside the jobs.");
    }
    // What is wrong with it, in words.
    [[nodiscard]] std::vector<std::string> faults() const;
};

// "tcp://0.0.0.0:7110" as others reach it: "tcp://<host>:7110". Only for tcp. Empty when the host
// is "{address}" and there is no network.
std::string advertised_endpoint(const std::string& bound, const std::string& host);

// Where a worker binds for calls, beside `lane_bind`: another port of the same address, or a socket
// named `id` beside its.
std::string call_bind(const std::string& lane_bind, const std::string& id);

}  // namespace onput::worker
