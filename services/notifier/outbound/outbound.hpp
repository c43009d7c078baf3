// Outbound: HTTP and SMTP to the outside, on a thread of its own (libcurl's multi interface), so
// that a slow peer delays nobody. A shell: it sends what it is given and says what came of it.
//
// Never follows a redirect. Addresses are checked when the connection is made, after the name was
// looked up, so that no name can lead inside: loopback, link-local, private, multicast and
// unspecified addresses, IPv4 mapped into IPv6 as well, are refused unless allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/transport/loop.hpp"
#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

inline constexpr Duration outbound_timeout = std::chrono::seconds(15);  // SNS's, connect included.
inline constexpr std::size_t outbound_open_max = 256;  // Transfers at once; more wait in order.
inline constexpr std::size_t outbound_waiting_max = 20'000;
inline constexpr std::size_t outbound_reply_bytes_max =
    64 * 1024;  // Read of a reply, then cut off.

struct OutboundOptions {
    // Networks that webhooks may reach although they are private: "127.0.0.0/8", "10.1.2.0/24",
    // "fd00::/8"; "*" for all.
    std::vector<std::string> allowed_networks;
    std::string smtp_url;  // "smtp://mail.example:587", "smtps://..."; empty: mail fails for good.
    std::string smtp_user;
    std::string smtp_password;
    bool smtp_requires_tls = false;  // STARTTLS or nothing; smtps:// always.
    std::string ca_file;             // Trust of https and TLS; empty: the system's.
    std::uint32_t timeout_ms = 15'000;
};

enum class OutboundOutcome : std::uint8_t {
    delivered,  // 2xx; SMTP 250.
    refused,    // For good: 3xx, 4xx, an address that is not allowed, SMTP 5xx. No retry.
    failed,     // No answer, time-out, 5xx, 429, SMTP 4xx: try again.
};

struct OutboundResult {
    OutboundOutcome outcome = OutboundOutcome::failed;
    std::int32_t status_code = 0;  // 0: there was no answer.
    Duration latency{};
    std::string error;  // Empty when delivered: what failed and why, for the operator.
};

class Outbound {
public:
    // Fails with invalid_argument for networks or URLs that make no sense.
    static Result<std::unique_ptr<Outbound>> start(transport::Loop& loop, OutboundOptions options);
    virtual ~Outbound() = default;  // Cuts off what is open; no callback comes after that.

    // `done` is called once, later, on the loop's thread. Above outbound_waiting_max it fails at
    // once.
    virtual void send(OutboundMessage message, std::function<void(OutboundResult)> done) = 0;
    [[nodiscard]] virtual std::size_t open() const = 0;
};

// "127.0.0.0/8"; invalid_argument for anything else.
Result<void> check_network(const std::string& network);
// May a webhook reach this address ("10.0.0.1", "::1")?
bool is_allowed_address(const std::string& address, const std::vector<std::string>& allowed);

}  // namespace onput::notifier
