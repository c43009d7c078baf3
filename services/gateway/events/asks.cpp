// What EventBridge's operations ask of the policies of who calls. A target's role is handed over
// with it, and who names a bus as a target must be allowed to put events on it, who names an API
// destination to call it.
#include <set>

#include <fmt/format.h>

#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

constexpr std::string_view default_bus = "default";

// A bus is named by its name or its ARN.
std::string bus_arn(const Call& call, const std::string& named) {
    if (named.starts_with("arn:")) return named;
    const std::string name =
        fmt::format("event-bus/{}", named.empty() ? default_bus : std::string_view(named));
    return aws::arn_of(call, {.service = "events", .name = name});
}

std::string rule_arn(const Call& call, const std::string& rule) {
    std::string bus = call.input.text_of("EventBusName");
    bus = bus.substr(bus.rfind('/') + 1);
    const bool is_default = bus.empty() || bus == default_bus;
    const std::string name =
        is_default ? fmt::format("rule/{}", rule) : fmt::format("rule/{}/{}", bus, rule);
    return aws::arn_of(call, {.service = "events", .name = name});
}

// "archive/a", "replay/r", "connection/c", "api-destination/d"; empty: the operation names none.
std::string named_path(std::string_view operation, const Value& input) {
    const std::string name = input.text_of("Name");
    if (!name.empty() && operation.ends_with("Connection")) return "connection/" + name;
    if (!name.empty() && operation.ends_with("ApiDestination")) return "api-destination/" + name;
    if (const std::string replay = input.text_of("ReplayName"); !replay.empty()) {
        return "replay/" + replay;
    }
    const std::string archive = input.text_of("ArchiveName");
    return archive.empty() ? archive : "archive/" + archive;
}

std::vector<AskedAction> of_entries(const Call& call) {
    std::set<std::string> buses;
    const Value* entries = call.input.find("Entries");
    if (entries != nullptr && entries->list() != nullptr) {
        for (const Value& entry : *entries->list())
            buses.insert(bus_arn(call, entry.text_of("EventBusName")));
    }
    std::vector<AskedAction> all;
    for (const std::string& bus : buses)
        all.push_back({.action = "events:PutEvents", .resource = bus, .has_resource_policy = true});
    return all;
}

void add_roles(const Value& input, std::vector<AskedAction>& all) {
    std::set<std::string> roles;
    if (const std::string own = input.text_of("RoleArn"); !own.empty()) roles.insert(own);
    const Value* targets = input.find("Targets");
    if (targets != nullptr && targets->list() != nullptr) {
        for (const Value& target : *targets->list()) {
            const std::string role = target.text_of("RoleArn");
            if (!role.empty()) roles.insert(role);
            const std::string arn = target.text_of("Arn");
            if (arn.contains(":event-bus/"))
                all.push_back({.action = "events:PutEvents", .resource = arn});
            if (arn.contains(":api-destination/"))
                all.push_back({.action = "events:InvokeApiDestination", .resource = arn});
        }
    }
    for (const std::string& role : roles) {
        all.push_back({.action = "iam:PassRole",
                       .resource = role,
                       .values = {{"iam:passedtoservice", "events.amazonaws.com"}}});
    }
}

}  // namespace

std::vector<AskedAction> asks(const Call& call) {
    const std::string_view operation = call.operation.name;
    const Value& input = call.input;
    if (operation == "PutEvents") return of_entries(call);
    AskedAction asked{.action = fmt::format("events:{}", operation)};
    const bool is_of_bus = operation.contains("EventBus");
    std::string rule = input.text_of("Rule");
    if (rule.empty() && operation.ends_with("Rule")) rule = input.text_of("Name");
    if (const std::string tagged = input.text_of("ResourceARN"); !tagged.empty()) {
        asked.resource = tagged;
    } else if (!rule.empty()) {
        asked.resource = rule_arn(call, rule);
    } else if (const std::string archive = named_path(operation, input); !archive.empty()) {
        asked.resource = aws::arn_of(call, {.service = "events", .name = archive});
    } else if (operation.ends_with("Permission")) {
        asked.resource = bus_arn(call, input.text_of("EventBusName"));
    } else if (is_of_bus && operation != "ListEventBuses") {
        asked.resource = bus_arn(call, input.text_of("Name"));
    }
    std::vector<AskedAction> all{std::move(asked)};
    add_roles(input, all);
    return all;
}

}  // namespace onput::gateway::events
