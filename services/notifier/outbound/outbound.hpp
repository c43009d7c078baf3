// Outbound: HTTP and SMTP to the outside, on a thread for each (libcurl's multi interface), so
// that a slow peer delays nobody. A shell: it sends what it is given and says what came of it.
// Peers (a URL's host and port; the mail server) take turns, so that one with much waiting delays
// nobody either. Nothing survives a crash: who sends keeps what is owed.
//
// Never follows a redirect. Addresses are checked when the connection is made, after the name was
// looked up, so that no name can lead inside: loopback, link-local, private, multicast and
// unspecified addresses, IPv4 mapped into IPv6 as well, are refused unless allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/transport/event_loop.hpp"
#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

inline constexpr std::uint32_t outbound_timeout_ms_max = 600'000;
inline constexpr std::size_t outbound_open_max = 256;          // Transfers at once; more wait.
inline constexpr std::size_t outbound_per_peer_max = 16;       // Of these to one host and port.
inline constexpr std::size_t outbound_waiting_max = 20'000;    // Messages not answered yet.
inline constexpr std::size_t outbound_bytes_max = 64UL << 20;  // Of them together (bytes_of).
// Read of a reply, then cut off.
inline constexpr std::size_t outbound_reply_bytes_max = 64 * 1024;

struct OutboundOptions {
    // Networks that webhooks may reach although they are private: "127.0.0.0/8", "10.1.2.0/24",
    // "fd00::/8"; "*" for all.
    std::vector<std::string> allowed_networks = {};
    // "smtp://mail.example:587", "smtps://..."; empty: mail fails, and so none is written
    // (Config::unconfigured_protocols).
    std::string smtp_url = {};
    std::string smtp_user = {};
    std::string smtp_password = {};
    bool smtp_requires_tls = false;     // STARTTLS or nothing; smtps:// always.
    std::string ca_file = {};           // Trust of https and TLS; empty: the system's.
    std::uint32_t timeout_ms = 15'000;  // SNS's, for name, connection and the whole answer.
};
// Every fault at once, each a sentence; empty: fine. Looks whether ca_file can be read.
std::vector<std::string> check_outbound_options(const OutboundOptions& options);

enum class OutboundOutcome : std::uint8_t {
    delivered,  // 2xx; SMTP 250.
    refused,    // For good: 3xx, 4xx, an address that is not allowed, SMTP 5xx. No retry.
    failed,  // No whole answer in time, 5xx, 429, TLS, SMTP 4xx or 530 to 538 (login): try again.
};

struct OutboundResult {
    OutboundOutcome outcome = OutboundOutcome::failed;
    std::int32_t status_code = 0;  // 0: there was no answer.
    Duration latency{};
    std::string error;  // Empty when delivered: what failed and why, for the operator.
    // Seconds of the header Retry-After; nothing when it has none, or a date. Negative: never.
    std::optional<std::int64_t> retry_after_s = {};
    // Of HttpRequest::keeps_reply; at most outbound_reply_bytes_max.
    std::string body = {};
};

class Outbound {
public:
    // Fails with invalid_argument for the first fault of check_outbound_options. `loop` outlives
    // it.
    static Result<std::unique_ptr<Outbound>> start(transport::EventLoop& loop,
                                                   OutboundOptions options);
    virtual ~Outbound() = default;  // Cuts off what is open; no callback comes after that.

    // The loop's thread. `done` is called once, later, on it. Above outbound_waiting_max or
    // outbound_bytes_max it fails in the next turn, unsent.
    virtual void send(OutboundMessage message, std::function<void(OutboundResult)> done) = 0;
    // Not answered yet, waiting ones included.
    [[nodiscard]] virtual std::size_t open() const = 0;
};

// "127.0.0.0/8"; invalid_argument for anything else.
Result<void> check_network(const std::string& network);
// May a webhook reach this address ("10.0.0.1", "::1")?
bool is_allowed_address(const std::string& address, const std::vector<std::string>& allowed);

}  // namespace onput::notifier
