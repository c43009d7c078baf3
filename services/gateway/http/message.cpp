#include "services/gateway/http/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "services/gateway/http/target.hpp"

namespace onput::http {
namespace {

bool is_token_byte(char byte) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    const bool digit = byte >= '0' && byte <= '9';
    return letter || digit || std::string_view("!#$%&'*+-.^_`|~").contains(byte);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_byte);
}

// Two of these with different values would let a client and a proxy disagree on where we end.
bool is_framing_header(std::string_view name) {
    return equal_ignoring_case(name, "content-length") ||
           equal_ignoring_case(name, "transfer-encoding") ||
           equal_ignoring_case(name, "connection");
}

void append_value(std::string& out, std::string_view value) {
    const std::size_t start = out.size();
    out.append(value);
    for (std::size_t i = start; i < out.size(); ++i) {
        const auto byte = static_cast<unsigned char>(out[i]);
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) out[i] = ' ';
    }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    append_value(out, value);
    out.append("\r\n");
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_framing(std::string& out, const ResponseHead& head, const Framing& framing) {
    if (framing.body == Framing::Body::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (framing.body == Framing::Body::length && head.content_length) {
        out.append("Content-Length: ");
        append_number(out, *head.content_length);
        out.append("\r\n");
    }
    if (framing.connection == Framing::Connection::close) out.append("Connection: close\r\n");
    if (framing.connection == Framing::Connection::keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
}

struct StatusText {
    int status;
    std::string_view text;
};

constexpr auto status_texts = std::to_array<StatusText>({
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {424, "Failed Dependency"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
});

}  // namespace

std::optional<std::string_view> RequestHead::header(std::string_view name) const {
    for (const Header& candidate : headers) {
        if (equal_ignoring_case(candidate.name, name)) return candidate.value;
    }
    return std::nullopt;
}

std::string RequestHead::list_header(std::string_view name) const {
    std::string list;
    for (const Header& candidate : headers) {
        if (!equal_ignoring_case(candidate.name, name)) continue;
        if (!list.empty()) list += ',';
        list += candidate.value;
    }
    return list;
}

std::string_view status_text(int status) {
    const auto found = std::ranges::find(status_texts, status, &StatusText::status);
    return found == status_texts.end() ? std::string_view("Unknown") : found->text;
}

bool status_has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string render_head(const ResponseHead& head, const Framing& framing) {
    std::string out;
    out.reserve(192 + 48 * head.headers.size());
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::uint64_t>(head.status));
    out.append(" ").append(status_text(head.status)).append("\r\n");
    bool dated = false;
    for (const auto& [name, value] : head.headers) {
        if (!is_token(name) || is_framing_header(name)) continue;
        dated = dated || equal_ignoring_case(name, "date");
        append_header(out, name, value);
    }
    if (!dated && !framing.date.empty()) append_header(out, "Date", framing.date);
    append_framing(out, head, framing);
    out.append("\r\n");
    return out;
}

}  // namespace onput::http
