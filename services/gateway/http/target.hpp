// The request target ("/bucket/key?uploads") taken apart. Pure; everything in here is hostile.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/base/query.hpp"
#include "common/base/result.hpp"
#include "common/base/text.hpp"

namespace onput::http {

using onput::equal_ignoring_case;  // As header names and tokens compare.

// Views into the raw target (or of a constant "/"), still percent-encoded.
struct Target {
    std::string_view path;   // From its '/'; "*" for `OPTIONS *`.
    std::string_view query;  // After the first '?'; empty when there is none.
    // Of an absolute target (GET http://host:port/path). The head parser refuses one that differs
    // from the Host header.
    std::optional<std::string_view> authority;
};

// Origin form, absolute form (http, https) or "*". Anything else, and a fragment, is
// invalid_argument.
Result<Target> parse_target(std::string_view raw);

// Parameters are decoded once, for signatures, routes and operations alike.
using onput::find_parameter;
using onput::parse_query;
using onput::query_parameters_max;
using onput::QueryParameter;

struct HostPort {
    std::string_view host;  // Without the brackets of an IPv6 address.
    std::string_view port;  // Empty when not given.
};

// "host", "host:port", "[::1]:port". Hosts are letters, digits, '.', '-' and '_': percent-encoding,
// user information and anything else is invalid_argument.
Result<HostPort> parse_host(std::string_view text);

// Whether a comma-separated header value holds this token, in any case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace onput::http
