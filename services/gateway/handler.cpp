#include "services/gateway/handler.hpp"

#include <chrono>

#include "common/base/random.hpp"
#include "services/gateway/admin.hpp"
#include "services/gateway/proof.hpp"
#include "services/gateway/query/form.hpp"
#include "services/gateway/route.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/presigned.hpp"
#include "services/gateway/sns/certificate.hpp"
#include "services/gateway/sns/protocol.hpp"
#include "services/gateway/sqs/protocol.hpp"

namespace onput::gateway {
namespace {

// One per thread: it is not thread-safe.
Random& thread_random() {
    static thread_local Random random = Random::from_system();
    return random;
}

std::string upper_hex(std::size_t digits) {
    std::string text = thread_random().hex(digits);
    for (char& c : text) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

RequestContext make_context(http::Exchange& exchange, Shared& shared) {
    RequestContext context{.exchange = exchange,
                           .shared = shared,
                           .now = wall_now(),
                           .request_id = upper_hex(16),
                           .host_id = thread_random().hex(32),
                           .trace_id = thread_random().hex(32)};
    context.headers.reserve(exchange.request().headers.size());
    for (const auto& header : exchange.request().headers)
        context.headers.push_back({header.name, header.value});
    return context;
}

http::Task<Result<void>> serve_s3_operation(RequestContext& context, s3::Address address) {
    const std::string host_bucket = address.is_virtual_host ? address.bucket : std::string();
    const auto proven = prove_head(context, host_bucket);
    if (!proven) co_return proven;
    s3::S3Request request{
        .context = context, .address = std::move(address), .head = context.head()};
    if (context.identity.scheme != auth::Scheme::sigv4_header)
        request.head = s3::with_url_headers(context.head(), context.query);
    const s3::Question question{.head = request.head,
                                .address = request.address,
                                .query = context.query,
                                .account = context.identity.account_id};
    const auto operation = s3::find_operation(question);
    if (!operation) co_return std::unexpected(operation.error());
    context.counted_as = &context.shared.figures.s3.of(operation->name);
    co_return co_await operation->run(request);
}

http::Task<void> serve_s3(RequestContext& context) {
    const auto& head = context.head();
    auto address = s3::parse_address(
        {.host = head.host, .path = head.path, .base_domain = context.shared.config.base_domain});
    Result<void> served;
    std::string resource(head.path);
    if (address) {
        served = co_await serve_s3_operation(context, std::move(*address));
    } else {
        served = std::unexpected(address.error());
    }
    if (served) co_return;
    const s3::ErrorAnswer answer{
        .error = served.error(),
        .resource = std::move(resource),
        .ids = {.request_id = context.request_id, .host_id = context.host_id}};
    auto response = s3::render_error(answer);
    // What does not exist here is the caller's concern, not a failure.
    if (response.head.status >= 500 && response.head.status != 501)
        note_failure(context, served.error());
    if (head.is_head()) response.body.clear();
    // The client may be gone; there is nobody left to tell.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

http::Task<http::Response> serve_sqs(RequestContext& context, Result<std::string> body) {
    auto call = sqs::read_call(context, body ? std::move(*body) : std::string());
    context.counted_as = &context.shared.figures.sqs.of(call.operation);
    auto ready = body ? prove_whole(context, call.body) : std::unexpected(body.error());
    co_return co_await sqs::serve(context, std::move(call), std::move(ready));
}

http::Task<http::Response> serve_sns(RequestContext& context, Result<std::string> body) {
    const std::string text = body ? std::move(*body) : std::string();
    auto call = sns::read_call(context, text);
    context.counted_as = &context.shared.figures.sns.of(call.operation);
    Result<void> ready;
    if (!body) {
        ready = std::unexpected(body.error());
    } else if (!is_anonymous(context) || !sns::admits_anyone(call.operation)) {
        ready = prove_whole(context, text);
    }
    co_return co_await sns::serve(context, std::move(call), std::move(ready));
}

// The query protocol binds the body to the signature, so it is read first.
http::Task<void> serve_query(RequestContext& context, Protocol protocol) {
    auto body = co_await context.exchange.read_whole_body(query::request_bytes_max);
    if (protocol == Protocol::form)
        protocol = protocol_of_form(query::form_of(context.head(), body ? *body : ""));
    http::Response response;
    if (protocol == Protocol::sns) {
        response = co_await serve_sns(context, std::move(body));
    } else {
        response = co_await serve_sqs(context, std::move(body));
    }
    // The client may be gone; there is nobody left to tell.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

// Any protocol's request.
http::Task<void> serve(RequestContext& context) {
    http::Exchange& exchange = context.exchange;
    context.counted_as = &context.shared.figures.s3.unknown();
    auto query = http::parse_query(exchange.request().query);
    if (!query) {
        const Error error{.code = ErrorCode::invalid_argument,
                          .message = query.error().message,
                          .reason = "invalid_uri"};
        auto response = s3::render_error(
            {.error = error,
             .resource = std::string(exchange.request().path),
             .ids = {.request_id = context.request_id, .host_id = context.host_id}});
        static_cast<void>(
            co_await exchange.respond(std::move(response.head), std::move(response.body)));
        co_return;
    }
    context.query = std::move(*query);
    const Protocol protocol = protocol_of(exchange.request(), context.query);
    if (sns::asks_for_certificate(exchange.request()) && is_anonymous(context)) {
        context.counted_as = nullptr;
        co_await sns::serve_certificate(context);
    } else if (protocol == Protocol::s3) {
        co_await serve_s3(context);
    } else {
        co_await serve_query(context, protocol);
    }
}

}  // namespace

http::Task<void> Handler::handle(http::Exchange& exchange) {
    ++shared_.requests_total;
    auto context = make_context(exchange, shared_);
    if (exchange.request().path.starts_with("/_onput/")) {
        co_await serve_admin(context);
        co_return;
    }
    const auto began = std::chrono::steady_clock::now();
    co_await serve(context);
    if (context.counted_as == nullptr) co_return;
    const auto took = std::chrono::steady_clock::now() - began;
    context.counted_as->count(exchange.sent_status(), std::chrono::duration_cast<Duration>(took));
}

http::Response render_protocol_error(const http::ProtocolError& error) {
    std::string_view code = "BadRequest";
    int status = error.status;
    if (error.reason == "header_section_too_large" || error.reason == "too_many_headers") {
        // S3 answers 400 here, with its own name.
        code = "RequestHeaderSectionTooLarge";
        status = 400;
    } else if (error.reason == "target_too_long") {
        code = "InvalidURI";
        status = 400;
    } else if (error.reason == "request_timeout") {
        code = "RequestTimeout";
        status = 400;
    } else if (error.reason == "no_answer") {
        code = "InternalError";
    } else if (error.reason == "unsupported_transfer_coding" ||
               error.reason == "unsupported_expectation") {
        code = "NotImplemented";
    }
    return s3::render_named_error(
        {.status = status, .code = code, .message = error.message},
        {.request_id = upper_hex(16), .host_id = thread_random().hex(32)});
}

}  // namespace onput::gateway
