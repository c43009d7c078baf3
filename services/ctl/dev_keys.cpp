#include "services/ctl/dev_keys.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t name_bytes = 4;

bool is_named(const char* variable) {
    const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && *value != '\0';
}

Result<void> write_durably(int fd, const std::string& text, const std::string& path) {
    const bool is_written = write(fd, text.data(), text.size()) == std::ssize(text);
    const bool is_synced = is_written && fsync(fd) == 0;
    if (is_synced) return {};
    return fail(ErrorCode::unavailable, fmt::format("write {}: {}", path, errno_text()));
}

// In its place whole, or not at all.
Result<void> make_key_file(const std::string& data) {
    const std::string path = master_key_file(data);
    const std::string unfinished = path + ".part";
    const int fd = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(ErrorCode::unavailable, fmt::format("create {}: {}", unfinished, errno_text()));
    const auto text = fmt::format("dev-{}:{}\n", to_hex(secure_random_bytes(name_bytes)),
                                  to_base64(secure_random_bytes(key_bytes)));
    const auto written = write_durably(fd, text, unfinished);
    close(fd);
    ONPUT_TRY_VOID(written);
    if (rename(unfinished.c_str(), path.c_str()) != 0)
        return fail(ErrorCode::unavailable, fmt::format("rename {}: {}", unfinished, errno_text()));
    const int folder = open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_durable = folder >= 0 && fsync(folder) == 0;
    const std::string reason = is_durable ? std::string() : std::string(errno_text());
    if (folder >= 0) close(folder);
    if (is_durable) return {};
    return fail(ErrorCode::unavailable, fmt::format("sync {}: {}", data, reason));
}

}  // namespace

std::string master_key_file(const std::string& data) {
    return data + "/master.keys";
}

Result<std::vector<std::string>> master_key_environment(const std::string& data) {
    if (is_named("ONPUT_MASTER_KEYS_SECRET") || is_named("ONPUT_MASTER_KEYS_SECRET_FILE"))
        return std::vector<std::string>();
    const std::string path = master_key_file(data);
    if (access(path.c_str(), F_OK) != 0) ONPUT_TRY_VOID(make_key_file(data));
    return std::vector<std::string>{"ONPUT_MASTER_KEYS_SECRET_FILE=" + path,
                                    "ONPUT_STORAGE_ENCRYPTS_UNASKED=false"};
}

}  // namespace onput::ctl
