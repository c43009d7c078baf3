// Hostile names, subjects and bodies: whatever they are, a mail has the headers it should have and
// no others, and lines that every server takes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "services/notifier/outbound/mail.hpp"

namespace {

using namespace onput;

std::string take(std::string_view& rest, std::size_t size) {
    const std::string part(rest.substr(0, size));
    rest.remove_prefix(part.size());
    return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t line_bytes_max = 998;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::size_t first = size > 0 ? data[0] : 0;
    const std::size_t second = size > 1 ? data[1] : 0;
    const auto mail = notifier::format_mail({.from_name = take(rest, first),
                                             .from = "a@b",
                                             .to = "c@d",
                                             .subject = take(rest, second),
                                             .message_id = "m@b",
                                             .date = Timestamp(),
                                             .headers = {{"X-More", take(rest, second)}},
                                             .body = std::string(rest)});
    ONPUT_CHECK(mail.has_value());
    std::size_t headers = 0;
    bool is_body = false;
    std::string_view lines = *mail;
    while (!lines.empty()) {
        const std::size_t end = lines.find("\r\n");
        ONPUT_CHECK(end != std::string_view::npos);
        const std::string_view line = lines.substr(0, end);
        ONPUT_CHECK(line.size() <= line_bytes_max);
        ONPUT_CHECK(line.find_first_of("\r\n") == std::string_view::npos);
        is_body = is_body || line.empty();
        if (!is_body && line.front() != ' ') ++headers;
        lines.remove_prefix(end + 2);
    }
    constexpr std::size_t headers_written = 10;
    ONPUT_CHECK(headers == headers_written);
    return 0;
}
