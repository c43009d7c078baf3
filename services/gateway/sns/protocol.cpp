#include "services/gateway/sns/protocol.hpp"

#include "services/gateway/query/form.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"
#include "services/gateway/sns/wire.hpp"

namespace onput::gateway::sns {
namespace {

http::Response render(const Value& result, const Call& call, const std::string& request_id) {
    http::Response response;
    response.head.headers = {{"x-amzn-RequestId", request_id}, {"Content-Type", "text/xml"}};
    response.body =
        write_xml({.operation = call.operation, .result = result, .request_id = request_id});
    return response;
}

// A HEAD is what mail programs and chat servers send to links in advance: it must not confirm.
Result<void> check_method(std::string_view method) {
    if (method == "GET" || method == "POST") return {};
    return fail(ErrorCode::invalid_argument,
                "Operations are asked for by GET and POST only. Nothing was changed.",
                "MethodNotAllowed");
}

http::Task<Result<Value>> run(RequestContext& context, const Call& call) {
    if (auto allowed = check_method(context.head().method); !allowed)
        co_return std::unexpected(std::move(allowed).error());
    if (!call.parameters) co_return std::unexpected(call.parameters.error());
    const auto operation = find_operation(call.operation);
    if (!operation) co_return std::unexpected(operation.error());
    SnsRequest request{.context = context, .parameters = *call.parameters};
    co_return co_await (*operation)(request);
}

}  // namespace

Call read_call(const RequestContext& context, std::string_view body) {
    Call call;
    call.parameters = read_form(query::form_of(context.head(), body));
    if (call.parameters) call.operation = call.parameters->text_of("Action");
    return call;
}

bool admits_anyone(std::string_view operation) {
    return operation == "ConfirmSubscription" || operation == "Unsubscribe";
}

http::Task<http::Response> serve(RequestContext& context, Call call, Result<void> ready) {
    Result<Value> result = fail(ErrorCode::internal, "not served");
    if (ready) {
        result = co_await run(context, call);
    } else {
        result = std::unexpected(ready.error());
    }
    if (result) co_return render(*result, call, context.request_id);
    auto response = render_error(result.error(), context.request_id);
    if (response.head.status >= 500) note_failure(context, result.error());
    co_return response;
}

}  // namespace onput::gateway::sns
