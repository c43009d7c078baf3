// The fields of the query protocol ("Action=Publish&Tags.member.1.Key=a") as a tree of their dotted
// names. What the names mean, each service's own form.cpp says. Pure; everything in here is
// hostile.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::query {

// A message batch of 1 MiB, percent-encoded or as base64 in JSON, with room to spare.
inline constexpr std::size_t request_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t form_index_max = 1000;  // The N of "Attribute.N.Name".

struct FormNode {
    std::string text;  // Of the field that has this very name.
    std::map<std::string, FormNode, std::less<>> members;

    // Null when there is none.
    [[nodiscard]] const FormNode* find(std::string_view name) const;
};

// A field that is there twice has its last value. invalid_argument, reason MalformedQueryString,
// for broken percent-encoding, other than UTF-8, names of more than value_depth_max parts, and more
// than http::query_parameters_max fields.
Result<FormNode> read_fields(std::string_view form);

// The members "1", "2", ... in numeric order; gaps do not matter, other names are no items.
std::vector<const FormNode*> items_of(const FormNode& node);

// All fields of a request: a GET has them in the URL; a POST may have some in each, the body's
// counting.
std::string form_of(const http::RequestHead& head, std::string_view body);

bool is_form(const http::RequestHead& head);  // By its Content-Type.

}  // namespace onput::gateway::query
