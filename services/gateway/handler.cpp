#include "services/gateway/handler.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/log.hpp"
#include "common/base/random.hpp"
#include "services/gateway/admin.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/presigned.hpp"
#include "services/gateway/sqs/protocol.hpp"

namespace onput::gateway {
namespace {

// One per thread: neither is thread-safe.
Random& thread_random() {
    static thread_local Random random = Random::from_system();
    return random;
}
auth::SigningKeyCache& thread_signing_keys() {
    static thread_local auth::SigningKeyCache cache;
    return cache;
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
                           .query = {},
                           .headers = {},
                           .now = wall_now(),
                           .request_id = upper_hex(16),
                           .host_id = thread_random().hex(32),
                           .trace_id = thread_random().hex(32),
                           .identity = {}};
    context.headers.reserve(exchange.request().headers.size());
    for (const auto& header : exchange.request().headers)
        context.headers.push_back({header.name, header.value});
    return context;
}

auth::RequestView view_of(const RequestContext& context) {
    const auto& head = context.head();
    return {
        .method = head.method, .path = head.path, .query = head.query, .headers = context.headers};
}

struct Prove {
    std::string_view host_bucket;
    std::string_view body_sha256;
};

Result<void> prove(RequestContext& context, const auth::Claim& claim, const Prove& with) {
    const auth::VerifyInput input{.keys = context.shared.keys,
                                  .signing_keys = thread_signing_keys(),
                                  .now = context.now,
                                  .body_sha256 = with.body_sha256,
                                  .host_bucket = with.host_bucket};
    ONPUT_TRY(context.identity, auth::verify(claim, view_of(context), input));
    return {};
}

http::Task<Result<void>> serve_s3_operation(RequestContext& context, s3::Address address) {
    const std::string host_bucket = address.is_virtual_host ? address.bucket : std::string();
    const auto claim = auth::parse_claim(view_of(context));
    if (!claim) co_return std::unexpected(claim.error());
    const auto proven = prove(context, *claim, {.host_bucket = host_bucket, .body_sha256 = {}});
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
    if (response.head.status >= 500 && response.head.status != 501) {
        ++context.shared.errors_total;
        log::warn("request failed",
                  {{"request_id", context.request_id}, {"error", served.error().message}});
    }
    if (head.is_head()) response.body.clear();
    // The client may be gone; there is nobody left to tell.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

// The body belongs to SQS's signature, by the hash that we compute: a client that states one as
// well must state the same, and one that leaves the body unsigned is refused.
Result<void> prove_body(const RequestContext& context, std::string_view hash) {
    const auto& payload = context.identity.payload;
    if (payload.kind == auth::PayloadKind::body) return {};
    if (payload.kind == auth::PayloadKind::sha256 && http::equal_ignoring_case(payload.token, hash))
        return {};
    return fail(ErrorCode::permission_denied, "the body is not what was signed",
                "signature_does_not_match");
}

// SQS binds the body to the signature, so it is read first.
http::Task<void> serve_sqs(RequestContext& context) {
    sqs::Call call;
    auto body = co_await context.exchange.read_whole_body(sqs::request_bytes_max);
    Result<void> ready;
    if (body) {
        call = sqs::read_call(context, std::move(*body));
        const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, call.body));
        const auto claim = auth::parse_claim(view_of(context));
        ready = claim ? prove(context, *claim, {.host_bucket = {}, .body_sha256 = hash})
                      : Result<void>(std::unexpected(claim.error()));
        if (ready) ready = prove_body(context, hash);
    } else {
        call = sqs::read_call(context, {});
        ready = std::unexpected(body.error());
    }
    auto response = co_await sqs::serve(context, std::move(call), std::move(ready));
    if (response.head.status >= 500) ++context.shared.errors_total;
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

}  // namespace

http::Task<void> Handler::handle(http::Exchange& exchange) {
    ++shared_.requests_total;
    auto context = make_context(exchange, shared_);
    if (exchange.request().path.starts_with("/_onput/")) {
        co_await serve_admin(context);
        co_return;
    }
    auto query = http::parse_query(exchange.request().query);
    if (!query) {
        const Error error{.code = ErrorCode::invalid_argument,
                          .message = query.error().message,
                          .reason = "invalid_uri",
                          .details = {}};
        auto response = s3::render_error(
            {.error = error,
             .resource = std::string(exchange.request().path),
             .ids = {.request_id = context.request_id, .host_id = context.host_id}});
        static_cast<void>(
            co_await exchange.respond(std::move(response.head), std::move(response.body)));
        co_return;
    }
    context.query = std::move(*query);
    if (sqs::is_sqs(context)) {
        co_await serve_sqs(context);
    } else {
        co_await serve_s3(context);
    }
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
