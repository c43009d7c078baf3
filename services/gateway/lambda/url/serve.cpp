#include "services/gateway/lambda/url/serve.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/function_url.hpp"
#include "services/gateway/access/authorization.hpp"
#include "services/gateway/access/recognition.hpp"
#include "services/gateway/authentication.hpp"
#include "services/gateway/development_guard.hpp"
#include "services/gateway/lambda/function_call.hpp"
#include "services/gateway/lambda/service.hpp"
#include "services/gateway/lambda/url/url_answer.hpp"
#include "services/gateway/lambda/url/url_cors.hpp"
#include "services/gateway/lambda/url/url_event.hpp"

namespace onput::gateway::lambda {
namespace {

// What is held in memory goes when the answer has been sent.
struct Answer {
    http::Response response;
    MemoryBudget::Reservation memory = {};
};

// A body is read, and its memory reserved, as it comes.
constexpr std::size_t piece_bytes = 64 * 1024;

struct Body {
    std::string bytes;
    MemoryBudget::Reservation memory = {};
};

std::unexpected<Error> forbidden() {
    return fail(ErrorCode::permission_denied, "Forbidden", "AccessDenied");
}

std::unexpected<Error> too_large() {
    return fail(
        ErrorCode::resource_exhausted,
        fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation",
                    schema::invoke_payload_bytes_max),
        "RequestTooLarge");
}

bool is_signed(const schema::FunctionUrl& url) {
    return url.auth_type == schema::function_url_signed;
}

http::Task<Result<schema::FunctionUrl>> find_url(RequestContext& context, UrlHost host) {
    const bool is_here = host.region == context.shared.config.region;
    if (!is_here || host.id.size() != schema::function_url_id_digits)
        co_return fail(ErrorCode::not_found, "There is no such function URL.", "ResourceNotFound");
    const schema::FindFunctionUrl message{.id = std::move(host.id)};
    auto found = co_await context.call(message);
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return std::move(found->reply);
}

// Of two origins, the configuration could judge one and a reader of the answer mean the other.
Result<void> check_page(const RequestContext& context, const schema::FunctionUrl& url) {
    const auto& head = context.head();
    const auto origins = std::ranges::count_if(head.headers, [](const http::Header& header) {
        return http::equal_ignoring_case(header.name, "origin");
    });
    if (origins > 1)
        return fail(ErrorCode::invalid_argument, "The header Origin is there twice; send it once.",
                    "repeated_header");
    if (url.has_cors && admits_page(url.cors, head)) return {};
    const Config& config = context.shared.config;
    return config.development_keys ? check_same_site(head, config.base_domain) : Result<void>();
}

http::Task<Result<void>> check_signature_head(RequestContext& context) {
    co_await recognise(context);
    if (is_anonymous(context)) co_return forbidden();
    co_return check_head(context, service().name);
}

bool has_body(const http::RequestHead& head) {
    return head.chunked || head.content_length.value_or(0) > 0;
}

http::Task<Result<Body>> read_body(RequestContext& context) {
    const auto& head = context.head();
    const std::size_t most = schema::invoke_payload_bytes_max;
    if (head.content_length.value_or(0) > most) co_return too_large();
    Body body;
    while (has_body(head)) {
        // The piece, and the event that it becomes a part of. Only who holds nothing waits.
        auto& budget = context.shared.body_memory;
        if (body.bytes.empty()) {
            auto memory = co_await reserve(context.exchange, budget, 2 * piece_bytes,
                                           MemoryBudget::Use::whole);
            if (!memory) co_return std::unexpected(std::move(memory).error());
            body.memory.add(*std::move(memory));
        } else {
            auto memory = budget.try_reserve(2 * piece_bytes, MemoryBudget::Use::whole);
            if (!memory) {
                budget.note_refused();
                co_return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.",
                               "slow_down");
            }
            body.memory.add(*std::move(memory));
        }
        const auto piece = co_await context.exchange.read_piece(piece_bytes);
        if (!piece) co_return std::unexpected(piece.error());
        body.bytes += *piece;
        if (body.bytes.size() > most) co_return too_large();
        if (piece->size() < piece_bytes) break;
    }
    co_return body;
}

Result<void> check_signature(RequestContext& context, const schema::FunctionUrl& url,
                             std::string_view body) {
    ONPUT_TRY_VOID(authenticate_whole(context, body));
    std::vector<AskedAction> asked(1);
    asked.front().action = "lambda:InvokeFunctionUrl";
    asked.front().resource = url.function_arn;
    asked.front().has_resource_policy = true;
    asked.front().values.emplace_back("lambda:functionurlauthtype", url.auth_type);
    asked.front().values.emplace_back("lambda:invokedviafunctionurl", "true");
    // Who is kept from the function is kept from its URL.
    asked.push_back(asked.front());
    asked.back().action = "lambda:InvokeFunction";
    asked.back().is_only_not_denied = true;
    return authorize(context, asked);
}

UrlCaller caller_of(const RequestContext& context) {
    const schema::Principal principal = context.principal();
    return {.account = principal.account,
            .access_key = principal.id,
            .user_arn = schema::principal_arn(principal),
            .user_id = principal.limited ? principal.limited->id : principal.account};
}

Result<std::string> make_event(const RequestContext& context, const schema::FunctionUrl& url,
                               std::string_view domain, std::string_view body) {
    const std::string scheme = context.public_address().scheme;
    const std::string client = context.client_address();
    const std::string peer = context.source_ip();
    UrlRequest request{.head = context.head(),
                       .query = context.query,
                       .body = body,
                       .url_id = url.id,
                       .domain = domain,
                       .scheme = scheme,
                       .client_ip = client,
                       .peer_ip = peer,
                       .request_id = context.request_id,
                       .now = context.now};
    if (is_signed(url)) request.caller = caller_of(context);
    std::string event = write_url_event(request);
    if (event.size() > schema::invoke_payload_bytes_max) return too_large();
    return event;
}

http::Response bad_gateway() {
    http::Response response;
    response.head.status = 502;
    response.head.headers = {{"content-type", "application/json"}};
    response.body = "Internal Server Error";
    return response;
}

Answer read_answer(RequestContext& context, FunctionAnswer answer) {
    Answer read{.response = bad_gateway(), .memory = std::move(answer.memory)};
    if (!answer.invoked.function_error.empty()) return read;
    auto response = read_url_answer(answer.payload);
    if (response) {
        read.response = *std::move(response);
    } else {
        note_failure(context, response.error());
    }
    return read;
}

http::Task<Result<Answer>> invoke(RequestContext& context, const schema::FunctionUrl& url,
                                  std::string event) {
    HeldPlace place(context, Random::from_system().uuid());
    const schema::PrepareUrlInvocation message{.id = url.id, .place = place.name()};
    auto prepared = co_await context.call(message);
    if (!prepared) co_return std::unexpected(std::move(prepared).error());
    place.settle(std::move(prepared->reply.place));
    schema::InvokeFunction task{.function = std::move(prepared->reply.function),
                                .version = std::move(prepared->reply.version),
                                .request_id = context.request_id,
                                .payload = std::move(event),
                                .client_context = {},
                                .trace_header = context.trace_header()};
    auto answer = co_await call_function(context, std::move(task), place);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return read_answer(context, *std::move(answer));
}

http::Task<Result<Answer>> answer_request(RequestContext& context, UrlHost host) {
    auto query = http::parse_query(context.head().query);
    if (!query) co_return std::unexpected(std::move(query).error());
    context.query = *std::move(query);
    const std::string domain = host.domain;
    const auto url = co_await find_url(context, std::move(host));
    if (!url) co_return std::unexpected(url.error());
    const auto page = check_page(context, *url);
    if (!page) co_return std::unexpected(page.error());
    if (url->has_cors) context.cors_headers = cors_headers(url->cors, context.head());
    if (url->has_cors && is_preflight(context.head())) co_return Answer{};
    if (is_signed(*url)) {
        const auto checked = co_await check_signature_head(context);
        if (!checked) co_return std::unexpected(checked.error());
    }
    if (!is_signed(*url) && has_body(context.head())) {
        // Nobody's bytes are taken for a function that would not see them.
        const schema::FindFunctionUrl question{.id = url->id, .asks_access = true};
        const auto may = co_await context.call(question);
        if (!may) co_return std::unexpected(may.error());
    }
    auto body = co_await read_body(context);
    if (!body) co_return std::unexpected(std::move(body).error());
    if (is_signed(*url)) {
        const auto checked = check_signature(context, *url, body->bytes);
        if (!checked) co_return std::unexpected(checked.error());
    }
    auto event = make_event(context, *url, domain, body->bytes);
    if (!event) co_return std::unexpected(std::move(event).error());
    // Only the event goes on.
    std::string().swap(body->bytes);
    body->memory.shrink(event->size());
    auto answer = co_await invoke(context, *url, *std::move(event));
    if (answer && url->has_cors) {
        std::erase_if(answer->response.head.headers,
                      [](const auto& header) { return is_cors_header(header.first); });
    }
    co_return answer;
}

http::Response render(RequestContext& context, const Error& error) {
    if (error.reason == "AccessDenied") {
        http::Response response;
        response.head.status = 403;
        response.head.headers = {{"content-type", "application/json"},
                                 {"x-amzn-ErrorType", "AccessDeniedException"}};
        response.body = R"({"Message":"Forbidden"})";
        return response;
    }
    auto response =
        aws::render_error(service(), error, aws::Protocol::rest_json, context.request_id);
    if (is_failure(response.head.status)) note_failure(context, error);
    return response;
}

}  // namespace

http::Task<void> serve_url(RequestContext& context, UrlHost host) {
    context.counted_as = &context.shared.metrics.of(service().name).of(url_request);
    // What the handler's context and log call it.
    context.request_id = Random::from_system().uuid();
    auto answered = co_await answer_request(context, std::move(host));
    // Who has left is sent nothing.
    if (!answered && answered.error().reason == "client_gone") co_return;
    Answer answer;
    if (answered) {
        answer = *std::move(answered);
        answer.response.head.headers.emplace_back("x-amzn-RequestId", context.request_id);
    } else {
        answer.response = render(context, answered.error());
    }
    auto& headers = answer.response.head.headers;
    headers.insert(headers.end(), context.cors_headers.begin(), context.cors_headers.end());
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(co_await context.exchange.respond(std::move(answer.response.head),
                                                        std::move(answer.response.body)));
}

}  // namespace onput::gateway::lambda
