// rest: the two wire forms in which an operation is a method and a path (rest-xml, rest-json), and
// its members travel in the path, the query, headers and the body. Pure; requests are hostile.
//
//     PUT /garden/{Bed}/{Path+}?plant      {Bed}: one segment, {Path+}: the rest, slashes and all
//     Place::headers                       all headers of a prefix, as a map without it
//     a payload                            the whole body is one member: a document, or its bytes
//     by a link                            GET of a POST's path, all members in the query: what
//                                          presigned URLs of it are (Polly's SynthesizeSpeech)
//
// Who streams bodies (S3) reads heads and bodies itself, and has only the documents from here.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::aws {

// Which operation of a model a request asks for. Made once.
class RestRouter {
public:
    // `by_link`: the operation that may be asked for by a link; empty: none.
    explicit RestRouter(const Model& model, std::string_view by_link = {});

    // Null when there is none. A segment that is written out goes before a label.
    [[nodiscard]] const Operation* find(const http::RequestHead& head,
                                        const std::vector<http::QueryParameter>& query) const;

private:
    std::vector<const Operation*> operations_;  // The most particular ones first.
    const Operation* by_link_ = nullptr;
};

struct RestRequest {
    const http::RequestHead& head;
    const std::vector<http::QueryParameter>& query;
    std::string_view body;
};
// For check(): what travels outside of the body is a text. invalid_argument, with the reason
// invalid_uri for a label that is not UTF-8 in percent-encoding, SerializationException or
// malformed_xml for a body.
Result<Value> read_rest_input(const RestRequest& request, const Operation& operation,
                              Protocol wire);

// Headers, status and body of a good answer.
http::Response render_rest_result(const AnswerFrame& frame, Protocol wire, const Value& result);

}  // namespace onput::gateway::aws
