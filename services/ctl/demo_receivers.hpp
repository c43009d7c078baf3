// DemoReceivers: whom the demo's messages reach: a webhook, an SMS gateway and a mailbox on this
// machine, in a child process of their own. Each does what a person or program would: it confirms
// the subscription that it is asked about, and keeps what it is sent.
//
//     notifier ──HTTP──> webhook, /sms ─┐
//              ──SMTP──> mailbox ───────┴─ pipe ──> poll()
//
// For the demo only: one connection at a time, no TLS, no login. Tests use real servers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"

namespace onput::ctl {

struct ReceivedMessage {
    std::string via;  // "webhook", "sms" or "mail".
    std::string subject;
    std::string text;
};

class DemoReceivers {
public:
    // Call before anything starts a thread: it forks.
    static Result<std::unique_ptr<DemoReceivers>> start();
    ~DemoReceivers();
    DemoReceivers(const DemoReceivers&) = delete;
    DemoReceivers& operator=(const DemoReceivers&) = delete;

    [[nodiscard]] std::string webhook_url() const;
    [[nodiscard]] std::string sms_url() const;
    [[nodiscard]] std::string smtp_url() const;

    // Everything received so far, confirmations aside. Never blocks.
    const std::vector<ReceivedMessage>& poll();

private:
    DemoReceivers(pid_t pid, int pipe, std::uint16_t http_port, std::uint16_t smtp_port)
        : pid_(pid), pipe_(pipe), http_port_(http_port), smtp_port_(smtp_port) {}

    pid_t pid_;
    int pipe_;
    std::uint16_t http_port_;
    std::uint16_t smtp_port_;
    std::string unread_;
    std::vector<ReceivedMessage> messages_;
};

}  // namespace onput::ctl
