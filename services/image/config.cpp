#include "services/image/config.hpp"

namespace onput::image {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> found = faults(memory_mb_min);
    if (output_mb_max < 1) found.emplace_back("output_mb_max must be 1 or more");
    if (watermark_bytes_max < 1) found.emplace_back("watermark_bytes_max must be 1 or more");
    return found;
}

}  // namespace onput::image
