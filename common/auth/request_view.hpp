// RequestView: an HTTP request as it came off the wire, borrowed from whoever parsed it.
// Signatures cover the bytes that were sent, so nothing here is trimmed or merged. Of the query
// they cover what it means: its parameters are decoded once, and the caller acts on the same ones.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/base/query.hpp"

namespace onput::auth {

struct Header {
    std::string_view name;
    std::string_view value;
};

struct RequestView {
    std::string_view method;
    std::string_view path;                  // Before the '?', still encoded. Empty counts as "/".
    std::span<const QueryParameter> query;  // After the '?', of parse_query.
    std::span<const Header> headers;  // `Host` among them; a repeated name is several entries.
};

// The first header of that name, in any case of letters, trimmed.
std::optional<std::string_view> find_header(const RequestView& request, std::string_view name);

}  // namespace onput::auth
