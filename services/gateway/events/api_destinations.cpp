// Operations on API destinations.
#include "common/schema/event_destinations.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

std::optional<std::uint32_t> rate_of(const Value& input) {
    const Value* rate = input.find("InvocationRateLimitPerSecond");
    if (rate == nullptr || !rate->number()) return std::nullopt;
    return static_cast<std::uint32_t>(*rate->number());
}

schema::CreateApiDestination read_create(const Value& input) {
    return {.name = input.text_of("Name"),
            .description = input.text_of("Description"),
            .connection_arn = input.text_of("ConnectionArn"),
            .endpoint = input.text_of("InvocationEndpoint"),
            .http_method = input.text_of("HttpMethod"),
            .rate_per_second = rate_of(input).value_or(schema::api_rate_default)};
}

schema::UpdateApiDestination read_update(const Value& input) {
    schema::UpdateApiDestination message{.name = input.text_of("Name"),
                                         .connection_arn = input.text_of("ConnectionArn"),
                                         .endpoint = input.text_of("InvocationEndpoint"),
                                         .http_method = input.text_of("HttpMethod"),
                                         .rate_per_second = rate_of(input)};
    if (input.find("Description") != nullptr) message.description = input.text_of("Description");
    return message;
}

Result<schema::ListApiDestinations> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    return schema::ListApiDestinations{.prefix = input.text_of("NamePrefix"),
                                       .connection_arn = input.text_of("ConnectionArn"),
                                       .after = std::move(page.after),
                                       .destinations_max = page.items_max};
}

Value describe_made(const schema::ApiDestinationInfo& destination) {
    Value result;
    result["ApiDestinationArn"] = Value(destination.arn);
    result["ApiDestinationState"] = Value(destination.is_active ? "ACTIVE" : "INACTIVE");
    result["CreationTime"] = Value(to_millis(destination.created_at));
    result["LastModifiedTime"] = Value(to_millis(destination.modified_at));
    return result;
}

Value describe_listed(const schema::ApiDestinationInfo& destination) {
    Value result = describe_made(destination);
    result["Name"] = Value(destination.name);
    result["ConnectionArn"] = Value(destination.connection_arn);
    result["InvocationEndpoint"] = Value(destination.endpoint);
    result["HttpMethod"] = Value(destination.http_method);
    result["InvocationRateLimitPerSecond"] = Value(std::int64_t{destination.rate_per_second});
    return result;
}

Value show_destination(const schema::ApiDestinationInfo& destination) {
    Value result = describe_listed(destination);
    if (!destination.description.empty()) result["Description"] = Value(destination.description);
    return result;
}

Value describe_page(const schema::ApiDestinationList& page) {
    Value result;
    result["ApiDestinations"] = Value(Value::List());
    for (const auto& one : page.destinations) {
        result["ApiDestinations"].push_back(describe_listed(one));
    }
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

}  // namespace

Outcome create_api_destination(Call& call) {
    return ask<schema::CreateApiDestination>(call, read_create(call.input), &describe_made);
}

Outcome update_api_destination(Call& call) {
    return ask<schema::UpdateApiDestination>(call, read_update(call.input), &describe_made);
}

Outcome delete_api_destination(Call& call) {
    return ask<schema::DeleteApiDestination>(
        call, schema::DeleteApiDestination{.name = call.input.text_of("Name")}, &describe_nothing);
}

Outcome describe_api_destination(Call& call) {
    return ask<schema::GetApiDestination>(
        call, schema::GetApiDestination{.name = call.input.text_of("Name")}, &show_destination);
}

Outcome list_api_destinations(Call& call) {
    return ask(call, read_list(call.input), &describe_page);
}

}  // namespace onput::gateway::events
