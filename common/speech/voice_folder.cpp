#include "common/speech/voice_folder.hpp"

#include <filesystem>
#include <system_error>

namespace onput::speech {

std::string default_voices_folder() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error || !program.has_parent_path()) return {};
    return (program.parent_path().parent_path() / "share" / "onput" / "voices").string();
}

}  // namespace onput::speech
