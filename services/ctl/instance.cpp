#include "services/ctl/instance.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <pwd.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "services/ctl/exit_code.hpp"

namespace onput::ctl {
namespace {

// sun_path holds 108 bytes; a worker's socket is the longest: "lane-tts-4194304-0123abcd.sock".
constexpr std::size_t socket_directory_bytes_max = 108 - 40;
constexpr std::size_t instance_id_bytes = 16;
constexpr std::size_t password_entry_bytes_max = 16 * 1024;

std::string instance_file(const std::string& data) {
    return data + "/instance.toml";
}

// Whose it is; nothing is known of one that cannot be looked at.
std::string owner_of(const std::string& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return "another user";
    passwd entry{};
    passwd* found = nullptr;
    std::string text(password_entry_bytes_max, '\0');
    if (getpwuid_r(status.st_uid, &entry, text.data(), text.size(), &found) != 0 ||
        found == nullptr) {
        return fmt::format("user {}", status.st_uid);
    }
    return fmt::format("user {}", found->pw_name);
}

// Which instance a file was written for, and where; empty when it does not say.
struct Home {
    std::string id;
    std::string data;
};
Home home_in(const std::string& file) {
    try {
        const toml::table table = toml::parse_file(file);
        return {.id = table["id"].value_or(std::string()),
                .data = table["data"].value_or(std::string())};
    } catch (const toml::parse_error&) {
        return {};
    }
}

std::string never_started(const std::string& data) {
    return fmt::format(
        "no Onput was ever started in {0}; start one with 'onput dev --data {0}', or name its "
        "directory with --data or ONPUT_DATA",
        data);
}

Result<void> make_private_directory(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        return fail(ErrorCode::unavailable, "create directory " + path + ": " + error.message());
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != geteuid()) {
        return fail(ErrorCode::permission_denied, "directory " + path + " is not this user's own");
    }
    if (chmod(path.c_str(), 0700) != 0) {
        return fail(ErrorCode::permission_denied, "chmod 0700 " + path + ": " + errno_text());
    }
    return {};
}

// The first of the keys that the gateway is given: "key:secret:account", with a comma before the
// next.
Result<void> take_key(const std::string& file, Instance& instance) {
    std::ifstream in(file);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    const std::string first = text.substr(0, text.find(','));
    const auto secret = first.find(':');
    const auto account = first.rfind(':');
    if (secret == std::string::npos || secret == account ||
        first.find_first_of("\r\n") != std::string::npos) {
        return fail(ErrorCode::unavailable,
                    "read the keys in " + file +
                        ": not readable, or not like key:secret:account with commas between them");
    }
    instance.access_key = first.substr(0, secret);
    instance.secret = first.substr(secret + 1, account - secret - 1);
    // "account/user" when the key is a user's.
    instance.account = first.substr(account + 1, first.find('/', account) - account - 1);
    return {};
}

}  // namespace

std::unexpected<Error> belongs_to_another(const std::string& data) {
    return fail(ErrorCode::permission_denied,
                fmt::format("the instance in {} is of {}: run the command as that user, or as root",
                            data, owner_of(data)));
}

Result<void> check_is_no_copy(const std::string& data) {
    const Home ours = home_in(instance_file(data));
    if (ours.id.empty() || ours.data.empty()) return {};
    const Home theirs = home_in(instance_file(ours.data));
    std::error_code ignored;
    // One that was moved, or restored from a backup, is no more at its old place.
    if (theirs.id != ours.id || std::filesystem::equivalent(ours.data, data, ignored)) return {};
    return fail(
        ErrorCode::conflict,
        fmt::format("{0} is a copy of the instance in {1}: started, it would do again what that "
                    "one owes (jobs, mails, webhooks). If it is to be an instance of its own, "
                    "remove {0}/instance.toml and start it with 'onput dev --data {0}'; otherwise "
                    "name the other with --data {1}",
                    data, ours.data));
}

ExitCode exit_code_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid_argument: return ExitCode::usage;
        case ErrorCode::not_found: return ExitCode::not_found;
        case ErrorCode::permission_denied: return ExitCode::denied;
        case ErrorCode::conflict: return ExitCode::conflict;
        case ErrorCode::unavailable:
        case ErrorCode::timeout: return ExitCode::unreachable;
        default: return ExitCode::failed;
    }
}

std::string data_directory(const std::string& flag) {
    std::string chosen = flag;
    if (chosen.empty()) {
        // Read once at the start of a command, before there are threads.
        const char* from_environment = std::getenv("ONPUT_DATA");  // NOLINT(concurrency-mt-unsafe)
        chosen = from_environment != nullptr && *from_environment != '\0' ? from_environment
                                                                          : "onput-data";
    }
    std::error_code error;
    const auto absolute = std::filesystem::absolute(chosen, error);
    // Below a working directory that is gone nothing is found, and every command says so.
    return error ? chosen : absolute.lexically_normal().string();
}

Result<void> write_instance(const std::string& data, const Instance& instance) {
    const std::string path = instance_file(data);
    std::string id = home_in(path).id;
    if (id.empty()) id = to_hex(secure_random_bytes(instance_id_bytes));
    const toml::table table{{"id", id},
                            {"data", data},
                            {"url", instance.url},
                            {"storage_endpoint", instance.storage_endpoint},
                            {"notifier_endpoint", instance.notifier_endpoint},
                            {"queue_endpoint", instance.queue_endpoint},
                            {"bus_endpoint", instance.bus_endpoint},
                            {"lane_endpoint", instance.lane_endpoint},
                            {"socket_directory", instance.socket_directory},
                            {"access_key", instance.access_key},
                            {"secret", instance.secret},
                            {"region", instance.region},
                            {"account", instance.account}};
    const std::string fresh = path + ".new";
    {
        std::ofstream out(fresh, std::ios::trunc);
        out << table << '\n';
        if (!out.flush())
            return fail(ErrorCode::resource_exhausted, "write " + fresh + ": " + errno_text());
    }
    chmod(fresh.c_str(), 0600);
    if (std::rename(fresh.c_str(), path.c_str()) != 0) {
        return fail(ErrorCode::resource_exhausted, "rename " + fresh + ": " + errno_text());
    }
    return {};
}

Result<Instance> read_instance(const std::string& data) {
    const std::string path = instance_file(data);
    if (access(path.c_str(), R_OK) != 0) {
        if (errno == EACCES) return belongs_to_another(data);
        return fail(ErrorCode::not_found, never_started(data));
    }
    ONPUT_TRY_VOID(check_is_no_copy(data));
    toml::table table;
    try {
        table = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::corruption,
                    "read " + path + ": " + std::string(error.description()));
    }
    Instance instance;
    const auto take = [&table](const char* name, std::string& value) {
        value = table[name].value_or(value);
    };
    take("url", instance.url);
    take("storage_endpoint", instance.storage_endpoint);
    take("notifier_endpoint", instance.notifier_endpoint);
    take("queue_endpoint", instance.queue_endpoint);
    take("bus_endpoint", instance.bus_endpoint);
    take("lane_endpoint", instance.lane_endpoint);
    take("socket_directory", instance.socket_directory);
    take("access_key", instance.access_key);
    take("secret", instance.secret);
    take("region", instance.region);
    take("account", instance.account);
    std::string keys_file;
    take("keys_file", keys_file);
    if (!keys_file.empty()) ONPUT_TRY_VOID(take_key(keys_file, instance));
    return instance;
}

Result<std::string> make_socket_directory(const std::string& data) {
    std::string path = data + "/run";
    if (path.size() > socket_directory_bytes_max) {
        const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
        const std::string base =
            runtime != nullptr && std::strlen(runtime) > 0 && std::strlen(runtime) < 32 ? runtime
                                                                                        : "/tmp";
        path = base + "/onput-" + to_hex(Digest::of(DigestAlgorithm::sha256, data)).substr(0, 16);
    }
    ONPUT_TRY_VOID(make_private_directory(path));
    return path;
}

Result<std::uint16_t> free_port(std::uint16_t wanted) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(wanted);
    // Connections of an instance that has just ended do not count.
    const int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t length = sizeof address;
    const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    const int reason = errno;
    if (fd >= 0) close(fd);
    if (!bound) {
        return fail(ErrorCode::conflict,
                    fmt::format("port {} of 127.0.0.1: {}; choose another with --port", wanted,
                                errno_text(reason)));
    }
    return ntohs(address.sin_port);
}

}  // namespace onput::ctl
