// Mails as text (RFC 5322, 2045, 2047): what follows SMTP's DATA. Pure.
//
// Nothing that is put into a mail can add a header or a recipient: control characters of a header
// become spaces, an address that is more than an address is refused, the body is quoted-printable.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace onput::notifier {

inline constexpr std::size_t mail_address_bytes_max = 254;

struct MailParts {
    std::string from_name;  // Any text; empty: the address alone.
    std::string from;
    std::string to;
    std::string subject;
    std::string message_id;  // Without <>: "8c5a4c5e-...@example.com".
    Timestamp date;
    // More headers, their values ASCII.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  // UTF-8; "\n" or "\r\n" ends a line.
};

// Headers and body, CRLF. invalid_argument when `from` or `to` is no address.
Result<std::string> format_mail(const MailParts& parts);

// "name@example.com" in ASCII, without quotes, comments or brackets.
bool is_mail_address(std::string_view text);

// A header's value: as it is when it is short printable ASCII, else RFC 2047 encoded words, folded.
std::string encode_header_text(std::string_view text);
std::string encode_quoted_printable(std::string_view text);

}  // namespace onput::notifier
