#include "services/ctl/demo_mail.hpp"

#include <cctype>

#include "common/base/encoding.hpp"

namespace onput::ctl {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

std::string decode_quoted_printable(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            out += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '\n') {
            ++i;  // A soft line break.
        } else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += '=';
        }
    }
    return out;
}

std::string decode_base64(std::string_view text) {
    std::string packed;
    for (const char c : text) {
        if (c != '\n') packed += c;
    }
    const auto decoded = from_base64(packed);
    return decoded ? *decoded : std::string(text);
}

// The value of a header, its folded lines joined; empty: none.
std::string header_of(std::string_view head, std::string_view name) {
    std::string value;
    bool is_inside = false;
    while (!head.empty()) {
        const auto end = head.find('\n');
        const std::string_view line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 1);
        const bool is_folded = line.starts_with(' ') || line.starts_with('\t');
        if (!is_folded)
            is_inside = line.starts_with(name) && line.substr(name.size()).starts_with(": ");
        if (is_inside) value += is_folded ? line : line.substr(name.size() + 2);
    }
    return value;
}

}  // namespace

Mail read_mail(std::string_view data) {
    const auto blank = data.find("\n\n");
    const std::string_view head = data.substr(0, blank);
    const std::string_view body =
        blank == std::string_view::npos ? std::string_view() : data.substr(blank + 2);
    const std::string coding = header_of(head, "Content-Transfer-Encoding");
    Mail mail{.subject = header_of(head, "Subject"), .text = std::string(body)};
    if (coding == "quoted-printable") mail.text = decode_quoted_printable(body);
    if (coding == "base64") mail.text = decode_base64(body);
    return mail;
}

std::string confirmation_link(std::string_view text) {
    const auto action = text.find("Action=ConfirmSubscription");
    if (action == std::string_view::npos) return {};
    const auto begin = text.rfind("http", action);
    if (begin == std::string_view::npos) return {};
    const auto end = text.find_first_of(" \r\n\t<>\"", action);
    return std::string(text.substr(begin, end == std::string_view::npos ? end : end - begin));
}

}  // namespace onput::ctl
