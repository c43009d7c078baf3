#include "common/transport/endpoint.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::transport {
namespace {

constexpr std::string_view tcp = "tcp://";
constexpr std::string_view ipc = "ipc://";

Result<void> check_tcp(std::string_view address, EndpointUse use) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return fail(ErrorCode::invalid_argument, "not tcp://host:port");
    }
    const std::string_view host = address.substr(0, colon);
    const std::string_view port = address.substr(colon + 1);
    const bool is_bind = use == EndpointUse::bind;
    if (!is_bind && host.find('*') != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "a host with * cannot be connected to");
    }
    if (is_bind && port == "*") return {};
    if (parse_number<std::uint16_t>(port).value_or(0) == 0) {
        return fail(ErrorCode::invalid_argument, "the port is not a number from 1 to 65535");
    }
    return {};
}

Result<void> check_ipc(std::string_view path) {
    if (!path.starts_with('/')) {
        return fail(ErrorCode::invalid_argument, "not ipc:///absolute/path");
    }
    if (path.size() > ipc_path_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "the path is longer than " + std::to_string(ipc_path_bytes_max) + " bytes");
    }
    return {};
}

bool is_listening(const std::string& path) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int connected =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    // A full backlog (EAGAIN) is a living listener, too.
    const bool listening = connected == 0 || errno == EAGAIN;
    ::close(probe);
    return listening;
}

}  // namespace

Result<void> check_endpoint(std::string_view endpoint, EndpointUse use) {
    if (endpoint.size() > endpoint_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "the endpoint is longer than " + std::to_string(endpoint_bytes_max) + " bytes");
    }
    for (const char c : endpoint) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
            return fail(ErrorCode::invalid_argument, "the endpoint has a space or control byte");
        }
    }
    if (endpoint.starts_with(tcp)) return check_tcp(endpoint.substr(tcp.size()), use);
    if (endpoint.starts_with(ipc)) return check_ipc(endpoint.substr(ipc.size()));
    return fail(ErrorCode::invalid_argument, "neither tcp:// nor ipc://");
}

std::string ipc_path(std::string_view endpoint) {
    return endpoint.starts_with(ipc) ? std::string(endpoint.substr(ipc.size())) : std::string();
}

std::string named_host(std::string_view endpoint) {
    if (!endpoint.starts_with(tcp)) return {};
    std::string host(endpoint.substr(tcp.size()));
    host.resize(std::min(host.size(), host.rfind(':')));
    if (host.starts_with('[') || host == "*") return {};
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const bool is_address = inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                            inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    return is_address ? std::string() : host;
}

bool is_accepted_at(int descriptor, std::string_view endpoint) noexcept {
    sockaddr_storage local{};
    socklen_t length = sizeof(local);
    int is_listening = 0;
    socklen_t flag_length = sizeof(is_listening);
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) != 0) return false;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &flag_length) != 0 ||
        is_listening != 0) {
        return false;
    }
    if (local.ss_family == AF_UNIX) {
        const auto& unix = reinterpret_cast<const sockaddr_un&>(local);
        const std::string path = ipc_path(endpoint);
        return !path.empty() && path == std::string_view(unix.sun_path);
    }
    // Of a host that is a wildcard the address differs.
    in_port_t port = 0;
    if (local.ss_family == AF_INET) port = reinterpret_cast<const sockaddr_in&>(local).sin_port;
    if (local.ss_family == AF_INET6) port = reinterpret_cast<const sockaddr_in6&>(local).sin6_port;
    return endpoint.starts_with("tcp://") && endpoint.ends_with(fmt::format(":{}", ntohs(port)));
}

Result<void> prepare_ipc_path(const std::string& path) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    std::error_code error;
    const bool created = std::filesystem::create_directories(parent, error);
    if (error) {
        return fail(ErrorCode::unavailable, "create " + parent.string() + ": " + error.message());
    }
    if (created) std::filesystem::permissions(parent, std::filesystem::perms::owner_all, error);
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode)) {
        return fail(ErrorCode::conflict, "the path exists and is not a socket");
    }
    // libzmq would take the path over from a living process without a word.
    if (is_listening(path)) return fail(ErrorCode::conflict, "address in use");
    if (::unlink(path.c_str()) != 0) {
        return fail(ErrorCode::unavailable, "remove the socket file that a dead process left");
    }
    return {};
}

}  // namespace onput::transport
