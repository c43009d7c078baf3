#include "services/gateway/sqs/protocol.hpp"

#include "services/gateway/query/form.hpp"
#include "services/gateway/sqs/errors.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

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

Result<Value> read_parameters(const RequestContext& context, const Call& call) {
    if (call.wire == Wire::json) return read_json(call.body.empty() ? "{}" : call.body);
    return read_form(query::form_of(context.head(), call.body));
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
    if (const auto form = read_form(query::form_of(context.head(), call.body)))
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
    if (!result) {
        auto response = render_error(result.error(), call.wire, context.request_id);
        if (response.head.status >= 500) note_failure(context, result.error());
        co_return response;
    }
    co_return render(*result, call, context.request_id);
}

}  // namespace onput::gateway::sqs
