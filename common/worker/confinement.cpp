#include "common/worker/confinement.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/runtime/hardening.hpp"

namespace onput::worker {
namespace {

// --- Landlock: what the kernel's headers of Debian 12 do not have yet --------------------------

struct RulesetAttributes {
    std::uint64_t files = 0;
    std::uint64_t ports = 0;   // From version 4 on.
    std::uint64_t scopes = 0;  // From version 6 on.
};

constexpr std::uint64_t file_rights_v1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr std::uint64_t right_to_truncate = 1ULL << 14;      // Version 3.
constexpr std::uint64_t right_to_device_ioctl = 1ULL << 15;  // Version 5.
constexpr std::uint64_t port_rights = 3;                     // Bind and connect.
constexpr std::uint64_t scope_rights = 3;                    // Abstract sockets and signals.

RulesetAttributes all_rights(int version) {
    RulesetAttributes rights{.files = file_rights_v1};
    if (version >= 2) rights.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) rights.files |= right_to_truncate;
    if (version >= 4) rights.ports = port_rights;
    if (version >= 5) rights.files |= right_to_device_ioctl;
    if (version >= 6) rights.scopes = scope_rights;
    return rights;
}

std::size_t attributes_bytes(int version) {
    if (version >= 6) return sizeof(RulesetAttributes);
    return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

// `rights` beneath `path`, those of files; a folder may be listed as well.
Result<void> allow_files(const FileDescriptor& ruleset, const std::string& path,
                         std::uint64_t rights) {
    const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place.is_open()) return {};
    struct stat status{};
    if (::fstat(place.get(), &status) != 0) {
        return fail(ErrorCode::unavailable, fmt::format("look at {}: {}", path, errno_text()));
    }
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights;
    if (S_ISDIR(status.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    rule.parent_fd = place.get();
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return {};
    return fail(ErrorCode::unavailable,
                fmt::format("allow jobs to use {}: {}", path, errno_text()));
}

Result<void> allow_all(const FileDescriptor& ruleset, std::span<const std::string> paths,
                       std::uint64_t rights) {
    for (const std::string& path : paths) ONPUT_TRY_VOID(allow_files(ruleset, path, rights));
    return {};
}

}  // namespace

Result<std::optional<FileDescriptor>> make_file_ruleset(const FileAllowance& allowance) {
    const int version = runtime::landlock_version();
    if (version == 0) return std::nullopt;
    const RulesetAttributes rights = all_rights(version);
    FileDescriptor ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &rights, attributes_bytes(version), 0)));
    if (!ruleset.is_open())
        return fail(ErrorCode::unavailable, "make a Landlock ruleset: " + errno_text());
    constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE;
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.readable, reading));
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.executable, reading | LANDLOCK_ACCESS_FS_EXECUTE));
    ONPUT_TRY_VOID(allow_all(ruleset, allowance.writable, reading | LANDLOCK_ACCESS_FS_WRITE_FILE));
    return ruleset;
}

Result<void> restrict_files(const FileDescriptor& ruleset) {
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
    return fail(ErrorCode::unavailable, "restrict files by Landlock: " + errno_text());
}

Result<void> forbid_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
    return fail(ErrorCode::unavailable, "forbid new privileges: " + errno_text());
}

Result<void> drop_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    const bool has_any = ::syscall(SYS_capget, &header, held.data()) != 0 ||
                         std::ranges::any_of(held, [](const __user_cap_data_struct& of) {
                             return (of.effective | of.permitted | of.inheritable) != 0;
                         });
    // Where a unit forbids capset, there are none to drop.
    if (!has_any) return {};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (::syscall(SYS_capset, &header, none.data()) == 0) return {};
    return fail(ErrorCode::unavailable, "drop capabilities: " + errno_text());
}

void erase_environment() {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        ::explicit_bzero(*entry, std::strlen(*entry));
    static_cast<void>(::clearenv());  // NOLINT(concurrency-mt-unsafe): one thread, after a fork.
}

}  // namespace onput::worker
