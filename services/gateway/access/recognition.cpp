#include "services/gateway/access/recognition.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/auth/identity_decision.hpp"
#include "services/gateway/authentication.hpp"

namespace onput::gateway {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string cache_name(const schema::ResolveIdentity& message) {
    if (!message.access_key.empty()) return "key " + message.access_key;
    return fmt::format("session {} {} {} {} {}", message.account, message.role, message.user,
                       message.id, fmt::join(message.session_policy_arns, " "));
}

Result<std::shared_ptr<const KnownIdentity>> known_of(schema::ResolvedIdentity resolved) {
    auto known = std::make_shared<KnownIdentity>();
    // The texts are gone afterwards.
    const auto take = [&known](std::vector<std::string> documents) {
        for (const std::string& document : documents) known->policy_bytes += document.size();
        return auth::parse_policies(documents);
    };
    ONPUT_TRY(known->policies, take(std::exchange(resolved.documents, {})));
    ONPUT_TRY(known->session_policies, take(std::exchange(resolved.session_documents, {})));
    if (auto boundary = std::exchange(resolved.boundary, {})) {
        std::vector<std::string> documents;
        if (!boundary->empty()) documents.push_back(*std::move(boundary));
        ONPUT_TRY(known->boundary, take(std::move(documents)));
    }
    known->resolved = std::move(resolved);
    return known;
}

// Null: there is no such identity.
http::Task<Result<std::shared_ptr<const KnownIdentity>>> resolve(RequestContext& context,
                                                                 schema::ResolveIdentity message) {
    using Known = std::shared_ptr<const KnownIdentity>;
    const std::string name = cache_name(message);
    IdentityCache& cache = context.shared.identities;
    if (auto found = cache.find(name, SteadyClock::now())) co_return found;
    auto options = context.call_options();
    options.principal = {.account = {}, .id = "gateway", .user = {}, .region = {}};
    options.access.reset();
    auto answer = co_await context.call(message, std::move(options));
    if (!answer && answer.error().code == ErrorCode::not_found) co_return Known();
    if (!answer) co_return std::unexpected(std::move(answer).error());
    auto known = known_of(std::move(answer->reply));
    if (known) cache.keep(name, *known, SteadyClock::now());
    co_return known;
}

auth::KnownKey key_of(std::string access_key, const schema::ResolvedIdentity& resolved) {
    return {
        .access_key = std::move(access_key),
        .credential = {.secret = resolved.secret,
                       .account_id = resolved.account,
                       .user = resolved.name,
                       .limited = auth::LimitedIdentity{.id = resolved.id, .path = resolved.path}}};
}

http::Task<void> look_up_key(RequestContext& context, schema::ResolveIdentity message) {
    const std::string access_key = message.access_key;
    auto known = co_await resolve(context, std::move(message));
    auto& recognised = context.recognised;
    if (!known) {
        recognised.error = std::move(known).error();
    } else if (*known != nullptr) {
        recognised.key = key_of(access_key, (*known)->resolved);
        recognised.identity = *std::move(known);
    }
}

http::Task<void> look_up_session(RequestContext& context, auth::Credential credential) {
    const auto& limited = *credential.limited;
    schema::ResolveIdentity message{.account = credential.account_id,
                                    .role = limited.role,
                                    .user = limited.role.empty() ? credential.user : "",
                                    .id = limited.id,
                                    .session_policy_arns = limited.session_policy_arns};
    auto known = co_await resolve(context, std::move(message));
    auto& recognised = context.recognised;
    if (!known) {
        recognised.error = std::move(known).error();
    } else if (*known != nullptr) {
        recognised.identity = *std::move(known);
    } else {
        recognised.error = Error{.code = ErrorCode::invalid_argument,
                                 .message =
                                     "The role or user of the provided token does not exist "
                                     "any more.",
                                 .reason = "invalid_token",
                                 .details = {}};
    }
}

}  // namespace

http::Task<void> recognise(RequestContext& context) {
    const auto& claim = claim_of(context);
    const Shared& shared = context.shared;
    if (!claim || shared.keys.find(claim->access_key) != nullptr) co_return;
    if (!claim->security_token) {
        schema::ResolveIdentity message{.access_key = claim->access_key};
        co_return co_await look_up_key(context, std::move(message));
    }
    if (shared.sessions == nullptr) co_return;
    auto session = shared.sessions->open(claim->access_key, *claim->security_token, context.now);
    if (!session || !session->limited) co_return;
    co_await look_up_session(context, *std::move(session));
}

http::Task<void> recognise_key(RequestContext& context, std::string access_key) {
    if (context.shared.keys.find(access_key) != nullptr) co_return;
    schema::ResolveIdentity message{.access_key = std::move(access_key)};
    co_await look_up_key(context, std::move(message));
}

void note_use(RequestContext& context) {
    const auto& recognised = context.recognised;
    const auto& identity = context.identity;
    const bool is_of_user = recognised.key && recognised.identity != nullptr &&
                            recognised.key->access_key == identity.access_key;
    if (!is_of_user || recognised.identity->is_use_noted.exchange(true)) return;
    schema::ResolveIdentity message{.access_key = identity.access_key,
                                    .service = identity.scope.service,
                                    .region = identity.scope.region};
    if (message.service.empty()) message.service = "s3";
    context.shared.backend.send_and_forget(message,
                                           {.principal = {.account = {}, .id = "gateway"}});
}

}  // namespace onput::gateway
