#include "services/gateway/aws/service.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/authentication.hpp"
#include "services/gateway/aws/json.hpp"

namespace onput::gateway::aws {
namespace {

bool is_rest(Protocol wire) {
    return wire == Protocol::rest_json || wire == Protocol::rest_xml;
}

Run find_handler(const Service& service, std::string_view name) {
    const auto found = std::ranges::lower_bound(service.handlers, name, {}, &Handler::operation);
    return found != service.handlers.end() && found->operation == name ? found->run : nullptr;
}

Result<void> authenticate_call(RequestContext& context, const Service& service,
                               const RawCall& call) {
    if (!call.body) return std::unexpected(call.body.error());
    const bool admits_anyone =
        service.admits_anyone != nullptr && service.admits_anyone(call.operation);
    if (admits_anyone && is_anonymous(context)) return {};
    return authenticate_whole(context, *call.body);
}

// HEADs are what mail programs and chat servers send to links in advance: nothing may come of them.
Result<void> check_method(std::string_view method) {
    if (method == "GET" || method == "POST") return {};
    return fail(ErrorCode::invalid_argument,
                "Operations are asked for by GET and POST only. Nothing was changed.",
                "MethodNotAllowed");
}

Result<Value> read_tree(const RequestContext& context, const RawCall& call,
                        const Operation& operation, const Shape& shape) {
    if (is_rest(call.wire)) {
        return read_rest_input({.head = context.head(), .query = context.query, .body = *call.body},
                               operation, call.wire);
    }
    if (call.wire == Protocol::json)
        return read_json(call.body->empty() ? "{}" : *call.body, shape);
    if (!call.form) return std::unexpected(call.form.error());
    return read_input(*call.form, shape);
}

Result<Value> read_checked(const RequestContext& context, const Service& service,
                           const RawCall& call, const Operation& operation) {
    static const Shape nothing{.kind = Kind::structure};
    const Shape& shape = operation.input != nullptr ? *operation.input : nothing;
    ONPUT_TRY(auto input, read_tree(context, call, operation, shape));
    if (service.complete != nullptr) service.complete(context, input);
    const auto violations = check(input, shape, service.rules);
    if (violations.empty()) return input;
    const bool has_words = service.word != nullptr;
    return std::unexpected(has_words ? service.word(violations) : error_of(violations));
}

// By the type that is named first.
bool accepts_json(const http::RequestHead& head) {
    const std::string_view accepted = head.header("accept").value_or("");
    return equal_ignoring_case(trimmed(accepted.substr(0, accepted.find_first_of(",;"))),
                               "application/json");
}

// What AWS's front ends say to a GET that names no operation, such as a browser's to a queue's URL.
http::Response unknown_operation(std::string_view request_id) {
    http::Response response;
    response.head.status = 404;
    response.head.headers = {{"x-amzn-RequestId", std::string(request_id)}};
    response.body = "<UnknownOperationException/>\n";
    return response;
}

void add_tag(std::string key, std::string value, RequestTags& tags) {
    tags.keys.push_back(key);
    tags.tags.emplace_back(std::move(key), std::move(value));
}

// As the services write them: Tags or tags, a map or a list of keys and values; TagKeys or tagKeys.
RequestTags request_tags_in(const Value& input) {
    RequestTags tags;
    for (const std::string_view name : {"Tags", "tags"}) {
        const Value* given = input.find(name);
        if (given == nullptr) continue;
        if (given->map() != nullptr) {
            for (auto& [key, value] : texts_of(input, name)) add_tag(key, value, tags);
        } else if (given->list() != nullptr) {
            for (const Value& tag : *given->list())
                add_tag(tag.text_of("Key"), tag.text_of("Value"), tags);
        }
    }
    for (const std::string_view name : {"TagKeys", "tagKeys"}) {
        for (std::string& key : names_of(input, name)) tags.keys.push_back(std::move(key));
    }
    return tags;
}

// What is judged must be what is set: of two values one would be judged, and the other kept.
Result<void> check_unique(const RequestTags& tags) {
    std::set<std::string> keys;  // In any case of letters, as conditions on them.
    for (const auto& [key, value] : tags.tags) {
        if (!keys.insert(lower_case(key)).second)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("The tag {} is given twice.", key));
    }
    return {};
}

http::Task<Result<void>> authorize_call(Call& call, const Service& service) {
    if (!call.context.identity.limited) co_return Result<void>();
    if (service.find_subject != nullptr) {
        auto found = co_await service.find_subject(call);
        if (!found) co_return found;
    }
    const RequestTags tags = request_tags_in(call.input);
    const auto unique = check_unique(tags);
    if (!unique) co_return unique;
    if (service.asks != nullptr) co_return authorize(call.context, service.asks(call), tags);
    std::vector<AskedAction> asked(1);
    asked.front().action = fmt::format("{}:{}", service.name, call.operation.name);
    co_return authorize(call.context, asked, tags);
}

// How far a call has come.
struct Progress {
    const Operation* operation = nullptr;
    bool is_answered = false;
};

http::Task<Result<Value>> run(RequestContext& context, const Service& service, const RawCall& call,
                              Progress& progress) {
    if (auto ready = authenticate_call(context, service, call); !ready)
        co_return std::unexpected(std::move(ready).error());
    auto allowed = is_rest(call.wire) ? Result<void>() : check_method(context.head().method);
    if (!allowed) co_return std::unexpected(std::move(allowed).error());
    if (call.wire == Protocol::query && !call.form) co_return std::unexpected(call.form.error());
    const auto found = find_operation(service, call.operation);
    if (!found) co_return std::unexpected(found.error());
    progress.operation = found->operation;
    auto input = read_checked(context, service, call, *found->operation);
    if (!input) co_return std::unexpected(std::move(input).error());
    Call under_way{.context = context,
                   .operation = *found->operation,
                   .wire = call.wire,
                   .input = std::move(*input)};
    const auto authorized = co_await authorize_call(under_way, service);
    if (!authorized) co_return std::unexpected(authorized.error());
    if (service.tells_origin) context.access = origin_of(context);
    auto result = co_await found->run(under_way);
    progress.is_answered = under_way.is_answered;
    co_return result;
}

}  // namespace

Result<void> begin_stream(Call& call, const Model& model, const Value& result) {
    const AnswerFrame frame{
        .model = model, .operation = call.operation, .request_id = call.context.request_id};
    auto head = render_rest_result(frame, call.wire, result).head;
    ONPUT_TRY_VOID(call.context.exchange.start(std::move(head)));
    call.is_answered = true;
    return {};
}

std::string arn_of(const Call& call, const ArnParts& parts) {
    const std::string_view caller = call.context.identity.account_id;
    return fmt::format("arn:aws:{}:{}:{}:{}", parts.service, call.context.shared.config.region,
                       parts.account.empty() ? caller : parts.account, parts.name);
}

Result<Found> find_operation(const Service& service, std::string_view name) {
    const Operation* operation = service.model().find_operation(name);
    if (const Run run = operation != nullptr ? find_handler(service, name) : nullptr)
        return Found{.operation = operation, .run = run};
    if (name.empty()) {
        return fail(ErrorCode::invalid_argument, "The request must contain the parameter Action.",
                    "MissingAction");
    }
    if (operation != nullptr) {
        return fail(ErrorCode::unimplemented,
                    fmt::format("{} is not implemented here. Nothing was changed.", name),
                    std::string(service.refusal_reason));
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("The action {} is not valid for this endpoint.", name),
                "InvalidAction");
}

std::vector<std::string_view> operation_names(const Service& service) {
    std::vector<std::string_view> names;
    for (const auto& handler : service.handlers) names.push_back(handler.operation);
    return names;
}

RawCall read_call(const RequestContext& context, Protocol wire, const RestRouter* router,
                  Result<std::string> body) {
    const auto& head = context.head();
    RawCall call{.wire = wire, .operation = {}, .body = std::move(body)};
    if (wire == Protocol::query) {
        call.form = read_fields(form_of(head, call.body ? *call.body : ""));
        if (call.form) call.operation = call.form->text_of("Action");
    } else if (is_rest(wire)) {
        const auto* found = router->find(head, context.query);
        call.operation = found != nullptr ? std::string(found->name)
                                          : fmt::format("{} {}", head.method, head.path);
    } else {
        const std::string_view target = head.header("x-amz-target").value_or("");
        call.operation = target.substr(target.rfind('.') + 1);
    }
    return call;
}

http::Response render_error(const Service& service, const Error& error, Protocol wire,
                            std::string_view request_id) {
    const Model& model = service.model();
    return render_error(service.name_of(error, wire), wire,
                        {.xml_namespace = model.xml_namespace(),
                         .json_version = model.json_version(),
                         .type_prefix = service.json_prefix,
                         .request_id = request_id,
                         .has_detail = service.has_error_detail,
                         .is_query_compatible = wire == Protocol::json});
}

http::Task<std::optional<http::Response>> serve(RequestContext& context, const Service& service,
                                                RawCall call) {
    const bool wants_json = call.wire == Protocol::query && accepts_json(context.head());
    Progress progress;
    const auto result = co_await run(context, service, call, progress);
    if (progress.is_answered) co_return std::nullopt;
    if (result) {
        const AnswerFrame frame{.model = service.model(),
                                .operation = *progress.operation,
                                .request_id = context.request_id};
        if (wants_json) co_return render_query_json(frame, *result);
        co_return is_rest(call.wire) ? render_rest_result(frame, call.wire, *result)
                                     : render_result(frame, call.wire, *result);
    }
    // A client that has left, a long poll for instance, is sent nothing.
    if (result.error().reason == "client_gone") co_return std::nullopt;
    if (result.error().reason == "MissingAction" && context.head().method == "GET")
        co_return unknown_operation(context.request_id);
    auto response = wants_json
                        ? render_query_json_error(service.name_of(result.error(), call.wire),
                                                  context.request_id)
                        : render_error(service, result.error(), call.wire, context.request_id);
    if (is_failure(response.head.status)) note_failure(context, result.error());
    co_return response;
}

}  // namespace onput::gateway::aws
