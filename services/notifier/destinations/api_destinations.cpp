// API destinations: what ConnectionBook does with them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/notifier/destinations/connection_auth.hpp"
#include "services/notifier/destinations/connection_book.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

constexpr std::array<std::string_view, 7> methods{"DELETE", "GET",  "HEAD", "OPTIONS",
                                                  "PATCH",  "POST", "PUT"};

std::string row_of(std::string_view name) {
    return "H/" + std::string(name);
}

std::unexpected<Error> no_such_destination(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("An api-destination '{}' does not exist.", name),
                "ResourceNotFoundException");
}

}  // namespace

void ConnectionBook::write(const schema::ApiDestinationInfo& info, store::Batch& batch) {
    batch.put(row_of(name_of(info.account, info.name)), schema::encode(info));
}

Result<ConnectionBook::ApiDestination*> ConnectionBook::known_destination(std::string_view name,
                                                                          const Caller& caller) {
    const auto found = destinations_.find(name_of(caller.principal.account, name));
    if (found == destinations_.end()) return no_such_destination(name);
    return &found->second;
}

Result<void> ConnectionBook::check_destination(const schema::ApiDestinationInfo& info) const {
    const Connection* connection = find_connection(info.connection_arn);
    if (connection == nullptr || connection->info.account != info.account) {
        return fail(ErrorCode::not_found,
                    fmt::format("Connection '{}' does not exist.", info.connection_arn),
                    "ResourceNotFoundException");
    }
    if (std::ranges::find(methods, info.http_method) == methods.end()) {
        return invalid_request(
            fmt::format("Parameter HttpMethod {} is not valid.", info.http_method));
    }
    if (info.rate_per_second == 0) {
        return invalid_request("Parameter InvocationRateLimitPerSecond must be at least 1.");
    }
    return check_url(info.endpoint, {.parameter = "InvocationEndpoint",
                                     .allows_http = options_.allows_http,
                                     .has_stars = true});
}

schema::ApiDestinationInfo ConnectionBook::told(const schema::ApiDestinationInfo& info) const {
    schema::ApiDestinationInfo copy = info;
    const Connection* connection = find_connection(info.connection_arn);
    copy.is_active =
        connection != nullptr &&
        connection->info.state == static_cast<std::uint8_t>(schema::ConnectionState::authorized);
    return copy;
}

Result<schema::ApiDestinationInfo> ConnectionBook::create(
    const schema::CreateApiDestination& request, const Caller& caller, store::Batch& batch) {
    const std::string& account = caller.principal.account;
    const std::string name = name_of(account, request.name);
    if (destinations_.contains(name)) {
        return fail(ErrorCode::conflict,
                    fmt::format("An api-destination '{}' already exists.", request.name),
                    "ResourceAlreadyExistsException");
    }
    const auto count = std::ranges::count_if(
        destinations_, [&account](const auto& row) { return row.second.info.account == account; });
    if (static_cast<std::size_t>(count) >= options_.destinations_max) return too_many();
    const schema::ApiDestinationInfo info{.arn = new_arn("api-destination", account, request.name),
                                          .name = request.name,
                                          .account = account,
                                          .description = request.description,
                                          .connection_arn = request.connection_arn,
                                          .endpoint = request.endpoint,
                                          .http_method = request.http_method,
                                          .rate_per_second = request.rate_per_second,
                                          .created_at = caller.now,
                                          .modified_at = caller.now};
    ONPUT_TRY_VOID(check_destination(info));
    write(info, batch);
    destinations_[name] = {.info = info, .rate = {}};
    return told(info);
}

Result<schema::ApiDestinationInfo> ConnectionBook::update(
    const schema::UpdateApiDestination& request, const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(ApiDestination * destination, known_destination(request.name, caller));
    schema::ApiDestinationInfo info = destination->info;
    if (request.description) info.description = *request.description;
    if (!request.connection_arn.empty()) info.connection_arn = request.connection_arn;
    if (!request.endpoint.empty()) info.endpoint = request.endpoint;
    if (!request.http_method.empty()) info.http_method = request.http_method;
    if (request.rate_per_second) info.rate_per_second = *request.rate_per_second;
    info.modified_at = caller.now;
    ONPUT_TRY_VOID(check_destination(info));
    destination->info = info;
    write(info, batch);
    return told(info);
}

Result<schema::Empty> ConnectionBook::remove(const schema::DeleteApiDestination& request,
                                             const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(const ApiDestination* destination, known_destination(request.name, caller));
    const std::string name = name_of(destination->info.account, destination->info.name);
    batch.remove(row_of(name));
    destinations_.erase(name);
    return schema::Empty{};
}

Result<schema::ApiDestinationInfo> ConnectionBook::get_destination(
    const schema::GetApiDestination& request, const Caller& caller) const {
    const auto found = destinations_.find(name_of(caller.principal.account, request.name));
    if (found == destinations_.end()) return no_such_destination(request.name);
    return told(found->second.info);
}

Result<schema::ApiDestinationList> ConnectionBook::list_destinations(
    const schema::ListApiDestinations& request, const Caller& caller) const {
    const std::string own = name_of(caller.principal.account, "");
    const auto count_max =
        std::clamp<std::size_t>(request.destinations_max, 1, schema::event_page_max);
    schema::ApiDestinationList page;
    for (auto at = destinations_.upper_bound(own + request.after);
         at != destinations_.end() && at->first.starts_with(own); ++at) {
        const schema::ApiDestinationInfo& info = at->second.info;
        if (!info.name.starts_with(request.prefix)) continue;
        const bool is_asked =
            request.connection_arn.empty() || request.connection_arn == info.connection_arn;
        if (!is_asked) continue;
        if (page.destinations.size() == count_max) {
            page.next = page.destinations.back().name;
            break;
        }
        page.destinations.push_back(told(info));
    }
    return page;
}

// --- What deliveries ask ----------------------------------------------------------------------

Result<ApiCall> ConnectionBook::find_call(std::string_view arn, std::string_view account) {
    const auto gone = [](std::string_view what) {
        return fail(ErrorCode::not_found, fmt::format("ResourceNotFound: {} does not exist", what));
    };
    const auto found = destinations_.find(row_name_in(arn));
    if (found == destinations_.end() || found->second.info.arn != arn ||
        found->second.info.account != account) {
        return gone("the API destination");
    }
    ApiDestination& destination = found->second;
    const Connection* connection = find_connection(destination.info.connection_arn);
    if (connection == nullptr) return gone("its connection");
    if (connection->info.state != static_cast<std::uint8_t>(schema::ConnectionState::authorized)) {
        return fail(ErrorCode::permission_denied, "AccessDenied: its connection is not authorized");
    }
    if (!connection->auth) {
        return fail(ErrorCode::unavailable,
                    fmt::format("the secrets of connection {} cannot be read: master key {} is "
                                "missing (ONPUT_MASTER_KEYS_SECRET)",
                                connection->info.name, connection->info.master_key));
    }
    return ApiCall{.destination = destination.info,
                   .connection = connection->info,
                   .auth = *connection->auth,
                   .rate = destination.rate};
}

}  // namespace onput::notifier
