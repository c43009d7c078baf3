#include "services/queue/config.hpp"

#include <algorithm>

namespace onput::queue {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults;
    if (data.empty()) faults.emplace_back("data must name a directory.");
    if (endpoints.empty()) faults.emplace_back("endpoints must name at least one endpoint.");
    if (lane_endpoints.empty()) {
        faults.emplace_back("lane_endpoints must name at least one endpoint.");
    }
    if (region.empty() || region.contains(':')) {
        faults.emplace_back("region must be a name such as us-east-1.");
    }
    if (account.size() != 12 ||
        !std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; })) {
        faults.emplace_back("account must be twelve digits.");
    }
    return faults;
}

}  // namespace onput::queue
