// Text forms of bytes: hexadecimal, base64, percent-encoding. Pure.
#pragma once

#include <optional>
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

// One `name=value` of a query or form, still encoded.
struct RawParameter {
    std::string_view name;
    std::string_view value;
    bool has_value = false;  // False without '=', as in "?acl".
};

// Takes the first parameter off the front of `rest`; nothing when `rest` is used up. Empty
// parameters ("a&&b") are passed over.
std::optional<RawParameter> next_parameter(std::string_view& rest);

// Takes the first code point off the front of `rest`, which must not be empty. Nothing, and `rest`
// as it was, where no well-formed UTF-8 stands: surrogates and overlong forms are none.
std::optional<char32_t> next_code_point(std::string_view& rest);
bool is_utf8(std::string_view text);

}  // namespace onput
