#include "services/function/config.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "services/function/relay.hpp"

namespace onput::function {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> found = lane.faults();
    if (storage_endpoint.empty()) found.emplace_back("storage_endpoint is missing");
    if (::access(work_directory.c_str(), W_OK) != 0)
        found.push_back(fmt::format("work_directory {} cannot be written", work_directory));
    if (isolation != "full" && isolation != "weak")
        found.push_back(fmt::format("isolation '{}' is neither full nor weak", isolation));
    if (environments_max == 0 || environments_max > environments_bound)
        found.push_back(fmt::format("environments_max must be 1 to {}", environments_bound));
    if (environments_per_function_max == 0)
        found.emplace_back("environments_per_function_max is 0");
    if (!gateway_address.empty() && session_key_file.empty())
        found.emplace_back("gateway_address needs session_key_file: handlers sign with it");
    return found;
}

}  // namespace onput::function
