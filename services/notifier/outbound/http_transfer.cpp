#include <curl/curl.h>
#include <memory>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "services/notifier/outbound/transfer.hpp"

namespace onput::notifier {
namespace {

// Seconds of "Retry-After: 120"; nothing for another header, or a date.
std::optional<std::int64_t> read_retry_after(std::string_view line) {
    constexpr std::string_view name = "retry-after:";
    if (!starts_with_ignoring_case(line, name)) return std::nullopt;
    line = line.substr(0, line.find_first_of("\r\n"));
    return parse_number<std::int64_t>(trimmed(line.substr(name.size())));
}

class HttpTransfer final : public Transfer {
public:
    HttpTransfer(const TransferSettings& settings, HttpRequest request)
        : Transfer(settings, request.is_to_operator ? Reach::anywhere : Reach::guarded),
          request_(std::move(request)) {
        for (const auto& [name, value] : request_.headers)
            add_header(std::string(name).append(": ").append(value));
        add_header("Expect:");  // A body waits for no leave.

        set_text(CURLOPT_PROTOCOLS_STR, "http,https");
        // HTTP/2 would let transfers share a connection while it is in use.
        set_number(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        // No subscriber may ride on a connection that was made past the guard.
        set_number(CURLOPT_FORBID_REUSE, request_.is_to_operator ? 1 : 0);
        set_text(CURLOPT_URL, request_.url.c_str());
        set_object(CURLOPT_HTTPHEADER, headers_.get());
        if (request_.timeout_ms > 0) set_timeout(request_.timeout_ms);
        set_method();
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK);
        set_object(CURLOPT_HEADERDATA, this);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
        set_object(CURLOPT_WRITEDATA, this);
    }

    [[nodiscard]] OutboundResult result(int code) const override {
        if (code != CURLE_OK && !is_body_cut_off_) {
            OutboundResult result = unanswered(code);
            if (are_headers_cut_off_) result.error = "the reply's headers are too large";
            return result;
        }
        return answered(status());
    }

private:
    using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

    void add_header(const std::string& line) {
        // The list that comes back begins with the one that was given.
        headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
        ONPUT_CHECK(headers_ != nullptr);
    }

    void set_method() {
        if (request_.method == "HEAD") return set_number(CURLOPT_NOBODY, 1);
        if (request_.method == "GET") return set_number(CURLOPT_HTTPGET, 1);
        set_number(CURLOPT_POST, 1);
        ONPUT_CHECK(curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE,
                                     static_cast<curl_off_t>(request_.body.size())) == CURLE_OK);
        set_object(CURLOPT_POSTFIELDS, request_.body.data());
        if (request_.method != "POST") set_text(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    }

    [[nodiscard]] OutboundResult answered(long code) const {
        constexpr long too_many_requests = 429;
        OutboundResult result;
        result.latency = latency();
        result.status_code = static_cast<std::int32_t>(code);
        result.retry_after_s = retry_after_s_;
        result.body = reply_;
        const std::string words = "the endpoint answered " + std::to_string(code);
        if (code >= 200 && code < 300) {
            result.outcome = OutboundOutcome::delivered;
        } else if (code >= 300 && code < 400) {
            result.outcome = OutboundOutcome::refused;
            result.error = words + ": redirects are not followed";
        } else if (code >= 400 && code < 500 && code != too_many_requests) {
            result.outcome = OutboundOutcome::refused;
            result.error = words;
        } else {
            result.error = words;
        }
        return result;
    }

    // A return of less than what came ends the transfer.
    static std::size_t on_header(char* line, std::size_t size, std::size_t count, void* transfer) {
        auto& self = *static_cast<HttpTransfer*>(transfer);
        self.received_ += size * count;
        if (const auto seconds = read_retry_after({line, size * count})) {
            self.retry_after_s_ = seconds;
        }
        self.are_headers_cut_off_ = self.received_ > outbound_reply_bytes_max;
        return self.are_headers_cut_off_ ? 0 : size * count;
    }
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
        auto& self = *static_cast<HttpTransfer*>(transfer);
        self.received_ += size * count;
        self.is_body_cut_off_ = self.received_ > outbound_reply_bytes_max;
        const bool is_kept = self.request_.keeps_reply && !self.is_body_cut_off_;
        if (is_kept) self.reply_.append(bytes, size * count);
        return self.is_body_cut_off_ ? 0 : size * count;
    }

    HttpRequest request_;
    Headers headers_{nullptr, curl_slist_free_all};
    std::size_t received_ = 0;
    std::string reply_;
    std::optional<std::int64_t> retry_after_s_;
    bool are_headers_cut_off_ = false;
    bool is_body_cut_off_ = false;
};

bool has_line_break(std::string_view text) {
    using namespace std::string_view_literals;
    return text.find_first_of("\r\n\0"sv) != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::make_http(const TransferSettings& settings,
                                                      HttpRequest request) {
    const bool is_http = request.url.starts_with("http://") || request.url.starts_with("https://");
    if (!is_http || has_line_break(request.url) || peer_of(request.url).empty()) {
        return fail(ErrorCode::invalid_argument, "the endpoint is no http or https URL");
    }
    if (has_line_break(request.method) || request.method.contains(' ')) {
        return fail(ErrorCode::invalid_argument, "the method is no single word");
    }
    for (const auto& [name, value] : request.headers) {
        if (has_line_break(name) || has_line_break(value)) {
            return fail(ErrorCode::invalid_argument, "a header is more than one line");
        }
    }
    return std::make_unique<HttpTransfer>(settings, std::move(request));
}

}  // namespace onput::notifier
