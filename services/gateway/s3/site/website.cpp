#include "services/gateway/s3/site/website.hpp"

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/conditions.hpp"
#include "services/gateway/s3/get_object.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/site/cors.hpp"
#include "services/gateway/s3/site/record_access.hpp"
#include "services/gateway/s3/site/website_page.hpp"
#include "services/gateway/s3/site/website_rules.hpp"

namespace onput::gateway::s3 {
namespace {

// One request on its way through the rules.
struct Visit {
    RequestContext& context;
    WebsiteAddress address;
    // Of the object, and of the error document; none yet.
    std::optional<Error> failure{};
    std::optional<Error> document_failure{};
    std::string document_key{};
};

AnswerIds ids_of(const RequestContext& context) {
    return {.request_id = context.request_id, .host_id = context.host_id};
}

http::Task<void> send(Visit& visit, http::Response response) {
    RequestContext& context = visit.context;
    for (auto& header : context.cors_headers) response.head.headers.push_back(header);
    if (context.head().is_head()) response.body.clear();
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

http::Task<void> send_error(Visit& visit, const Error& error) {
    if (error.reason == "client_gone") co_return;
    RequestContext& context = visit.context;
    ErrorPage page{.error = error, .address = visit.address, .ids = ids_of(context)};
    if (visit.document_failure) page.document_error = &*visit.document_failure;
    page.document_key = visit.document_key;
    auto response = render_error_page(page);
    if (is_failure(response.head.status)) note_failure(context, error);
    context.logged.error_code = name_of(error).code;
    co_await send(visit, std::move(response));
}

Error method_not_allowed(std::string_view method) {
    return {
        .code = ErrorCode::invalid_argument,
        .message = "S3 has no such operation on a website",
        .reason = "method_not_allowed",
        .details = {
            {"Method", std::string(method)}, {"ResourceType", "OBJECT"}, {"Allow", "GET, HEAD"}}};
}

Error incorrect_endpoint(const WebsiteAddress& address, const Config& config,
                         std::string_view region) {
    return {.code = ErrorCode::invalid_argument,
            .message =
                "The specified bucket exists in another region. Please direct requests to "
                "the specified endpoint.",
            .reason = "incorrect_endpoint",
            .details = {{"Endpoint", fmt::format("{}.s3-website-{}.{}", address.bucket, region,
                                                 config.base_domain)}}};
}

http::Task<Result<WebsiteConfiguration>> fetch_configuration(Visit& visit) {
    const WebsiteAddress& address = visit.address;
    const schema::FindBucketConfiguration message{.bucket = address.bucket,
                                                  .kind = schema::BucketConfigurationKind::website};
    auto found = co_await visit.context.call(message);
    if (!found) co_return std::unexpected(std::move(found).error());
    const std::string& region = found->reply.region;
    if (!address.region.empty() && address.region != region)
        co_return std::unexpected(incorrect_endpoint(address, visit.context.shared.config, region));
    auto read = read_website(found->reply.document);
    if (!read) co_return std::unexpected(std::move(read).error());
    if (!*read) co_return onput::fail(ErrorCode::not_found, "", "no_such_website_configuration");
    co_return **std::move(read);
}

WebsiteRequest request_of(const Visit& visit) {
    const auto& head = visit.context.head();
    const auto& address = visit.address;
    auto reached = visit.context.public_address();
    std::string_view path = head.path;
    // As the path has it: the bucket may be encoded there in another way.
    if (!address.root.empty()) path.remove_prefix(std::min(path.find('/', 1), path.size()));
    return {.key = address.key,
            .root = address.root,
            .lacks_slash = address.lacks_slash,
            .scheme = std::move(reached.scheme),
            .host = std::move(reached.host),
            .raw_target =
                head.query.empty() ? std::string(path) : fmt::format("{}?{}", path, head.query),
            .query = std::string(head.query)};
}

S3Request object_request(Visit& visit, std::string key) {
    return {.context = visit.context,
            .address = {.bucket = visit.address.bucket, .key = std::move(key)},
            .head = visit.context.head()};
}

http::Task<Result<void>> send_redirect(Visit& visit, int status, std::string location) {
    auto page = render_redirect_page(status, std::move(location), ids_of(visit.context));
    co_await send(visit, std::move(page));
    co_return Result<void>();
}

// The object itself, or where it redirects to. Errors: why it could not be had; nothing has been
// answered then.
http::Task<Result<void>> answer_object(Visit& visit, std::string key) {
    RequestContext& context = visit.context;
    auto request = object_request(visit, std::move(key));
    const auto conditions = read_conditions(request.head, context.now);
    if (request.head.is_head()) {
        const schema::HeadObject message{.bucket = request.address.bucket,
                                         .key = request.address.key,
                                         .conditions = conditions,
                                         .is_read = true};
        auto answer = co_await context.call(message);
        if (!answer) co_return std::unexpected(std::move(answer).error());
        if (!answer->reply.website_redirect.empty())
            co_return co_await send_redirect(visit, 301, answer->reply.website_redirect);
        co_return co_await send_head(request, answer->reply);
    }
    const schema::GetObject message{.bucket = request.address.bucket,
                                    .key = request.address.key,
                                    .range = range_of(request.head),
                                    .conditions = conditions};
    auto fetched = co_await fetch_object(context, message);
    if (!fetched) co_return std::unexpected(std::move(fetched).error());
    const auto& got = fetched->answer.reply;
    if (!got.object.website_redirect.empty()) {
        close_read(context, got);
        co_return co_await send_redirect(visit, 301, got.object.website_redirect);
    }
    const SentAs as{};
    co_return co_await send_object(request, *fetched, as);
}

http::Task<Result<void>> answer_error_page(Visit& visit, std::string key, int status) {
    RequestContext& context = visit.context;
    visit.document_key = key;
    auto request = object_request(visit, std::move(key));
    const schema::GetObject message{.bucket = request.address.bucket, .key = request.address.key};
    auto fetched = co_await fetch_object(context, message);
    if (!fetched) co_return std::unexpected(std::move(fetched).error());
    context.logged.error_code = name_of(*visit.failure).code;
    const SentAs as{.status = status, .headers = headers_of_error(*visit.failure, visit.address)};
    co_return co_await send_object(request, *fetched, as);
}

// Whether there is such an object; who may not know is told of none.
http::Task<Result<bool>> probe(Visit& visit, const std::string& key) {
    const schema::HeadObject message{.bucket = visit.address.bucket, .key = key};
    const auto answer = co_await visit.context.call(message);
    if (answer) co_return true;
    const auto code = answer.error().code;
    if (code == ErrorCode::not_found || code == ErrorCode::permission_denied) co_return false;
    co_return std::unexpected(answer.error());
}

// 304 is an answer, and so is what is wrong with the client's own conditions and ranges.
bool is_of_request(const Error& error) {
    return error.reason == "not_modified";
}

http::Task<Result<void>> walk(Visit& visit, const WebsiteConfiguration& configuration) {
    using Kind = WebsiteAction::Kind;
    const auto request = request_of(visit);
    WebsiteLookups known;
    // Each lookup is made once.
    while (true) {
        auto action = decide(configuration, request, known);
        if (action.kind == Kind::redirect)
            co_return co_await send_redirect(visit, action.status, std::move(action.location));
        if (action.kind == Kind::fail) co_return std::unexpected(*visit.failure);
        if (action.kind == Kind::probe) {
            auto found = co_await probe(visit, action.key);
            if (!found) co_return std::unexpected(std::move(found).error());
            known.is_folder = *found;
            continue;
        }
        if (action.kind == Kind::get_error_page) {
            auto shown = co_await answer_error_page(visit, action.key, action.status);
            if (shown || shown.error().reason == "client_gone") co_return shown;
            visit.document_failure = std::move(shown).error();
            co_return std::unexpected(*visit.failure);
        }
        auto answered = co_await answer_object(visit, action.key);
        if (answered || is_of_request(answered.error()) || answered.error().reason == "client_gone")
            co_return answered;
        visit.failure = std::move(answered).error();
        known.failure = name_of(*visit.failure).status;
    }
}

http::Task<Result<void>> serve(Visit& visit) {
    RequestContext& context = visit.context;
    const Address whole{.bucket = visit.address.bucket, .key = visit.address.key};
    const std::string_view method = context.head().method;
    if (method == "OPTIONS") co_return co_await answer_preflight(context, whole);
    if (method != "GET" && method != "HEAD") co_return std::unexpected(method_not_allowed(method));
    auto applied = co_await apply_cors(context, whole);
    if (!applied) co_return applied;
    const auto configuration = co_await fetch_configuration(visit);
    if (!configuration) co_return std::unexpected(configuration.error());
    // Whatever is looked at, the visitor must be allowed to read it.
    auto visitor = object_request(visit, visit.address.key);
    set_access(visitor, "GetObject");
    co_return co_await walk(visit, *configuration);
}

// A 304 has the headers of a 200 instead of a body.
http::Task<void> send_not_modified(Visit& visit, const Error& error) {
    const ErrorAnswer answer{.error = error,
                             .subject = {.path = visit.context.head().path},
                             .ids = ids_of(visit.context)};
    auto response = render_error(answer);
    co_await send(visit, std::move(response));
}

}  // namespace

http::Task<void> serve_website(RequestContext& context, Result<WebsiteAddress> address) {
    // No parameter means anything, and nobody has signed.
    context.query.clear();
    Visit visit{.context = context, .address = {}};
    Result<void> served;
    if (address) {
        visit.address = *std::move(address);
        served = co_await serve(visit);
    } else {
        served = std::unexpected(std::move(address).error());
    }
    if (!served && served.error().reason == "not_modified") {
        co_await send_not_modified(visit, served.error());
    } else if (!served) {
        co_await send_error(visit, served.error());
    }
    record_access(context,
                  {.bucket = visit.address.bucket, .key = visit.address.key, .is_website = true});
}

}  // namespace onput::gateway::s3
