// What the demo's mailbox reads of a mail. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput::ctl {

struct Mail {
    std::string subject;
    std::string text;  // Decoded from quoted-printable or base64.
};

// `data` is what came between DATA and the dot, with LF line ends. Only mails of one part.
Mail read_mail(std::string_view data);

// The URL in the text that confirms a subscription; empty: none.
std::string confirmation_link(std::string_view text);

}  // namespace onput::ctl
