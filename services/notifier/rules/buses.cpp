// What RuleBook does with buses beside making and removing them: descriptions and policies.
#include <fmt/format.h>

#include "common/auth/decision.hpp"
#include "common/service/policy_principal.hpp"
#include "common/service/request_values.hpp"
#include "services/notifier/rules/bus_policy.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/rules/rule_refusal.hpp"
#include "services/notifier/rules/rule_state.hpp"

namespace onput::notifier {
namespace {

inline constexpr std::size_t bus_policy_bytes_max = 10'240;

Result<std::optional<auth::Policy>> read_policy(const std::string& json) {
    if (json.empty()) return std::optional<auth::Policy>();
    if (json.size() > bus_policy_bytes_max) {
        return fail(ErrorCode::resource_exhausted, "The policy is longer than is allowed.",
                    "PolicyLengthExceededException");
    }
    auto policy = auth::Policy::parse(json, auth::PolicySource::request);
    if (!policy) {
        return invalid_request(
            fmt::format("Parameter Policy is not valid. Reason: {}", policy.error().message));
    }
    return std::optional<auth::Policy>(*std::move(policy));
}

constexpr std::string_view put_events_action = "events:PutEvents";

std::unexpected<Error> may_not_put(std::string_view who, std::string_view bus_arn,
                                   auth::PolicyEffect by_resource) {
    const std::string_view why =
        by_resource == auth::PolicyEffect::deny
            ? "with an explicit deny in a resource-based policy"
            : "because no resource-based policy allows the events:PutEvents action";
    return fail(ErrorCode::permission_denied,
                fmt::format("User: {} is not authorized to perform: {} on resource: {} {}", who,
                            put_events_action, bus_arn, why),
                "AccessDeniedException");
}

}  // namespace

Result<schema::BusInfo> RuleBook::update(const schema::UpdateBus& request, const Caller& caller,
                                         store::Batch& batch) {
    ONPUT_TRY(Bus * bus, state_->known_bus(request.name, caller.principal.account));
    bus->info.description = request.description;
    bus->info.modified_at = caller.now;
    State::write(*bus, batch);
    return bus->info;
}

Result<schema::Empty> RuleBook::put_permission(const schema::PutBusPermission& request,
                                               const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Bus * bus, state_->known_bus(request.bus, caller.principal.account));
    std::string text = request.policy;
    if (text.empty()) {
        ONPUT_TRY(text, add_statement(bus->info.policy, bus->info.arn, request));
    }
    ONPUT_TRY(bus->policy, read_policy(text));
    bus->info.policy = std::move(text);
    bus->info.modified_at = caller.now;
    State::write(*bus, batch);
    return schema::Empty{};
}

Result<schema::Empty> RuleBook::remove_permission(const schema::RemoveBusPermission& request,
                                                  const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Bus * bus, state_->known_bus(request.bus, caller.principal.account));
    std::string text;
    if (!request.is_all) {
        ONPUT_TRY(text, remove_statement(bus->info.policy, request.statement_id));
    }
    ONPUT_TRY(bus->policy, read_policy(text));
    bus->info.policy = std::move(text);
    bus->info.modified_at = caller.now;
    State::write(*bus, batch);
    return schema::Empty{};
}

Result<std::string> RuleBook::find_bus_for_put(std::string_view name, const Caller& caller) const {
    const schema::Principal& principal = caller.principal;
    const Bus* bus = nullptr;
    const auto other = state_->buses.find(name);  // By its ARN.
    if (other != state_->buses.end()) {
        bus = &other->second;
    } else {
        ONPUT_TRY(bus, state_->known_bus(name, principal.account));
    }
    auth::PolicyDecision by_resource;
    if (bus->policy) {
        auth::PolicyRequest request;
        request.principal = service::policy_principal_of(principal);
        request.action = put_events_action;
        request.resource = bus->info.arn;
        if (bus->policy->asks_for_values()) {
            request.values = service::request_values_of(caller);
            service::add_resource(bus->info.arn, bus->info.tags, request.values);
        }
        by_resource = bus->policy->evaluate(request);
    }
    const auto effect = auth::decide({.by_resource = by_resource,
                                      .by_identity = service::identity_effect_of(principal),
                                      .is_own_account = bus->info.account == principal.account});
    if (effect == auth::PolicyEffect::allow) return bus->info.arn;
    return may_not_put(schema::principal_arn(principal), bus->info.arn, by_resource.effect);
}

Result<std::string> RuleBook::find_bus_for_service(std::string_view arn,
                                                   const service::ServiceOrigin& origin) const {
    ONPUT_TRY(const Bus* bus, state_->known_bus(arn, origin.source_account));
    if (!bus->policy) return bus->info.arn;
    auth::PolicyRequest request{.principal = {.service = origin.service},
                                .action = std::string(put_events_action),
                                .resource = bus->info.arn,
                                .values = service::request_values_of(origin)};
    service::add_resource(bus->info.arn, bus->info.tags, request.values);
    const auto effect = bus->policy->evaluate(request).effect;
    if (effect == auth::PolicyEffect::deny)
        return may_not_put(origin.service, bus->info.arn, effect);
    return bus->info.arn;
}

}  // namespace onput::notifier
