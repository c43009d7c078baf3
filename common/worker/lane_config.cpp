#include "common/worker/lane_config.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <unistd.h>

#include <climits>
#include <fmt/format.h>

#include "common/worker/call_table.hpp"

namespace onput::worker {

std::vector<std::string> LaneConfig::faults() const {
    std::vector<std::string> found;
    if (queue_lane_endpoint.empty()) found.emplace_back("queue_lane_endpoint is missing");
    if (places < 1 || places > places_max) {
        found.push_back(fmt::format("places must be 1 to {}", places_max));
    }
    if (call_places < 1 || call_places > call_places_max) {
        found.push_back(fmt::format("call_places must be 1 to {}", call_places_max));
    }
    return found;
}

std::string call_bind(const std::string& lane_bind, const std::string& id) {
    const bool is_tcp = lane_bind.starts_with("tcp://");
    const std::string_view place =
        std::string_view(lane_bind).substr(0, lane_bind.rfind(is_tcp ? ':' : '/'));
    return is_tcp ? fmt::format("{}:*", place) : fmt::format("{}/call-{}", place, id);
}

namespace {

// The first IPv4 address of an interface that is up, loopback aside; empty when there is none.
std::string own_address() {
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        const bool is_up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0;
        if (!is_up || one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
        sockaddr_in address{};
        std::memcpy(&address, one->ifa_addr, sizeof address);
        std::array<char, INET_ADDRSTRLEN> text{};
        return inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    }
    return {};
}

}  // namespace

std::string advertised_endpoint(const std::string& bound, const std::string& host) {
    if (host.empty() || !bound.starts_with("tcp://")) return bound;
    std::array<char, HOST_NAME_MAX + 1> own{};
    gethostname(own.data(), own.size() - 1);
    std::string name = host == "{hostname}" ? std::string(own.data()) : host;
    if (host == "{address}") name = own_address();
    if (name.empty()) return {};
    return "tcp://" + name + bound.substr(bound.rfind(':'));
}

}  // namespace onput::worker
