// How SQS's two protocols write the tree that its operations are given and answer with.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/query/value.hpp"
#include "services/gateway/query/xml.hpp"

namespace onput::gateway::sqs {

using query::Value;

inline constexpr std::string_view sqs_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";

inline constexpr std::size_t json_items_max = 20'000;  // Elements of all lists and maps together.

// A JSON object within these limits, and query::value_depth_max. invalid_argument, reason
// SerializationException, for anything else.
Result<Value> read_json(std::string_view text);
std::string write_json(const Value& value);

// The fields of a form ("Action=SendMessage&MessageBody=..."), their flattened lists and maps put
// together as JSON has them. Errors as query::read_fields.
Result<Value> read_form(std::string_view form);

// <OperationResponse><OperationResult>...: lists flattened, maps as Name and Value.
using query::XmlAnswer;
std::string write_xml(const XmlAnswer& answer);

}  // namespace onput::gateway::sqs
