// SNS's forms and XML, from and to the tree that its operations take and give:
//
//     Tags.member.1.Key=a                             "Tags": [{"Key": "a"}]
//     Attributes.entry.1.key=a & ....value=b          "Attributes": {"a": "b"}
//     MessageAttributes.entry.1.Name=a & ....Value.DataType=String
//                                                     "MessageAttributes": {"a": {...}}
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/query/xml.hpp"

namespace onput::gateway::sns {

using query::Value;

inline constexpr std::string_view sns_namespace = "http://sns.amazonaws.com/doc/2010-03-31/";

// Errors as query::read_fields. An entry without a key is refused as well: InvalidParameter.
Result<Value> read_form(std::string_view form);

// Lists as <member>, and the map `Attributes` as <entry> with <key> and <value>.
std::string write_xml(const query::XmlAnswer& answer);

}  // namespace onput::gateway::sns
