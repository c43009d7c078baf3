#include "services/notifier/outbound/transfer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

curl_socket_t open_socket(void* transfer, curlsocktype, curl_sockaddr* address) {
    if (!static_cast<Transfer*>(transfer)->may_connect(&address->addr)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// The address as AddressGuard has it; empty for families that are no internet.
std::string address_bytes(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, address, sizeof ipv4);
        return {reinterpret_cast<const char*>(&ipv4.sin_addr), sizeof ipv4.sin_addr};
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 ipv6{};
        std::memcpy(&ipv6, address, sizeof ipv6);
        return {reinterpret_cast<const char*>(&ipv6.sin6_addr), sizeof ipv6.sin6_addr};
    }
    return {};
}

std::string address_text(const std::string& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
    if (bytes.empty() || !inet_ntop(family, bytes.data(), text.data(), text.size())) return "?";
    return text.data();
}

std::string url_part(CURLU* url, CURLUPart part, unsigned flags) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

}  // namespace

Transfer::Transfer(const TransferSettings& settings, Reach reach)
    : handle_(curl_easy_init()),
      guard_(settings.guard),
      reach_(reach),
      timeout_ms_(settings.options.timeout_ms) {
    ONPUT_CHECK(handle_ != nullptr);
    static_assert(error_bytes >= CURL_ERROR_SIZE);
    set_object(CURLOPT_ERRORBUFFER, error_.data());
    set_object(CURLOPT_PRIVATE, this);
    set_number(CURLOPT_NOSIGNAL, 1);
    // A name that is looked up slowly must not hold the thread when its time is over.
    set_number(CURLOPT_QUICK_EXIT, 1);
    set_number(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms_));
    set_number(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ms_));
    set_number(CURLOPT_FOLLOWLOCATION, 0);
    set_text(CURLOPT_PROXY, "");  // Not the environment's either: it would see past the guard.
    set_number(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (!settings.options.ca_file.empty()) {
        set_text(CURLOPT_CAINFO, settings.options.ca_file.c_str());
    }
    ONPUT_CHECK(curl_easy_setopt(handle_, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK);
    set_object(CURLOPT_OPENSOCKETDATA, this);
}

Transfer::~Transfer() {
    curl_easy_cleanup(handle_);
}

void Transfer::set_number(int option, long value) {
    ONPUT_CHECK(curl_easy_setopt(handle_, static_cast<CURLoption>(option), value) == CURLE_OK);
}

void Transfer::set_text(int option, const char* value) {
    ONPUT_CHECK(curl_easy_setopt(handle_, static_cast<CURLoption>(option), value) == CURLE_OK);
}

void Transfer::set_object(int option, void* value) {
    ONPUT_CHECK(curl_easy_setopt(handle_, static_cast<CURLoption>(option), value) == CURLE_OK);
}

void Transfer::set_timeout(std::uint32_t timeout_ms) {
    timeout_ms_ = std::min(timeout_ms_, timeout_ms);
    set_number(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms_));
    set_number(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ms_));
}

bool Transfer::may_connect(const sockaddr* address) {
    const std::string bytes = address_bytes(address);
    if (reach_ == Reach::anywhere || guard_.allows(bytes)) {
        has_connected_ = true;
        return true;
    }
    refused_address_ = address_text(bytes);
    return false;
}

long Transfer::status() const {
    long code = 0;
    ONPUT_CHECK(curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK);
    return code;
}

Duration Transfer::latency() const {
    curl_off_t micros = 0;
    ONPUT_CHECK(curl_easy_getinfo(handle_, CURLINFO_TOTAL_TIME_T, &micros) == CURLE_OK);
    return Duration(micros);
}

OutboundResult Transfer::unanswered(int code) const {
    OutboundResult result;
    result.latency = latency();
    if (!refused_address_.empty() && !has_connected_) {
        result.outcome = OutboundOutcome::refused;
        result.error = "address " + refused_address_ + " is not allowed";
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        result.error = "no complete answer within " + std::to_string(timeout_ms_) + " ms";
    } else {
        result.error =
            error_[0] != '\0' ? error_.data() : curl_easy_strerror(static_cast<CURLcode>(code));
    }
    return result;
}

std::string peer_of(const std::string& url) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
    ONPUT_CHECK(parsed != nullptr);
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
    return url_part(parsed.get(), CURLUPART_HOST, 0) + ':' +
           url_part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

}  // namespace onput::notifier
