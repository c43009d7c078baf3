#include "common/runtime/service_manager.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::runtime {
namespace {

constexpr Duration status_interval = std::chrono::seconds(1);

// Read once at the start, before there are threads.
std::string take_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    std::string taken = value == nullptr ? "" : value;
    unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return taken;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
    ServiceManager manager;
    manager.socket_ = take_variable("NOTIFY_SOCKET");
    const std::string text = take_variable("WATCHDOG_USEC");
    manager.watchdog_ = std::chrono::microseconds(parse_number<std::int64_t>(text).value_or(0));
    return manager;
}

void ServiceManager::start(transport::Loop& loop,
                           std::function<std::vector<std::string>()> waiting_for) {
    if (socket_.empty()) return;
    notify("READY=1");
    notify_status(waiting_for());
    loop.every(status_interval,
               [this, waiting_for = std::move(waiting_for)] { notify_status(waiting_for()); });
    if (watchdog_ > Duration{}) {
        loop.every(watchdog_ / 2, [this] { notify("WATCHDOG=1"); });
    }
}

void ServiceManager::notify_status(const std::vector<std::string>& lacking) {
    std::string status =
        lacking.empty() ? "ready" : fmt::format("waiting for {}", fmt::join(lacking, ", "));
    if (status == status_) return;
    status_ = std::move(status);
    notify("STATUS=" + status_);
}

void ServiceManager::stopping() {
    notify("STOPPING=1");
}

void ServiceManager::notify(std::string_view state) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_.front() == '@') address.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    // Nothing can be done when this fails.
    static_cast<void>(sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length));
    close(fd);
}

}  // namespace onput::runtime
