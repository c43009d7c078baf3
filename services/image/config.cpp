#include "services/image/config.hpp"

#include <unistd.h>

namespace onput::image {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults = lane.faults();
    if (storage_endpoint.empty()) faults.emplace_back("storage_endpoint is missing");
    if (memory_mb_max < 256) faults.emplace_back("memory_mb_max must be 256 or more");
    if (output_mb_max < 1) faults.emplace_back("output_mb_max must be 1 or more");
    if (watermark_bytes_max < 1) faults.emplace_back("watermark_bytes_max must be 1 or more");
    if (access(work_directory.c_str(), W_OK) != 0) {
        faults.push_back("work_directory " + work_directory + " cannot be written");
    }
    return faults;
}

}  // namespace onput::image
