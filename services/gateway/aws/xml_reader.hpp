// XML documents, by the shape of what they hold, with pugixml, which expands no entity. Pure; the
// bytes are hostile.
//
// A document must be well-formed UTF-8 without a DTD, at most xml_depth_max deep, and have its root
// and elements by the names of the shape, in any order, each once but for items of flattened lists;
// namespaces do not matter. Anything else is invalid_argument, reason malformed_xml.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

inline constexpr std::size_t xml_body_bytes_max = 1024 * 1024;
inline constexpr int xml_depth_max = 32;

// `root`: the name of the document's element.
Result<Value> read_xml(std::string_view body, std::string_view root, const Shape& shape);

}  // namespace onput::gateway::aws
