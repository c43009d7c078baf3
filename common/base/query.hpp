// The query of a URL, or a form, taken apart once: signatures, routes and operations all read these
// parameters, so that no two of them can see different ones in the same bytes. Pure; hostile input.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput {

struct QueryParameter {
    std::string name;        // Decoded; '+' is a space.
    std::string value;       // Decoded; empty for "?acl" and for "?acl=".
    bool has_value = false;  // False without '=', as in "?acl".

    friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

constexpr std::size_t query_parameters_max = 1000;

// In the order sent, duplicates kept, empty pieces ("a&&b") skipped. A broken percent-encoding or
// more than query_parameters_max parameters are invalid_argument, reason `invalid_uri`.
Result<std::vector<QueryParameter>> parse_query(std::string_view query);

// The first parameter of that name, or null.
const QueryParameter* find_parameter(const std::vector<QueryParameter>& parameters,
                                     std::string_view name);

// A parameter that has the name of another one, in any case of letters, or null: which of the two
// is meant would be a guess.
const QueryParameter* find_repeated_parameter(const std::vector<QueryParameter>& parameters);

}  // namespace onput
