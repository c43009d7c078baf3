// The request target ("/bucket/key?uploads") taken apart. Pure; everything in here is hostile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/text.hpp"

namespace onput::http {

using onput::equal_ignoring_case;  // As header names and tokens compare.

// Views into the raw target (or of a constant "/"), still percent-encoded.
struct Target {
    std::string_view path;   // From its '/'; "*" for `OPTIONS *`.
    std::string_view query;  // After the first '?'; empty when there is none.
    // Of an absolute target (GET http://host:port/path), which then overrules the Host header.
    std::optional<std::string_view> authority;
};

// Origin form, absolute form (http, https) or "*". Anything else, and a fragment, is
// invalid_argument.
Result<Target> parse_target(std::string_view raw);

struct QueryParameter {
    std::string name;   // Decoded; '+' is a space.
    std::string value;  // Empty for "?acl" and for "?acl=".
    std::string_view raw_name;
    std::string_view raw_value;  // Raw, for signatures: views into the query that was parsed.

    friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

constexpr std::size_t query_parameters_max = 1000;

// In the order sent, duplicates kept, empty pieces ("a&&b") skipped. A broken percent-encoding or
// more than query_parameters_max parameters are invalid_argument.
Result<std::vector<QueryParameter>> parse_query(std::string_view query);

// The first parameter of that name, or null.
const QueryParameter* find_parameter(const std::vector<QueryParameter>& parameters,
                                     std::string_view name);

struct HostPort {
    std::string_view host;  // Without the brackets of an IPv6 address.
    std::string_view port;  // Empty when not given.
};

// "host", "host:port", "[::1]:port"; user information and anything that is not one of these is
// invalid_argument.
Result<HostPort> parse_host(std::string_view text);

// Whether a comma-separated header value holds this token, in any case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace onput::http
