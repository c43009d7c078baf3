// The form of the query protocol ("Action=Publish&Tags.member.1.Key=a"): first a tree of dotted
// names, which says whom the request is for, then the input of an operation by its shape. Pure;
// everything in here is hostile.
//
//     Tags.member.1.Key=a                   a list               "Tags": [{"Key": "a"}]
//     AttributeName.1=All                   a flattened list     "AttributeNames": ["All"]
//     Attributes.entry.1.key=a & .value=b   a map                "Attributes": {"a": "b"}
//     Attribute.1.Name=a & .Value=b         a flattened map      "Attributes": {"a": "b"}
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::aws {

inline constexpr std::size_t form_index_max = 1000;  // The N of "Attribute.N.Name".

struct FormNode {
    std::string text{};  // Of the field that has this very name.
    std::map<std::string, FormNode, std::less<>> members{};

    // Null when there is none.
    [[nodiscard]] const FormNode* find(std::string_view name) const;
    // The text of a member; "" when there is none.
    [[nodiscard]] std::string_view text_of(std::string_view name) const;
};

// A field that is there twice has its last value. invalid_argument, reason MalformedQueryString,
// for broken percent-encoding, other than UTF-8, names of more than value_depth_max parts, and more
// than http::query_parameters_max fields.
Result<FormNode> read_fields(std::string_view form);

// The members that the shape of an input names; all others are passed over, as AWS does. Scalars
// stay texts. Indices count in numeric order, and gaps do not matter; what is no index is no item.
// invalid_argument, reason malformed_map, for an entry without a key, or with one that another has.
Result<Value> read_input(const FormNode& fields, const Shape& input);

// All fields of a request: a GET has them in the URL; a POST may have some in each, the body's
// counting.
std::string form_of(const http::RequestHead& head, std::string_view body);

bool is_form(const http::RequestHead& head);  // By its Content-Type.

}  // namespace onput::gateway::aws
