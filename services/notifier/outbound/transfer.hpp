// Transfer: one message in flight, as a handle of libcurl. Made, driven and destroyed on the
// engine's thread. What all kinds share: time-out, no proxy, no redirect, no signals, and the guard
// that looks at each address before a socket to it is made.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/notifier/outbound/address_guard.hpp"
#include "services/notifier/outbound/outbound.hpp"

struct sockaddr;

namespace onput::notifier {

struct TransferSettings {
    OutboundOptions options;
    AddressGuard guard;
};

class Transfer {
public:
    virtual ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // invalid_argument: it can never be sent.
    static Result<std::unique_ptr<Transfer>> make_http(const TransferSettings& settings,
                                                       HttpRequest request);
    static Result<std::unique_ptr<Transfer>> make_mail(const TransferSettings& settings, Mail mail);

    [[nodiscard]] void* handle() const { return handle_; }  // A CURL*.
    // What came of it; `code` is the CURLcode it ended with.
    [[nodiscard]] virtual OutboundResult result(int code) const = 0;

    // Asked before each connection. What is refused is remembered for the result.
    bool may_connect(const sockaddr* address);

protected:
    enum class Reach : std::uint8_t { guarded, anywhere };
    Transfer(const TransferSettings& settings, Reach reach);

    void set_number(int option, long value);
    void set_text(int option, const char* value);
    void set_object(int option, void* value);
    // Less than the configured one.
    void set_timeout(std::uint32_t timeout_ms);

    [[nodiscard]] long status() const;  // 0: none.
    [[nodiscard]] Duration latency() const;
    // A result for a transfer that ended without an answer.
    [[nodiscard]] OutboundResult unanswered(int code) const;

private:
    static constexpr std::size_t error_bytes = 256;  // CURL_ERROR_SIZE.

    void* handle_;
    AddressGuard guard_;
    Reach reach_;
    std::uint32_t timeout_ms_;
    std::string refused_address_;
    bool has_connected_ = false;  // Some address was allowed.
    std::array<char, error_bytes> error_{};
};

// "host:port" of a URL, for taking turns; empty when it is no URL.
std::string peer_of(const std::string& url);

}  // namespace onput::notifier
