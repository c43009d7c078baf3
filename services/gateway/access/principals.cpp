#include "services/gateway/access/principals.hpp"

#include <algorithm>

#include "common/schema/access_keys.hpp"

namespace onput::gateway {
namespace {

bool is_configured(const auth::KeyRing& keys, const auth::NamedPrincipal& named) {
    return named.kind == auth::NamedPrincipal::Kind::user && named.path == "/" &&
           keys.has_user(named.account, named.name);
}

}  // namespace

http::Task<Result<std::string>> find_missing(RequestContext& context,
                                             std::vector<auth::NamedPrincipal> named) {
    schema::FindPrincipals message;
    for (const auto& one : named) {
        if (!is_configured(context.shared.keys, one)) message.arns.push_back(one.text());
    }
    if (message.arns.empty()) co_return std::string();
    auto options = context.call_options();
    options.access.reset();
    const auto answer = co_await context.call(message, std::move(options));
    if (!answer) co_return std::unexpected(answer.error());
    const auto& missing = answer->reply.missing;
    co_return missing.empty() ? std::string() : missing.front();
}

}  // namespace onput::gateway
