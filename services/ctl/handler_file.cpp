#include "services/ctl/handler_file.hpp"

#include <fstream>

#include "common/base/random.hpp"

namespace onput::ctl {

HandlerFile::HandlerFile(std::string_view name, std::string_view source) {
    std::error_code ignored;
    folder_ = std::filesystem::temp_directory_path(ignored);
    folder_ /= "onput-handler-" + Random::from_system().uuid();
    path_ = folder_ / name;
    std::filesystem::create_directory(folder_, ignored);
    std::ofstream(path_) << source;
}

HandlerFile::~HandlerFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace onput::ctl
