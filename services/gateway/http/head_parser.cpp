#include "services/gateway/http/head_parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::http {
namespace {

namespace beast = boost::beast;
using Refusal = std::unexpected<ProtocolError>;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

Refusal refuse(std::string_view message) {
    return Refusal({.status = 400, .reason = "bad_request", .message = message});
}

constexpr ProtocolError target_too_long{
    .status = 414, .reason = "target_too_long", .message = "the request target is too long"};
constexpr ProtocolError too_many_headers{
    .status = 431, .reason = "too_many_headers", .message = "the request has too many headers"};
constexpr ProtocolError unsupported_version{
    .status = 505,
    .reason = "unsupported_version",
    .message = "only HTTP/1.0 and HTTP/1.1 are spoken here"};

// Takes Beast's findings as they come. Its virtual functions are named by Beast.
class Collector final : public beast::http::basic_parser<true> {
public:
    Collector(const HeadLimits& limits, RequestHead& head) : limits_(limits), head_(head) {}

    ProtocolError refusal() const { return refusal_; }

private:
    using Length = boost::optional<std::uint64_t>;
    using Code = beast::error_code;

    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                         int version, Code& code) override {
        head_.method = view(method);
        head_.target = view(target);
        head_.version_minor = version - 10;
        if (target.size() > limits_.target_bytes_max) stop(target_too_long, code);
        if (version != 10 && version != 11) stop(unsupported_version, code);
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       Code& code) override {
        if (head_.headers.size() == limits_.headers_max) return stop(too_many_headers, code);
        head_.headers.push_back({.name = view(name), .value = view(value)});
    }
    void on_response_impl(int, beast::string_view, int, Code&) override {}
    void on_header_impl(Code&) override {}
    void on_body_init_impl(const Length&, Code&) override {}
    std::size_t on_body_impl(beast::string_view, Code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, Code&) override { return 0; }
    void on_finish_impl(Code&) override {}

    void stop(const ProtocolError& refusal, Code& code) {
        refusal_ = refusal;
        code = beast::http::error::bad_value;
    }

    const HeadLimits& limits_;
    RequestHead& head_;
    ProtocolError refusal_{
        .status = 400, .reason = "bad_request", .message = "the request head is malformed"};
};

std::expected<void, ProtocolError> collect(std::string_view bytes, const HeadLimits& limits,
                                           RequestHead& head) {
    Collector collector(limits, head);
    collector.header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(bytes.size() + 1, std::numeric_limits<std::uint32_t>::max())));
    collector.skip(true);  // The body is not Beast's business.
    beast::error_code code;
    const std::size_t taken =
        collector.put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
    if (code == beast::http::error::bad_version) return Refusal(unsupported_version);
    if (code) return Refusal(collector.refusal());
    if (!collector.is_header_done() || taken != bytes.size()) {
        return refuse("the request head is malformed");
    }
    return {};
}

// Keeps the memory of the header list, which serves the next request of the connection.
void clear(RequestHead& head) {
    RequestHead empty;
    empty.peer = head.peer;
    empty.headers.swap(head.headers);
    empty.headers.clear();
    head = std::move(empty);
}

// What the framing of this request is made of, gathered in one pass over the headers.
struct FramingHeaders {
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    std::string_view length;
    std::string_view coding;
};

FramingHeaders gather(RequestHead& head) {
    FramingHeaders found;
    head.keep_alive = head.version_minor >= 1;
    for (const auto& [name, value] : head.headers) {
        if (equal_ignoring_case(name, "host")) {
            ++found.hosts;
            head.host = value;
        } else if (equal_ignoring_case(name, "content-length")) {
            ++found.lengths;
            found.length = value;
        } else if (equal_ignoring_case(name, "transfer-encoding")) {
            ++found.codings;
            found.coding = value;
        } else if (equal_ignoring_case(name, "connection")) {
            if (has_token(value, "close")) head.keep_alive = false;
            if (head.version_minor == 0 && has_token(value, "keep-alive")) head.keep_alive = true;
        }
    }
    return found;
}

std::expected<void, ProtocolError> decide_body(const FramingHeaders& found, RequestHead& head) {
    if (found.lengths > 1) return refuse("the request has two lengths");
    if (found.lengths == 1) {
        const auto length = parse_number<std::uint64_t>(found.length);
        if (!length) return refuse("the content length is not a number");
        head.content_length = length;
    }
    if (found.codings == 0) return {};
    if (found.lengths > 0 || head.version_minor == 0) {
        return refuse("a transfer coding is not allowed in this request");
    }
    if (found.codings > 1 || !equal_ignoring_case(found.coding, "chunked")) {
        return Refusal({.status = 501,
                        .reason = "unsupported_transfer_coding",
                        .message = "only the transfer coding chunked is supported"});
    }
    head.chunked = true;
    return {};
}

std::expected<void, ProtocolError> decide_expectation(RequestHead& head) {
    const auto expectation = head.header("expect");
    if (!expectation || head.version_minor == 0) return {};
    if (!equal_ignoring_case(*expectation, "100-continue")) {
        return Refusal({.status = 417,
                        .reason = "unsupported_expectation",
                        .message = "only the expectation 100-continue is supported"});
    }
    head.expects_continue = head.chunked || head.content_length.has_value();
    return {};
}

}  // namespace

std::expected<void, ProtocolError> parse_request_head(std::string_view bytes,
                                                      const HeadLimits& limits, RequestHead& head) {
    clear(head);
    // Beast would join the lines of a folded header in memory of its own.
    for (const std::string_view fold : {"\r\n ", "\r\n\t"}) {
        if (bytes.find(fold) != std::string_view::npos) return refuse("a header is folded");
    }
    if (auto collected = collect(bytes, limits, head); !collected) return collected;
    const auto target = parse_target(head.target);
    if (!target) return refuse("the request target is malformed");
    head.path = target->path;
    head.query = target->query;

    const FramingHeaders found = gather(head);
    if (found.hosts > 1) return refuse("the request has two Host headers");
    if (found.hosts == 0 && head.version_minor >= 1)
        return refuse("the request has no Host header");
    // Routes go by the host and signatures cover the header: they must be the same text.
    if (target->authority && !equal_ignoring_case(*target->authority, head.host))
        return refuse("the authority of the request target differs from the Host header");
    if (!head.host.empty() && !parse_host(head.host)) return refuse("the host is malformed");
    if (auto body = decide_body(found, head); !body) return body;
    return decide_expectation(head);
}

}  // namespace onput::http
