// Text forms of bytes: hexadecimal, base64, percent-encoding. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput {

std::string to_hex(std::string_view bytes);  // Lower case.
Result<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);  // Standard alphabet, padded.
Result<std::string> from_base64(std::string_view text);

// RFC 3986: everything but A-Z a-z 0-9 - . _ ~ (and the bytes in `keep`) becomes %XX, upper case.
std::string percent_encode(std::string_view text, std::string_view keep = {});
// As HTML forms and S3 event records do: as above, but a space becomes '+', and '*' stays while '~'
// does not.
std::string form_encode(std::string_view text, std::string_view keep = {});

// A '%' that two hexadecimal digits do not follow is invalid_argument.
Result<std::string> percent_decode(std::string_view text);
Result<std::string> form_decode(std::string_view text);  // '+' is a space.

// Well-formed UTF-8, surrogates and overlong forms refused.
bool is_utf8(std::string_view text);

}  // namespace onput
