#include "services/gateway/http/http2_head.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::http {
namespace {

// RFC 9113, 8.2.2: what concerns one connection only has no place in HTTP/2.
constexpr std::array<std::string_view, 5> connection_fields{
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

bool concerns_connection(std::string_view name) {
    return std::ranges::find(connection_fields, name) != connection_fields.end();
}

bool is_name_byte(char byte) {
    const bool letter = byte >= 'a' && byte <= 'z';
    const bool digit = byte >= '0' && byte <= '9';
    return letter || digit || std::string_view("!#$%&'*+-.^_`|~").contains(byte);
}

bool is_method_byte(char byte) {
    return is_name_byte(lower_case(byte));
}

// No blank and no control character: it stands between the blanks of the request line.
bool is_target_byte(char byte) {
    return static_cast<unsigned char>(byte) > ' ' && byte != 0x7f;
}

bool ends_line(char byte) {
    return byte == '\r' || byte == '\n' || byte == '\0';
}

bool all_of(std::string_view text, bool (*is_allowed)(char)) {
    return !text.empty() && std::ranges::all_of(text, is_allowed);
}

std::string_view trim_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::size_t Http2RequestHead::bytes() const {
    return method_.size() + target_.size() + authority_.size() + fields_.size();
}

bool Http2RequestHead::add_pseudo(std::string_view name, std::string_view value) {
    if (name == ":method" && method_.empty()) {
        method_ = value;
        return all_of(value, is_method_byte) && value != "CONNECT";
    }
    if (name == ":path" && target_.empty()) {
        target_ = value;
        return all_of(value, is_target_byte);
    }
    if (name == ":authority" && authority_.empty()) {
        authority_ = value;
        return value.empty() || all_of(value, is_target_byte);
    }
    return name == ":scheme";
}

bool Http2RequestHead::add(std::string_view name, std::string_view value) {
    if (bytes() > bytes_max_) return true;
    if (name.starts_with(':')) return add_pseudo(name, value);
    if (!all_of(name, is_name_byte) || std::ranges::any_of(value, ends_line)) return false;
    if (concerns_connection(name)) return false;
    // The same host said twice is one; two that differ are refused as in HTTP/1.1.
    if (name == "host" && equal_ignoring_case(value, authority_)) return true;
    if (name == "content-length") has_length_ = true;
    fields_.append(name).append(": ").append(value).append("\r\n");
    return true;
}

std::string Http2RequestHead::render(bool has_body) const {
    if (target_.size() > bytes_max_) return fmt::format("{} {}", method_, target_);
    std::string head = fmt::format("{} {} HTTP/1.1\r\n", method_, target_);
    if (!authority_.empty()) head.append("host: ").append(authority_).append("\r\n");
    head.append(fields_);
    if (bytes() > bytes_max_) return head;
    if (has_body && !has_length_) head.append("transfer-encoding: chunked\r\n");
    return head.append("connection: close\r\n\r\n");  // One request per stream.
}

std::optional<Http2ResponseHead> parse_response_head(std::string_view head) {
    constexpr std::string_view version = "HTTP/1.1 ";
    if (!head.starts_with(version) || !head.ends_with("\r\n\r\n")) return std::nullopt;
    head.remove_prefix(version.size());
    const auto status = parse_number<int>(head.substr(0, 3));
    if (!status) return std::nullopt;
    Http2ResponseHead parsed{.status = *status};
    head.remove_prefix(head.find("\r\n") + 2);
    while (head != "\r\n") {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string name = lower_case(line.substr(0, colon));
        const std::string_view value = colon < line.size() ? line.substr(colon + 1) : "";
        if (!concerns_connection(name)) {
            parsed.fields.emplace_back(std::move(name), trim_blanks(value));
        }
        head.remove_prefix(end + 2);
    }
    return parsed;
}

}  // namespace onput::http
