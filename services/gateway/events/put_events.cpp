// PutEvents.
#include <algorithm>

#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

Result<schema::PutEvents> read_put(const Value& input) {
    if (!input.text_of("EndpointId").empty()) {
        return invalid_request("Parameter EndpointId is not supported here.");
    }
    schema::PutEvents message;
    const Value* list = input.find("Entries");
    if (list == nullptr || list->list() == nullptr) return message;
    for (const auto& item : *list->list()) {
        message.entries.push_back({.bus = item.text_of("EventBusName"),
                                   .source = item.text_of("Source"),
                                   .detail_type = item.text_of("DetailType"),
                                   .detail = item.text_of("Detail"),
                                   .resources = aws::names_of(item, "Resources"),
                                   .time = aws::time_of(item, "Time"),
                                   .trace_header = item.text_of("TraceHeader")});
    }
    return message;
}

Value describe_put(const schema::EventsPut& put) {
    Value result;
    result["FailedEntryCount"] = Value(std::int64_t{std::ranges::count_if(
        put.results, [](const auto& entry) { return entry.event_id.empty(); })});
    result["Entries"] = Value(Value::List());
    for (const auto& entry : put.results) {
        Value shown;
        if (!entry.event_id.empty()) {
            shown["EventId"] = Value(entry.event_id);
        } else {
            shown["ErrorCode"] = Value(entry.code);
            shown["ErrorMessage"] = Value(entry.message);
        }
        result["Entries"].push_back(std::move(shown));
    }
    return result;
}

}  // namespace

Outcome put_events(Call& call) {
    return ask(call, read_put(call.input), &describe_put);
}

}  // namespace onput::gateway::events
