// ServiceManager: what a process reports to systemd through its notification socket (sd_notify(3)):
// that it is ready, what it waits for, that it stops, and that its loop still turns (WatchdogSec).
//
// Without NOTIFY_SOCKET in the environment nothing is reported.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/transport/loop.hpp"

namespace onput::runtime {

class ServiceManager {
public:
    // Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes them out of the environment: children are
    // not to speak for this process.
    static ServiceManager from_environment();

    // Ready from now on. `waiting_for` is shown as the status, looked at each second; the watchdog
    // is fed by the loop.
    void start(transport::Loop& loop, std::function<std::vector<std::string>()> waiting_for);
    void stopping();

private:
    void notify(std::string_view state) const;
    void notify_status(const std::vector<std::string>& lacking);

    std::string socket_;   // Path, or with '@' in front an abstract name; empty: no systemd.
    Duration watchdog_{};  // Zero: none.
    std::string status_;
};

}  // namespace onput::runtime
