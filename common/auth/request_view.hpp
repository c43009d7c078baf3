// RequestView: an HTTP request as it came off the wire, borrowed from whoever parsed it.
// Signatures cover the bytes that were sent, so nothing here is decoded, trimmed or merged.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace onput::auth {

struct Header {
    std::string_view name;
    std::string_view value;
};

struct RequestView {
    std::string_view method;
    std::string_view path;            // Before the '?', still encoded. Empty counts as "/".
    std::string_view query;           // After the '?', still encoded. Empty when there is none.
    std::span<const Header> headers;  // `Host` among them; a repeated name is several entries.
};

// One `name=value` of a query, still encoded.
struct Parameter {
    std::string_view name;
    std::string_view value;
    bool has_value = false;  // False without '=', as in "?acl".
};

// Takes the first parameter off the front of `rest`; nothing when `rest` is used up. Empty
// parameters ("a&&b") are passed over.
std::optional<Parameter> next_parameter(std::string_view& rest);

bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

// The first header of that name, in any case of letters, trimmed.
std::optional<std::string_view> find_header(const RequestView& request, std::string_view name);

}  // namespace onput::auth
