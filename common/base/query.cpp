#include "common/base/query.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput {

Result<std::vector<QueryParameter>> parse_query(std::string_view query) {
    std::vector<QueryParameter> parameters;
    while (const auto raw = next_parameter(query)) {
        if (parameters.size() == query_parameters_max) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("the query has more than {} parameters", query_parameters_max),
                        "invalid_uri");
        }
        auto name = form_decode(raw->name);
        auto value = form_decode(raw->value);
        if (!name || !value) {
            return fail(ErrorCode::invalid_argument,
                        "the query is not valid percent-encoding: a '%' needs two hexadecimal "
                        "digits behind it",
                        "invalid_uri");
        }
        parameters.push_back(
            {.name = *std::move(name), .value = *std::move(value), .has_value = raw->has_value});
    }
    return parameters;
}

const QueryParameter* find_parameter(const std::vector<QueryParameter>& parameters,
                                     std::string_view name) {
    const auto found = std::ranges::find(parameters, name, &QueryParameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

const QueryParameter* find_repeated_parameter(const std::vector<QueryParameter>& parameters) {
    if (parameters.size() < 2) return nullptr;
    std::unordered_set<std::string> names;
    for (const auto& parameter : parameters) {
        if (!names.insert(lower_case(parameter.name)).second) return &parameter;
    }
    return nullptr;
}

}  // namespace onput
