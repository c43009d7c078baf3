#include "services/ctl/find_instance.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view ipc_scheme = "ipc://";

// 0, or why nobody can be reached there.
int knock(const std::string& endpoint) {
    const std::string path = endpoint.substr(ipc_scheme.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    path.copy(address.sun_path, path.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    const bool is_open =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int reason = is_open ? 0 : errno;
    close(fd);
    return reason;
}

// What answers at the usual address although no instance is here.
std::string hint_of_another() {
    const std::string url = fmt::format("http://127.0.0.1:{}", default_port);
    const auto alive = get_unsigned(url + "/_onput/livez");
    if (!alive || alive->status != 200) return "";
    return fmt::format("\nAn Onput runs at {} with another data directory, or as another user.",
                       url);
}

}  // namespace

Result<Instance> find_running(const std::string& data) {
    auto instance = read_instance(data);
    if (!instance) {
        if (instance.error().code != ErrorCode::not_found) return instance;
        Error error = std::move(instance).error();
        error.message += hint_of_another();
        return std::unexpected(std::move(error));
    }
    // One that listens is enough: the others may be on their way.
    int reason = 0;
    for (const auto& endpoint : std::array{instance->storage_endpoint, instance->notifier_endpoint,
                                           instance->queue_endpoint}) {
        if (!endpoint.starts_with(ipc_scheme)) return instance;
        reason = knock(endpoint);
        if (reason == 0) return instance;
        if (reason == EACCES) return belongs_to_another(data);
    }
    if (reason != ENOENT && reason != ECONNREFUSED) return instance;
    return fail(ErrorCode::unavailable,
                fmt::format("the instance in {} is stopped; start it with {}{}", data,
                            instance->is_elsewhere() ? "its containers or units"
                                                     : fmt::format("'onput dev --data {}'", data),
                            hint_of_another()));
}

}  // namespace onput::ctl
