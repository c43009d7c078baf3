// Operations on buses, and on the tags of buses and rules.
#include <fmt/format.h>

#include "common/json/writer.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/aws/tags.hpp"
#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

std::int64_t millis_of(Timestamp time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<schema::CreateBus> read_create(const Value& input) {
    if (!input.text_of("EventSourceName").empty()) {
        return invalid_request("Parameter EventSourceName is not supported here.");
    }
    schema::CreateBus message{.name = input.text_of("Name"),
                              .description = input.text_of("Description")};
    ONPUT_TRY(message.tags, read_tags(input));
    return message;
}

Result<schema::ListBuses> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    return schema::ListBuses{.prefix = input.text_of("NamePrefix"),
                             .after = std::move(page.after),
                             .buses_max = page.items_max};
}

// What would change nothing here is refused rather than kept.
Result<schema::UpdateBus> read_update(const Value& input) {
    for (const std::string_view name : {"KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"}) {
        if (input.find(name) != nullptr) {
            return invalid_request(fmt::format("Parameter {} is not supported here.", name));
        }
    }
    return schema::UpdateBus{.name = input.text_of("Name"),
                             .description = input.text_of("Description")};
}

Result<schema::PutBusPermission> read_permission(const Value& input) {
    schema::PutBusPermission message{.bus = input.text_of("EventBusName"),
                                     .policy = input.text_of("Policy"),
                                     .statement_id = input.text_of("StatementId"),
                                     .principal = input.text_of("Principal"),
                                     .action = input.text_of("Action")};
    const bool has_statement = !message.statement_id.empty() || !message.principal.empty() ||
                               !message.action.empty() || input.find("Condition") != nullptr;
    if (!message.policy.empty() && has_statement) {
        return invalid_request(
            "Parameter Policy is not valid. Reason: it stands alone, without Action, Principal, "
            "StatementId and Condition.");
    }
    if (const Value* condition = input.find("Condition")) {
        message.condition = fmt::format(
            "{{{}:{{{}:{}}}}}", json::quoted(condition->text_of("Type")),
            json::quoted(condition->text_of("Key")), json::quoted(condition->text_of("Value")));
    }
    return message;
}

Value describe_created(const schema::BusInfo& bus) {
    Value result;
    result["EventBusArn"] = Value(bus.arn);
    if (!bus.description.empty()) result["Description"] = Value(bus.description);
    return result;
}

Value describe_bus(const schema::BusInfo& bus) {
    Value result;
    result["Name"] = Value(bus.name);
    result["Arn"] = Value(bus.arn);
    if (!bus.description.empty()) result["Description"] = Value(bus.description);
    if (!bus.policy.empty()) result["Policy"] = Value(bus.policy);
    if (bus.created_at != Timestamp()) {
        result["CreationTime"] = Value(millis_of(bus.created_at));
        result["LastModifiedTime"] = Value(millis_of(bus.modified_at));
    }
    return result;
}

Value describe_updated(const schema::BusInfo& bus) {
    Value result;
    result["Name"] = Value(bus.name);
    result["Arn"] = Value(bus.arn);
    if (!bus.description.empty()) result["Description"] = Value(bus.description);
    return result;
}

Value describe_list(const schema::BusList& page) {
    Value result;
    result["EventBuses"] = Value(Value::List());
    for (const auto& bus : page.buses) result["EventBuses"].push_back(describe_bus(bus));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

// Groups of schedules have tags by Scheduler's own operations, which ask for other rights.
Result<std::string> read_tagged(const Value& input) {
    std::string arn = input.text_of("ResourceARN");
    if (arn.starts_with("arn:aws:events:")) return arn;
    return fail(ErrorCode::not_found, fmt::format("Resource {} does not exist.", arn),
                "ResourceNotFoundException");
}

Result<schema::ChangeEventTags> read_tag(const Value& input) {
    schema::ChangeEventTags message;
    ONPUT_TRY(message.arn, read_tagged(input));
    ONPUT_TRY(message.set, read_tags(input));
    return message;
}

Result<schema::ChangeEventTags> read_untag(const Value& input) {
    schema::ChangeEventTags message{.removed = aws::names_of(input, "TagKeys")};
    ONPUT_TRY(message.arn, read_tagged(input));
    return message;
}

Result<schema::GetEventTags> read_list_tags(const Value& input) {
    schema::GetEventTags message;
    ONPUT_TRY(message.arn, read_tagged(input));
    return message;
}

Value describe_tags(const schema::EventTags& tags) {
    return aws::tag_list(tags.tags);
}

}  // namespace

Result<Page> read_page(const Value& input) {
    Page page;
    auto after = aws::place_of(input);
    if (!after) return invalid_request("Parameter NextToken is not valid.");
    page.after = *std::move(after);
    if (const Value* limit = input.find("Limit")) {
        page.items_max = static_cast<std::uint32_t>(limit->number().value_or(page.items_max));
    }
    return page;
}

Result<std::map<std::string, std::string>> read_tags(const Value& input) {
    auto tags = aws::tags_in(input);
    if (!tags) return invalid_request("Duplicated keys are not allowed.");
    return *std::move(tags);
}

Outcome create_event_bus(Call& call) {
    return ask(call, read_create(call.input), &describe_created);
}

Outcome delete_event_bus(Call& call) {
    return ask<schema::DeleteBus>(call, schema::DeleteBus{.name = call.input.text_of("Name")},
                                  &describe_nothing);
}

Outcome describe_event_bus(Call& call) {
    return ask<schema::DescribeBus>(call, schema::DescribeBus{.name = call.input.text_of("Name")},
                                    &describe_bus);
}

Outcome list_event_buses(Call& call) {
    return ask(call, read_list(call.input), &describe_list);
}

Outcome update_event_bus(Call& call) {
    return ask(call, read_update(call.input), &describe_updated);
}

Outcome put_permission(Call& call) {
    return ask(call, read_permission(call.input), &describe_nothing<schema::Empty>);
}

Outcome remove_permission(Call& call) {
    const Value* all = call.input.find("RemoveAllPermissions");
    const bool is_all = all != nullptr && all->scalar_text() == "true";
    return ask<schema::RemoveBusPermission>(
        call,
        schema::RemoveBusPermission{.bus = call.input.text_of("EventBusName"),
                                    .statement_id = call.input.text_of("StatementId"),
                                    .is_all = is_all},
        &describe_nothing);
}

Outcome tag_resource(Call& call) {
    return ask(call, read_tag(call.input), &describe_nothing<schema::EventTags>);
}

Outcome untag_resource(Call& call) {
    return ask(call, read_untag(call.input), &describe_nothing<schema::EventTags>);
}

Outcome list_tags_for_resource(Call& call) {
    return ask(call, read_list_tags(call.input), &describe_tags);
}

}  // namespace onput::gateway::events
