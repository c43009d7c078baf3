#include "services/notifier/outbound/mail.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t plain_header_bytes_max = 400;  // A line of a mail ends at 998.
constexpr std::size_t encoded_word_bytes_max = 45;   // 60 in base64, with its marks below 75.
constexpr std::size_t quoted_line_bytes_max = 75;    // And one for the soft break.
constexpr std::size_t local_part_bytes_max = 64;
constexpr std::string_view local_part_marks = "!#$%&'*+-/=?^_`{|}~.";

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}
bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// A line break in a header would begin another one.
std::string without_controls(std::string_view text) {
    std::string clean(text);
    std::ranges::replace_if(clean, is_control, ' ');
    return clean;
}

std::string encoded_words(std::string_view text) {
    std::string words;
    while (!text.empty()) {
        std::size_t size = std::min(text.size(), encoded_word_bytes_max);
        // Each word is whole characters. What is no UTF-8 is cut anywhere.
        std::size_t whole = size;
        while (whole < text.size() && whole > 0 && continues_character(text[whole])) --whole;
        if (whole > 0) size = whole;
        if (!words.empty()) words += "\r\n ";
        words += "=?UTF-8?B?" + to_base64(text.substr(0, size)) + "?=";
        text.remove_prefix(size);
    }
    return words;
}

bool fits_plainly(std::string_view text) {
    return text.size() <= plain_header_bytes_max && std::ranges::all_of(text, is_printable) &&
           text.find("=?") == std::string_view::npos;
}

// A display name, as it may stand before <address>.
std::string phrase(std::string_view name) {
    const std::string clean = without_controls(name);
    if (!fits_plainly(clean)) return encoded_words(clean);
    std::string quoted = "\"";
    for (const char c : clean) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::string date_of(Timestamp time) {
    std::string date = format_http_date(time);
    // The same but for the zone, which mails write as an offset.
    date.replace(date.size() - 3, 3, "+0000");
    return date;
}

}  // namespace

bool is_mail_address(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || text.size() > mail_address_bytes_max) return false;
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    const bool is_local = !local.empty() && local.size() <= local_part_bytes_max &&
                          std::ranges::all_of(local, [](char c) {
                              return is_alphanumeric(c) || local_part_marks.contains(c);
                          });
    const bool is_domain = !domain.empty() && domain.front() != '.' && domain.back() != '.' &&
                           domain.front() != '-' && std::ranges::all_of(domain, [](char c) {
                               return is_alphanumeric(c) || c == '.' || c == '-';
                           });
    return is_local && is_domain;
}

std::string encode_header_text(std::string_view text) {
    const std::string clean = without_controls(text);
    return fits_plainly(clean) ? clean : encoded_words(clean);
}

std::string encode_quoted_printable(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size() + text.size() / 8);
    std::size_t column = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool ends_line = text[at] == '\n' || text.substr(at, 2) == "\r\n";
        if (ends_line) {
            if (text[at] == '\r') ++at;
            encoded += "\r\n";
            column = 0;
            continue;
        }
        const char c = text[at];
        const char next = at + 1 < text.size() ? text[at + 1] : '\n';
        // Blanks at a line's end get lost on the way.
        const bool is_last_blank = (c == ' ' || c == '\t') && (next == '\n' || next == '\r');
        const bool is_plain = ((is_printable(c) && c != '=') || c == '\t') && !is_last_blank;
        const std::size_t width = is_plain ? 1 : 3;
        if (column + width > quoted_line_bytes_max) {
            encoded += "=\r\n";
            column = 0;
        }
        if (is_plain) {
            encoded += c;
        } else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'=', digits[byte >> 4], digits[byte & 0xF]};
        }
        column += width;
    }
    return encoded;
}

Result<std::string> format_mail(const MailParts& parts) {
    if (!is_mail_address(parts.from)) {
        return fail(ErrorCode::invalid_argument, "the sender is no mail address");
    }
    if (!is_mail_address(parts.to)) {
        return fail(ErrorCode::invalid_argument, "the recipient is no mail address");
    }
    std::string text;
    const auto add = [&text](std::string_view name, std::string_view value) {
        text += name;
        text += ": ";
        text += value;
        text += "\r\n";
    };
    const std::string name = parts.from_name.empty() ? "" : phrase(parts.from_name) + ' ';
    add("From", name + '<' + parts.from + '>');
    add("To", '<' + parts.to + '>');
    add("Subject", encode_header_text(parts.subject));
    add("Date", date_of(parts.date));
    add("Message-ID", '<' + without_controls(parts.message_id) + '>');
    add("Auto-Submitted", "auto-generated");  // No absence note answers it.
    for (const auto& [key, value] : parts.headers) add(key, without_controls(value));
    add("MIME-Version", "1.0");
    add("Content-Type", "text/plain; charset=utf-8");
    add("Content-Transfer-Encoding", "quoted-printable");
    text += "\r\n";
    text += encode_quoted_printable(parts.body);
    if (!text.ends_with("\r\n")) text += "\r\n";
    return text;
}

}  // namespace onput::notifier
