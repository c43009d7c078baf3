// Service: one AWS service that is served here: its model, the operations that exist, and its own
// words. What travels is read, judged and rendered here by the model, in every wire form, so that
// an operation is one function from a tree to a tree:
//
//     read_call     request -> name of the operation       nothing is judged yet
//     serve         authenticate -> find_operation -> input by its shape -> check -> run -> render
//
// A service is a folder with a `Service` in it (sqs/service.cpp); which there are, services.cpp
// says. S3 streams bodies and has a handler of its own (s3/operation.hpp).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/gateway/access/authorization.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/errors.hpp"
#include "services/gateway/aws/form.hpp"
#include "services/gateway/aws/model.hpp"
#include "services/gateway/aws/rest.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::aws {

// A message batch of 1 MiB, percent-encoded or as base64 in JSON, with room to spare.
inline constexpr std::size_t request_bytes_max = 8 * 1024 * 1024;

// One operation under way.
struct Call {
    RequestContext& context;
    const Operation& operation;
    Protocol wire = Protocol::json;
    Value input{};          // By the operation's shape, checked.
    std::string subject{};  // Of Service::find_subject; empty: there is none.
    // What conditions may ask of it, likewise.
    std::vector<std::pair<std::string, std::string>> subject_values{};
    // Of an operation that streams: it has begun its answer by itself (begin_stream).
    bool is_answered = false;
};

// The head of an answer whose payload the operation writes piece by piece: what `result` says in
// headers. From here on there is no error answer: who cannot go on aborts the exchange.
Result<void> begin_stream(Call& call, const Model& model, const Value& result);

// "arn:aws:sqs:REGION:ACCOUNT:NAME" of what is here, whatever region the caller has signed for.
struct ArnParts {
    std::string_view service;
    std::string_view name;
    std::string_view account = {};  // Empty: the caller's.
};
std::string arn_of(const Call& call, const ArnParts& parts);

// The result by the operation's shape; null where it has none.
using Outcome = http::Task<Result<Value>>;
using Run = Outcome (*)(Call&);

// An operation that exists here.
struct Handler {
    std::string_view operation{};
    Run run = nullptr;
};

struct Service {
    std::string_view name{};  // In metrics and signatures: "sqs".
    const Model& (*model)() = nullptr;
    std::span<const Handler> handlers{};  // Sorted by operation.

    CheckRules rules{};
    // Faults in the service's own words; null: AWS's general ones.
    Error (*word)(std::span<const Violation> violations) = nullptr;
    // Puts in what travels elsewhere than in the body. Before the check. Null: nothing does.
    void (*complete)(const RequestContext& context, Value& input) = nullptr;
    // What a call asks for, to the policies of who calls. Null: "NAME:Operation" on everything.
    std::vector<AskedAction> (*asks)(const Call& call) = nullptr;
    // Finds out what `asks` cannot know by itself, where policies decide, and puts it into
    // Call::subject and subject_values. Null: there is nothing to find.
    http::Task<Result<void>> (*find_subject)(Call& call) = nullptr;
    // Whether an anonymous caller may ask for an operation. Null: for none.
    bool (*admits_anyone)(std::string_view operation) = nullptr;

    const RestRouter* router = nullptr;  // Of a service that speaks REST.

    ErrorName (*name_of)(const Error& error, Protocol wire) = nullptr;
    std::string_view refusal_reason{};  // Of an operation that is not implemented here.
    std::string_view json_prefix{};     // "com.amazonaws.sqs#"
    bool has_error_detail = false;
    std::size_t request_bytes_max = aws::request_bytes_max;
    // The owners of its resources judge conditions of their policies: they are told where a request
    // comes from.
    bool tells_origin = false;
};

struct Found {
    const Operation* operation = nullptr;
    Run run = nullptr;
};
// unimplemented, with the service's own reason, for what the service has and this has not; reason
// InvalidAction for anything else, and MissingAction for no name at all.
Result<Found> find_operation(const Service& service, std::string_view name);

// Of all operations that there are.
std::vector<std::string_view> operation_names(const Service& service);

// A call as it was sent, parsed once: nothing in it is judged yet.
struct RawCall {
    Protocol wire = Protocol::json;
    std::string operation{};   // "SendMessage"; empty when none was named.
    Result<std::string> body;  // As it came; the reason why not.
    Result<FormNode> form{};   // Of the query protocol: the fields of URL and body.
};

// What the wire form says: the Action of a form, the X-Amz-Target of JSON, method and path of REST.
// `router`: of the service, for REST.
RawCall read_call(const RequestContext& context, Protocol wire, const RestRouter* router,
                  Result<std::string> body);

// Authenticates and runs the call, and renders its answer or error in its own wire form.
// Nothing when the client has left meanwhile.
http::Task<std::optional<http::Response>> serve(RequestContext& context, const Service& service,
                                                RawCall call);

// An error of a service in a wire form.
http::Response render_error(const Service& service, const Error& error, Protocol wire,
                            std::string_view request_id);

}  // namespace onput::gateway::aws
