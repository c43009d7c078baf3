#include "services/ctl/run_as.hpp"

#include <cerrno>
#include <filesystem>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/log.hpp"

namespace onput::ctl {

Result<void> leave_root(const std::string& data) {
    if (::geteuid() != 0) return {};
    std::filesystem::path place = data;
    struct stat status{};
    while (::stat(place.c_str(), &status) != 0) {
        if (!place.has_relative_path())
            return fail(ErrorCode::unavailable, fmt::format("look at {}: {}", data, errno_text()));
        place = place.parent_path();
    }
    if (status.st_uid == 0) return {};
    // The groups first: without root's rights they could not be changed any more.
    if (::setgroups(0, nullptr) != 0 ||
        ::setresgid(status.st_gid, status.st_gid, status.st_gid) != 0 ||
        ::setresuid(status.st_uid, status.st_uid, status.st_uid) != 0) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("become user {}, who owns {}: {}", status.st_uid, place.string(),
                                errno_text()));
    }
    log::info("root's rights are given up", {{"uid", status.st_uid}, {"owns", place.string()}});
    return {};
}

}  // namespace onput::ctl
