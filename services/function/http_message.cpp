#include "services/function/http_message.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::function {
namespace {

constexpr std::size_t chunk_line_bytes_max = 256;

std::unexpected<Error> no_http(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("not HTTP: {}", what));
}

std::unexpected<Error> too_large(std::size_t bytes_max) {
    return fail(ErrorCode::resource_exhausted,
                fmt::format("the body has more than {} bytes", bytes_max), "body_too_large");
}

// The line at the front of `rest`, without its end.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

Result<HttpRequest> parse_head(std::string_view text) {
    HttpRequest request;
    const auto line = take_line(text);
    if (!line) return no_http("no line");
    const std::size_t first = line->find(' ');
    const std::size_t last = line->rfind(' ');
    if (first == std::string_view::npos || last == first) return no_http("a request line");
    const std::string_view protocol = line->substr(last + 1);
    if (protocol != "HTTP/1.1" && protocol != "HTTP/1.0") return no_http("another protocol");
    request.method = line->substr(0, first);
    request.target = line->substr(first + 1, last - first - 1);
    request.keeps_open = protocol == "HTTP/1.1";
    while (const auto field = take_line(text)) {
        if (field->empty()) break;
        const std::size_t colon = field->find(':');
        if (colon == std::string_view::npos || colon == 0) return no_http("a header");
        if (request.headers.size() == request_headers_max) return no_http("too many headers");
        request.headers.emplace_back(lower_case(field->substr(0, colon)),
                                     trimmed(field->substr(colon + 1)));
    }
    if (equal_ignoring_case(request.header("connection"), "close")) request.keeps_open = false;
    return request;
}

// Moves the chunks at the front of `rest` to `body`. True: the last one was among them.
Result<bool> take_chunks(std::string_view& rest, std::string& body, std::size_t bytes_max) {
    for (;;) {
        std::string_view left = rest;
        const auto line = take_line(left);
        if (!line) {
            if (rest.size() > chunk_line_bytes_max) return no_http("the length of a chunk");
            return false;
        }
        const auto bytes = parse_number<std::size_t>(trimmed(line->substr(0, line->find(';'))), 16);
        if (!bytes) return no_http("the length of a chunk");
        if (*bytes > bytes_max - body.size()) return too_large(bytes_max);
        if (*bytes == 0) {
            // Headers may follow the last chunk.
            auto trailer = take_line(left);
            while (trailer && !trailer->empty()) trailer = take_line(left);
            if (!trailer && rest.size() > request_head_bytes_max) return no_http("a trailer");
            if (!trailer) return false;
            rest = left;
            return true;
        }
        if (left.size() < *bytes + 2) return false;
        if (left.substr(*bytes, 2) != "\r\n") return no_http("the end of a chunk");
        body += left.substr(0, *bytes);
        rest = left.substr(*bytes + 2);
    }
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

Result<std::optional<HttpRequest>> HttpReader::next() {
    if (!has_head_) {
        ONPUT_TRY(has_head_, read_head());
        if (!has_head_) return std::nullopt;
    }
    ONPUT_TRY(const bool is_whole, is_chunked_ ? read_chunks() : read_body());
    if (!is_whole) return std::nullopt;
    has_head_ = false;
    return std::exchange(head_, {});
}

Result<bool> HttpReader::read_head() {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    const std::size_t end = bytes_.find(end_of_head);
    if (std::min(end, bytes_.size()) > request_head_bytes_max) {
        return fail(
            ErrorCode::resource_exhausted,
            fmt::format("the head of a request has more than {} bytes", request_head_bytes_max),
            "head_too_large");
    }
    if (end == std::string::npos) return false;
    ONPUT_TRY(head_, parse_head(std::string_view(bytes_).substr(0, end + end_of_head.size())));
    bytes_.erase(0, end + end_of_head.size());
    is_chunked_ = equal_ignoring_case(head_.header("transfer-encoding"), "chunked");
    length_ = 0;
    const std::string_view length = head_.header("content-length");
    if (is_chunked_ || length.empty()) return true;
    const auto bytes = parse_number<std::size_t>(length);
    if (!bytes) return no_http("a length that is no number");
    length_ = *bytes;
    if (length_ > body_bytes_max_) return too_large(body_bytes_max_);
    return true;
}

Result<bool> HttpReader::read_body() {
    if (bytes_.size() < length_) return false;
    head_.body = bytes_.substr(0, length_);
    bytes_.erase(0, length_);
    return true;
}

// What was taken is removed once, however small the chunks are.
Result<bool> HttpReader::read_chunks() {
    std::string_view rest = bytes_;
    auto is_whole = take_chunks(rest, head_.body, body_bytes_max_);
    bytes_.erase(0, bytes_.size() - rest.size());
    return is_whole;
}

std::string http_answer(int status, const HttpHeaders& headers, std::string_view body) {
    constexpr int ok = 200;
    constexpr int accepted = 202;
    const std::string_view reason = status == ok         ? "OK"
                                    : status == accepted ? "Accepted"
                                                         : "Refused";
    std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason);
    for (const auto& [name, value] : headers) {
        const bool breaks_line = value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos;
        if (!breaks_line) text += fmt::format("{}: {}\r\n", name, value);
    }
    text += fmt::format("Content-Length: {}\r\n\r\n", body.size());
    text += body;
    return text;
}

}  // namespace onput::function
