#include "services/tts/config.hpp"

#include <unistd.h>

namespace onput::tts {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults = lane.faults();
    if (storage_endpoint.empty()) faults.emplace_back("storage_endpoint is missing");
    if (memory_mb_max < 64) faults.emplace_back("memory_mb_max must be 64 or more");
    if (access(work_directory.c_str(), W_OK) != 0) {
        faults.push_back("work_directory " + work_directory + " cannot be written");
    }
    return faults;
}

}  // namespace onput::tts
