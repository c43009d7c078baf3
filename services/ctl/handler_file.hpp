// HandlerFile: a handler's source as a file, for as long as it takes to deploy it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace onput::ctl {

class HandlerFile {
public:
    // In a folder of its own, which goes with this. A source that cannot be written is found
    // missing when it is packed.
    HandlerFile(std::string_view name, std::string_view source);
    HandlerFile(const HandlerFile&) = delete;
    HandlerFile& operator=(const HandlerFile&) = delete;
    ~HandlerFile();

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::filesystem::path folder_;
    std::string path_;
};

}  // namespace onput::ctl
