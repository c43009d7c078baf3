// A new empty directory for one test; it and all in it are removed at the end.
#pragma once

#include <string>

namespace onput::support {

class TempDirectory {
public:
    TempDirectory();  // Where temporary files are.
    explicit TempDirectory(const std::string& parent);
    ~TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace onput::support
