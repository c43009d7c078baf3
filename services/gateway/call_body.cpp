#include "services/gateway/call_body.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "services/gateway/authentication.hpp"

namespace onput::gateway {
namespace {

std::unexpected<Error> access_denied() {
    return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
}

// Whether anybody may call something of this route; which operation it is, the body may tell.
bool may_be_anonymous(const Route& route) {
    return route.kind == Route::Kind::form ||
           (route.service != nullptr && route.service->admits_anyone != nullptr);
}

// How large the body may be, by what the head says of its sender.
Result<std::size_t> bytes_allowed(RequestContext& context, const Route& route) {
    if (!is_anonymous(context)) {
        const std::string_view service = route.service != nullptr ? route.service->name : "";
        ONPUT_TRY_VOID(check_head(context, service));
        return route.service != nullptr ? route.service->request_bytes_max : aws::request_bytes_max;
    }
    const auto& head = context.head();
    const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
    if (!has_body) return 0;
    if (!may_be_anonymous(route)) return access_denied();
    if (head.content_length.value_or(0) > anonymous_body_bytes_max) return access_denied();
    return anonymous_body_bytes_max;
}

}  // namespace

http::Task<Result<CallBody>> read_call_body(RequestContext& context, Route route) {
    const auto allowed = bytes_allowed(context, route);
    if (!allowed) co_return std::unexpected(allowed.error());
    const auto& head = context.head();
    const std::uint64_t announced = head.chunked ? *allowed : head.content_length.value_or(0);
    CallBody body;
    // Larger ones are refused by the reader, before it reads.
    if (announced <= *allowed) {
        auto reserved =
            co_await reserve(context.exchange, context.shared.body_memory,
                             static_cast<std::size_t>(announced), MemoryBudget::Use::whole);
        if (!reserved) co_return std::unexpected(std::move(reserved).error());
        body.memory = *std::move(reserved);
    }
    auto bytes = co_await context.exchange.read_whole_body(*allowed);
    if (!bytes && bytes.error().reason == "body_too_large" && is_anonymous(context))
        co_return access_denied();
    if (!bytes) co_return std::unexpected(std::move(bytes).error());
    body.bytes = *std::move(bytes);
    co_return body;
}

}  // namespace onput::gateway
