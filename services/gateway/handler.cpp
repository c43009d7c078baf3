#include "services/gateway/handler.hpp"

#include <chrono>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/access/recognition.hpp"
#include "services/gateway/admin.hpp"
#include "services/gateway/authentication.hpp"
#include "services/gateway/call_body.hpp"
#include "services/gateway/development_guard.hpp"
#include "services/gateway/lambda/url/serve.hpp"
#include "services/gateway/refusal.hpp"
#include "services/gateway/route.hpp"
#include "services/gateway/s3/customer_key.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/presigned.hpp"
#include "services/gateway/s3/region.hpp"
#include "services/gateway/s3/site/cors.hpp"
#include "services/gateway/s3/site/cors_rules.hpp"
#include "services/gateway/s3/site/record_access.hpp"
#include "services/gateway/s3/site/website.hpp"
#include "services/gateway/sns/certificate.hpp"
#include "services/gateway/tail/stream.hpp"

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

// Whoever does not say who he is gets answers as they are.
http::Task<Result<void>> check_anonymous_overrides(RequestContext& context, std::string bucket) {
    if (context.head().method != "GET" || !s3::overrides_answer(context.query))
        co_return Result<void>();
    const schema::HeadBucket message{.name = std::move(bucket)};
    const auto answer = co_await context.call(message);
    if (!answer && answer.error().code != ErrorCode::permission_denied)
        co_return std::unexpected(answer.error());
    co_return fail(ErrorCode::invalid_argument,
                   "Request specific response headers cannot be used for anonymous GET requests.",
                   "invalid_request");
}

Result<void> authenticate_s3(RequestContext& context, const std::string& host_bucket) {
    if (!is_anonymous(context)) return authenticate_head(context, host_bucket);
    ONPUT_TRY(context.identity.payload, auth::payload_of_anonymous(view_of(context)));
    return {};
}

// A page of another site cannot have secrets of its user here, but with the development keys it
// needs none: what it may do is what the bucket's CORS rules say of its origin.
http::Task<Result<void>> admit_page(RequestContext& context, const s3::Address& address) {
    const Config& config = context.shared.config;
    auto applied = co_await s3::apply_cors(context, address);
    if (!applied || !config.development_keys) co_return applied;
    auto same_site = check_same_site(context.head(), config.base_domain);
    const bool is_admitted = !context.cors_headers.empty() &&
                             s3::is_within_bucket(context.head(), address, context.query);
    if (is_admitted) co_return Result<void>();
    co_return same_site;
}

http::Task<Result<void>> serve_s3_operation(RequestContext& context, s3::Address address) {
    if (context.head().method == "OPTIONS" && !address.bucket.empty()) {
        context.logged.operation = "Preflight";
        co_return co_await s3::answer_preflight(context, address);
    }
    auto admitted = co_await admit_page(context, address);
    if (!admitted) co_return admitted;
    const std::string host_bucket = address.is_virtual_host ? address.bucket : std::string();
    const auto authenticated = authenticate_s3(context, host_bucket);
    if (!authenticated) co_return authenticated;
    s3::S3Request request{
        .context = context, .address = std::move(address), .head = context.head()};
    // Only a presigned URL's signature covers them.
    const auto scheme = context.identity.scheme;
    if (scheme == auth::Scheme::sigv2_query || scheme == auth::Scheme::sigv4_query)
        request.head = s3::with_url_headers(context.head(), context.query, context.identity.scheme);
    const s3::Lookup lookup{
        .head = request.head, .address = request.address, .query = context.query};
    const auto operation = s3::find_operation(lookup);
    if (!operation) co_return std::unexpected(operation.error());
    context.counted_as = &context.shared.metrics.of("s3").of(operation->name);
    context.logged.operation = operation->name;
    s3::set_access(request, operation->name);
    if (is_anonymous(context)) {
        const auto checked = co_await check_anonymous_overrides(context, request.address.bucket);
        if (!checked) co_return checked;
    }
    const auto key_admitted = co_await s3::admit_customer_key(request);
    if (!key_admitted) co_return key_admitted;
    co_return co_await s3::run_operation(*operation, request);
}

http::Task<void> send(RequestContext& context, http::Response response) {
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

http::Task<void> send_s3_error(RequestContext& context, const s3::Subject& subject, Error error) {
    error = s3::in_words_of_region(std::move(error), context.identity);
    const s3::ErrorAnswer answer{
        .error = error,
        .subject = subject,
        .ids = {.request_id = context.request_id, .host_id = context.host_id}};
    auto response = s3::render_error(answer);
    if (is_failure(response.head.status)) note_failure(context, error);
    context.logged.error_code = s3::name_of(error).code;
    for (const auto& header : context.cors_headers) response.head.headers.push_back(header);
    if (context.head().is_head()) response.body.clear();
    co_await send(context, std::move(response));
}

http::Task<void> serve_s3(RequestContext& context) {
    const auto& head = context.head();
    auto address = s3::parse_address(
        {.host = head.host, .path = head.path, .base_domain = context.shared.config.base_domain});
    Result<void> served;
    s3::Subject subject{.path = head.path};
    if (address) {
        subject.bucket = address->bucket;
        subject.key = address->key;
        served = co_await serve_s3_operation(context, *address);
    } else {
        served = std::unexpected(address.error());
    }
    // Who has left is sent nothing, and counts as gone.
    if (!served && served.error().reason != "client_gone")
        co_await send_s3_error(context, subject, std::move(served).error());
    s3::record_access(context, {.bucket = subject.bucket, .key = subject.key});
}

http::Task<void> serve_call(RequestContext& context, Route route) {
    const auto& head = context.head();
    auto read = co_await read_call_body(context, route);
    if (!read && read.error().reason == "client_gone") co_return;
    MemoryBudget::Reservation memory;
    Result<std::string> body;
    if (read) {
        memory = std::move(read->memory);
        body = std::move(read->bytes);
    } else {
        body = std::unexpected(std::move(read).error());
    }
    const auto* router = route.service != nullptr ? route.service->router : nullptr;
    auto call = aws::read_call(context, route.wire, router, std::move(body));
    if (route.kind == Route::Kind::form) {
        const auto version = call.form ? call.form->text_of("Version") : std::string_view();
        route = find_form_route(version, call.operation);
    }
    if (route.kind == Route::Kind::absent) {
        context.counted_as = nullptr;
        auto refusal = refuse_service(route, head, context.request_id);
        co_return co_await send(context, std::move(refusal));
    }
    auto& metrics = context.shared.metrics.of(route.service->name);
    context.counted_as = &metrics.of(call.operation);
    auto response = co_await aws::serve(context, *route.service, std::move(call));
    if (response) co_await send(context, *std::move(response));
}

// Before it is known which service is meant: in the words of S3.
http::Task<void> refuse(RequestContext& context, const Error& error) {
    auto response =
        s3::render_error({.error = error,
                          .subject = {.path = context.head().path},
                          .ids = {.request_id = context.request_id, .host_id = context.host_id}});
    if (context.head().is_head()) response.body.clear();
    co_await send(context, std::move(response));
}

// A parameter that is there twice could mean one thing to the route and another to the operation,
// and signatures do not tell their order. Lists travel so in REST, where operations read them all.
Result<void> check_parameters_come_once(const RequestContext& context, const Route& route) {
    const auto* router = route.service != nullptr ? route.service->router : nullptr;
    const auto* repeated = find_repeated_parameter(context.query);
    if (repeated == nullptr || router != nullptr) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("The query parameter {} is there twice; send it once.", repeated->name),
                "repeated_parameter");
}

// Links that SNS sends, followed in a web mail: the page is foreign, and nothing is signed with the
// development keys.
bool is_followed_link(const RequestContext& context, const Route& route) {
    const auto* service = route.service;
    return context.head().method == "GET" && is_anonymous(context) && service != nullptr &&
           service->admits_anyone != nullptr &&
           service->admits_anyone(context.parameter_text("Action"));
}

Result<void> check_sender(const RequestContext& context, const Route& route) {
    const Config& config = context.shared.config;
    // With S3 it depends on the bucket.
    const bool is_judged_later = route.kind == Route::Kind::s3 || is_followed_link(context, route);
    if (config.development_keys && !is_judged_later)
        ONPUT_TRY_VOID(check_same_site(context.head(), config.base_domain));
    return check_parameters_come_once(context, route);
}

// A request for any service.
http::Task<void> serve(RequestContext& context) {
    const auto& head = context.head();
    context.counted_as = &context.shared.metrics.of("s3").unknown();
    auto query = http::parse_query(head.query);
    if (!query) co_return co_await refuse(context, query.error());
    context.query = std::move(*query);
    if (sns::asks_for_certificate(head) && is_anonymous(context)) {
        context.counted_as = nullptr;
        co_return co_await sns::serve_certificate(context);
    }
    co_await recognise(context);
    const Route route = find_route(head, context.query);
    const auto checked = check_sender(context, route);
    if (!checked) co_return co_await refuse(context, checked.error());
    if (route.kind == Route::Kind::absent) {
        context.counted_as = nullptr;
        auto refusal = refuse_service(route, head, context.request_id);
        co_return co_await send(context, std::move(refusal));
    }
    if (route.kind == Route::Kind::s3) co_return co_await serve_s3(context);
    co_await serve_call(context, route);
}

}  // namespace

std::optional<Result<s3::WebsiteAddress>> Handler::website_of(const http::RequestHead& head) const {
    const s3::WebsiteSource source{
        .host = head.host, .path = head.path, .base_domain = shared_.config.base_domain};
    if (serves_ == Serves::websites) return s3::find_website_on_own_port(source);
    return s3::find_website(source);
}

http::Task<void> Handler::handle(http::Exchange& exchange) {
    ++shared_.requests_total;
    auto context = make_context(exchange, shared_);
    const auto began = std::chrono::steady_clock::now();
    const auto local = shared_.config.development_keys
                           ? check_local_host(context.head(), shared_.config.base_domain)
                           : Result<void>();
    if (!local) {
        co_await refuse(context, local.error());
    } else if (auto website = website_of(context.head())) {
        co_await s3::serve_website(context, *std::move(website));
    } else if (auto url = lambda::find_url_host(context.head().host, shared_.config.base_domain)) {
        co_await lambda::serve_url(context, *std::move(url));
    } else if (exchange.request().path == event_stream_path) {
        co_await serve_event_stream(context, open_streams_);
    } else if (exchange.request().path.starts_with("/_onput/")) {
        co_await serve_admin(context);
    } else {
        co_await serve(context);
    }
    if (is_failure(exchange.sent_status())) ++shared_.errors_total;
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
    } else if (error.reason == "too_many_heads") {
        code = "SlowDown";
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
