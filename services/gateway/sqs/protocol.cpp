#include "services/gateway/sqs/protocol.hpp"

#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::string_view target_prefix = "AmazonSQS.";

// The service of a signature's credential scope: "key/date/region/service/aws4_request".
bool names(std::string_view credential, std::string_view service) {
    const auto end = credential.find("/aws4_request");
    if (end == std::string_view::npos) return false;
    const std::string_view scope = credential.substr(0, end);
    return scope.ends_with(service) && scope.size() > service.size() &&
           scope[scope.size() - service.size() - 1] == '/';
}

bool is_form(const RequestContext& context) {
    return context.head()
        .header("content-type")
        .value_or("")
        .starts_with("application/x-www-form-urlencoded");
}

// "/000000000000/name": the queue that a client of the query protocol addresses.
std::string queue_path(std::string_view path) {
    const bool has_account =
        path.size() > 14 && path[0] == '/' && path[13] == '/' &&
        path.substr(1, 12).find_first_not_of("0123456789") == std::string_view::npos;
    return has_account ? std::string(path) : std::string();
}

http::Response render(const Value& result, const Call& call, const std::string& request_id) {
    http::Response response;
    response.head.headers = {{"x-amzn-RequestId", request_id}};
    if (call.wire == Wire::json) {
        response.head.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
        // Operations without a result answer with no body at all.
        if (!result.is_null()) response.body = write_json(result);
    } else {
        response.head.headers.emplace_back("Content-Type", "text/xml");
        response.body =
            write_xml({.operation = call.operation, .result = result, .request_id = request_id});
    }
    return response;
}

// A GET has its parameters in the query; a POST may have some in each, the body's counting.
std::string form_of(const RequestContext& context, const std::string& body) {
    return std::string(context.head().query) + "&" + body;
}

Result<Value> read_parameters(const RequestContext& context, const Call& call) {
    if (call.wire == Wire::json) return read_json(call.body.empty() ? "{}" : call.body);
    return read_form(form_of(context, call.body));
}

http::Task<Result<Value>> run(RequestContext& context, const Call& call) {
    auto parameters = read_parameters(context, call);
    if (!parameters) co_return std::unexpected(std::move(parameters).error());
    const auto operation = find_operation(call.operation);
    if (!operation) co_return std::unexpected(operation.error());
    SqsRequest request{.context = context,
                       .operation = call.operation,
                       .parameters = std::move(*parameters),
                       .wire = call.wire,
                       .path_queue = call.path_queue};
    co_return co_await (*operation)(request);
}

}  // namespace

bool is_sqs(const RequestContext& context) {
    const auto& head = context.head();
    if (head.header("x-amz-target").value_or("").starts_with(target_prefix)) return true;
    const std::string_view authorization = head.header("authorization").value_or("");
    const std::string credential = context.parameter_text("X-Amz-Credential");
    if (names(authorization, "sqs") || names(credential, "sqs")) return true;
    // Whoever signs for S3 means S3, whatever its parameters are called.
    if (names(authorization, "s3") || names(credential, "s3")) return false;
    return context.parameter("Action") != nullptr || (head.method == "POST" && is_form(context));
}

Call read_call(const RequestContext& context, std::string body) {
    const auto& head = context.head();
    Call call;
    call.body = std::move(body);
    call.path_queue = queue_path(head.path);
    const auto target = head.header("x-amz-target");
    if (target && target->starts_with(target_prefix)) {
        call.operation = target->substr(target_prefix.size());
        return call;
    }
    call.wire = Wire::query;
    if (const auto form = read_form(form_of(context, call.body)))
        call.operation = form->text_of("Action");
    return call;
}

http::Task<http::Response> serve(RequestContext& context, Call call, Result<void> ready) {
    Result<Value> result = fail(ErrorCode::internal, "not served");
    if (ready) {
        result = co_await run(context, call);
    } else {
        result = std::unexpected(ready.error());
    }
    if (!result) co_return render_error(result.error(), call.wire, context.request_id);
    co_return render(*result, call, context.request_id);
}

}  // namespace onput::gateway::sqs
