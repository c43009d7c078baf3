// render: results and errors in each wire form, by the shapes of the model. Pure.
//
//     query      <OpResponse xmlns=...>[<OpResult>members</OpResult>]<ResponseMetadata>...
//     json       {"Member": ...}
//     rest-xml   <Root xmlns=...>members</Root>, and rest-json {...}: headers and status as well
//                (rest.hpp)
//
// A result has the members of its shape only: another one is a mistake of ours, and ends the
// process. Members come in alphabetical order; in documents of rest-xml in the model's, which AWS
// follows and careless clients rely on.
#pragma once

#include <string>
#include <string_view>

#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::aws {

std::string render_json(const Value& result, const Shape& shape);

enum class MemberOrder : std::uint8_t { alphabetical, model };

// The members of a structure that travel in the body. `value` is a map, or null for none.
void write_members(XmlWriter& xml, const Value& value, const Shape& shape, MemberOrder order);

// A document of rest-xml.
struct Document {
    std::string_view root{};
    std::string_view xml_namespace{};
};
std::string render_document(const Document& document, const Value& value, const Shape& shape);

// What every answer of an operation is rendered with.
struct AnswerFrame {
    const Model& model;
    const Operation& operation;
    std::string_view request_id{};
};
// The answer of an operation in `json` or `query`. A null result of an operation that has an output
// is an empty one.
http::Response render_result(const AnswerFrame& frame, Protocol wire, const Value& result);

// The same for `query`, for callers that accept JSON only:
//
//     {"OpResponse": {"OpResult": {...}, "ResponseMetadata": {"RequestId": ...}}}
http::Response render_query_json(const AnswerFrame& frame, const Value& result);

// An error as clients see it.
struct ErrorName {
    int status = 400;
    std::string shape{};  // "QueueDoesNotExist": JSON's name.
    std::string code{};   // "AWS.SimpleQueueService.NonExistentQueue": the name in forms and XML.
    std::string message{};
};
struct ErrorFrame {
    std::string_view xml_namespace{};
    std::string_view json_version{};  // "1.0"
    std::string_view type_prefix{};   // "com.amazonaws.sqs#", before the shape's name in JSON.
    std::string_view request_id{};
    bool has_detail = false;           // SQS has an element Detail, which is empty.
    bool is_query_compatible = false;  // JSON names the code of the query protocol in a header.
};
http::Response render_error(const ErrorName& error, Protocol wire, const ErrorFrame& frame);
http::Response render_query_json_error(const ErrorName& error, std::string_view request_id);

}  // namespace onput::gateway::aws
