// What every reader of XML needs of pugixml. Included by .cpp files only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace onput::gateway::aws {

std::unexpected<Error> malformed_xml();

// The name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node);

// The only root of a document that is not hostile (xml_reader.hpp). `document` holds its texts.
Result<pugi::xml_node> parse_root(pugi::xml_document& document, std::string_view body,
                                  std::string_view expected);

// The elements of a node that may hold nothing else but blanks.
Result<std::vector<pugi::xml_node>> elements_of(const pugi::xml_node& node);

// The text of an element that holds nothing else; it must be the first of its kind.
Result<void> take_text(const pugi::xml_node& node, std::optional<std::string>& text);

}  // namespace onput::gateway::aws
