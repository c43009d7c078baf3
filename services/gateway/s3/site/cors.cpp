#include "services/gateway/s3/site/cors.hpp"

#include <algorithm>

#include "common/schema/bucket_configuration.hpp"
#include "services/gateway/s3/operation.hpp"
#include "services/gateway/s3/site/cors_rules.hpp"

namespace onput::gateway::s3 {
namespace {

http::Task<Result<std::vector<CorsRule>>> fetch_rules(RequestContext& context,
                                                      const Address& address) {
    const schema::FindBucketConfiguration message{.bucket = address.bucket,
                                                  .kind = schema::BucketConfigurationKind::cors};
    auto found = co_await context.call(message);
    if (!found) co_return std::unexpected(std::move(found).error());
    co_return read_cors_rules(found->reply.document);
}

// Of two, rules could judge one and a reader of the answer mean the other.
Result<void> check_one_origin(const http::RequestHead& head) {
    const auto count = std::ranges::count_if(head.headers, [](const http::Header& header) {
        return http::equal_ignoring_case(header.name, "origin");
    });
    if (count <= 1) return {};
    return onput::fail(ErrorCode::invalid_argument,
                       "The header Origin is there twice; send it once.", "repeated_header");
}

}  // namespace

http::Task<Result<void>> apply_cors(RequestContext& context, const Address& address) {
    const auto& head = context.head();
    const auto origin = head.header("origin");
    if (!origin || address.bucket.empty()) co_return Result<void>();
    auto checked = check_one_origin(head);
    if (!checked) co_return checked;
    auto rules = co_await fetch_rules(context, address);
    if (!rules && rules.error().code == ErrorCode::not_found) co_return Result<void>();
    if (!rules) co_return std::unexpected(std::move(rules).error());
    auto headers = find_cors_headers(*rules, {.origin = *origin, .method = head.method});
    if (headers) context.cors_headers = *std::move(headers);
    co_return Result<void>();
}

http::Task<Result<void>> answer_preflight(RequestContext& context, const Address& address) {
    auto checked = check_one_origin(context.head());
    if (!checked) co_return checked;
    const auto asked = read_preflight(context.head());
    if (!asked) co_return std::unexpected(asked.error());
    auto rules = co_await fetch_rules(context, address);
    if (!rules) co_return std::unexpected(std::move(rules).error());
    auto headers = find_cors_headers(*rules, *asked);
    if (!headers) co_return refuse_preflight(*asked, address, *rules);
    context.cors_headers = *std::move(headers);
    http::ResponseHead head{.status = 200, .headers = common_headers(context)};
    co_return co_await context.exchange.respond(std::move(head));
}

}  // namespace onput::gateway::s3
