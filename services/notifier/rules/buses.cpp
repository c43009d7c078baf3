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
        request.action = "events:PutEvents";
        request.resource = bus->info.arn;
        if (bus->policy->asks_for_values()) request.values = service::request_values_of(caller);
        by_resource = bus->policy->evaluate(request);
    }
    const auto effect = auth::decide({.by_resource = by_resource,
                                      .by_identity = service::identity_effect_of(principal),
                                      .is_own_account = bus->info.account == principal.account});
    if (effect == auth::PolicyEffect::allow) return bus->info.arn;
    const std::string_view why =
        by_resource.effect == auth::PolicyEffect::deny
            ? "with an explicit deny in a resource-based policy"
            : "because no resource-based policy allows the events:PutEvents action";
    return fail(ErrorCode::permission_denied,
                fmt::format("User: {} is not authorized to perform: events:PutEvents on resource: "
                            "{} {}",
                            schema::principal_arn(principal), bus->info.arn, why),
                "AccessDeniedException");
}

}  // namespace onput::notifier
