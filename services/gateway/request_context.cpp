#include "services/gateway/request_context.hpp"

#include <algorithm>

#include "common/base/log.hpp"

namespace onput::gateway {
namespace {

constexpr std::size_t trace_header_bytes_max = 1024;

}  // namespace

schema::Principal RequestContext::principal() const {
    schema::Principal made{.account = identity.account_id,
                           .id = identity.access_key,
                           .user = identity.user,
                           .region = identity.scope.region};
    if (!identity.limited) return made;
    const auto& limited = *identity.limited;
    made.limited = {.id = limited.id,
                    .path = limited.path,
                    .role = limited.role,
                    .session = limited.session,
                    .session_policies = limited.session_policies,
                    .grant = grant,
                    .issued_at = limited.issued_at,
                    .session_policy_arns = limited.session_policy_arns};
    if (recognised.identity == nullptr) return made;
    const schema::ResolvedIdentity& resolved = recognised.identity->resolved;
    made.limited->id = resolved.id;
    made.limited->path = resolved.path;
    made.limited->tags = resolved.tags;
    return made;
}

std::string RequestContext::trace_header() const {
    const auto value = head().header("x-amzn-trace-id").value_or("");
    const bool is_plain = std::ranges::all_of(value, [](char c) { return c >= ' ' && c < 0x7f; });
    return is_plain && value.size() <= trace_header_bytes_max ? std::string(value) : std::string();
}

http::Task<Result<transport::Reply>> RequestContext::receive(Backend::ReplyBox box) {
    if (kept_alive_by == nullptr) co_return co_await exchange.receive(std::move(box));
    while (true) {
        auto reply = co_await exchange.receive(box, keep_alive_check);
        if (reply || reply.error().reason != "no_answer") co_return reply;
        auto kept_alive = co_await kept_alive_by->keep_alive();
        if (!kept_alive) co_return std::unexpected(std::move(kept_alive).error());
    }
}

void note_failure(RequestContext& context, const Error& error) {
    log::warn("request failed", {{"request_id", context.request_id}, {"error", error.message}});
}

}  // namespace onput::gateway
