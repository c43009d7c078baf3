#include "common/runtime/service_manager.hpp"

#include <cstdlib>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::runtime {
namespace {

// A notification socket, as systemd has one for each unit.
class Manager : public testing::Test {
protected:
    Manager() : name("@onput-test-" + std::to_string(getpid())) {
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, name.size());
        address.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() override { close(fd); }

    // Everything told so far.
    [[nodiscard]] std::vector<std::string> told() const {
        std::vector<std::string> all;
        char text[256];
        ssize_t count = 0;
        while ((count = recv(fd, text, sizeof text, 0)) >= 0)
            all.emplace_back(text, static_cast<std::size_t>(count));
        return all;
    }

    std::string name;
    int fd = -1;
};

TEST_F(Manager, it_is_told_readiness_and_life_and_what_is_waited_for) {
    setenv("WATCHDOG_USEC", "20000", 1);
    transport::Context context;
    transport::Loop loop(context);
    auto manager = ServiceManager::from_environment();
    manager.start(loop, [] { return std::vector<std::string>{"storage"}; });
    std::vector<std::string> all;
    loop.every(std::chrono::milliseconds(1), [&] {
        for (auto& state : told()) all.push_back(std::move(state));
        if (all.size() >= 3) loop.stop();
    });
    loop.run();
    EXPECT_EQ(all,
              (std::vector<std::string>{"READY=1", "STATUS=waiting for storage", "WATCHDOG=1"}));
}

TEST_F(Manager, children_do_not_inherit_the_socket) {
    static_cast<void>(ServiceManager::from_environment());
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
}

TEST_F(Manager, it_is_told_of_the_end) {
    ServiceManager::from_environment().stopping();
    EXPECT_EQ(told(), std::vector<std::string>{"STOPPING=1"});
}

TEST(NoManager, nobody_is_told_anything) {
    unsetenv("NOTIFY_SOCKET");
    transport::Context context;
    transport::Loop loop(context);
    auto manager = ServiceManager::from_environment();
    manager.start(loop, [] { return std::vector<std::string>{}; });
    manager.stopping();
}

}  // namespace
}  // namespace onput::runtime
