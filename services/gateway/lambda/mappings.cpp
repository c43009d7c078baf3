// CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings,
// UpdateEventSourceMapping, DeleteEventSourceMapping.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/event_source.hpp"
#include "services/gateway/lambda/configuration.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/role.hpp"

namespace onput::gateway::lambda {
namespace {

std::string region_of(std::string_view arn) {
    for (int before = 0; before < 3; ++before) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return std::string(arn.substr(0, arn.find(':')));
}

std::string arn_of(const schema::EventSourceMapping& mapping) {
    return fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}", region_of(mapping.queue_arn),
                       mapping.account, mapping.id);
}

Value describe(const schema::EventSourceMapping& mapping, std::string_view state = {}) {
    Value described;
    described["UUID"] = Value(mapping.id);
    described["BatchSize"] = Value(std::int64_t{mapping.batch_messages});
    described["MaximumBatchingWindowInSeconds"] = Value(std::int64_t{mapping.batch_window_s});
    described["EventSourceArn"] = Value(mapping.queue_arn);
    described["FunctionArn"] = Value(mapping.function_arn);
    described["EventSourceMappingArn"] = Value(arn_of(mapping));
    described["LastModified"] = Value(to_millis(mapping.modified_at));
    const std::string_view standing = mapping.is_enabled ? "Enabled" : "Disabled";
    described["State"] = Value(state.empty() ? standing : state);
    described["StateTransitionReason"] = Value("USER_INITIATED");
    described["FunctionResponseTypes"] = Value(Value::List());
    if (mapping.reports_failures)
        described["FunctionResponseTypes"].push_back(Value("ReportBatchItemFailures"));
    for (const auto& filter : mapping.filters) {
        Value shown;
        shown["Pattern"] = Value(filter);
        described["FilterCriteria"]["Filters"].push_back(std::move(shown));
    }
    if (mapping.concurrency != 0)
        described["ScalingConfig"]["MaximumConcurrency"] = Value(std::int64_t{mapping.concurrency});
    return described;
}

Result<void> read_filters(const Value& criteria, schema::EventSourceMapping& mapping) {
    mapping.filters.clear();
    const Value* filters = criteria.find("Filters");
    if (filters == nullptr || filters->list() == nullptr) return {};
    for (const auto& filter : *filters->list()) {
        const std::string text = filter.text_of("Pattern");
        if (text.empty()) return invalid("Invalid filter pattern definition.");
        mapping.filters.push_back(text);
    }
    return {};
}

void read_number(const Value& input, std::string_view name, std::uint32_t& number) {
    if (const Value* held = input.find(name))
        number = static_cast<std::uint32_t>(held->number().value_or(0));
}

// What would change nothing here is refused rather than kept.
Result<void> check_absent(const Value& input) {
    for (const std::string_view name :
         {"ParallelizationFactor", "StartingPosition", "BisectBatchOnFunctionError",
          "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "TumblingWindowInSeconds",
          "KMSKeyArn"}) {
        if (!input.text_of(name).empty())
            return invalid(fmt::format("{} is not available for queues.", name));
    }
    for (const std::string_view name :
         {"DestinationConfig", "SelfManagedEventSource", "ProvisionedPollerConfig",
          "AmazonManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig"}) {
        const Value* held = input.find(name);
        if (held != nullptr && held->map() != nullptr && !held->map()->empty())
            return invalid(fmt::format("{} is not available for queues.", name));
    }
    return {};
}

Result<void> read_mapping(const Value& input, schema::EventSourceMapping& mapping) {
    ONPUT_TRY_VOID(check_absent(input));
    if (const Value* enabled = input.find("Enabled"))
        mapping.is_enabled = enabled->scalar_text() == "true";
    read_number(input, "BatchSize", mapping.batch_messages);
    read_number(input, "MaximumBatchingWindowInSeconds", mapping.batch_window_s);
    if (const Value* criteria = input.find("FilterCriteria"))
        ONPUT_TRY_VOID(read_filters(*criteria, mapping));
    if (input.find("FunctionResponseTypes") != nullptr) {
        const auto types = aws::names_of(input, "FunctionResponseTypes");
        mapping.reports_failures =
            std::ranges::find(types, "ReportBatchItemFailures") != types.end();
    }
    if (const Value* scaling = input.find("ScalingConfig")) {
        mapping.concurrency = 0;
        read_number(*scaling, "MaximumConcurrency", mapping.concurrency);
    }
    return {};
}

// The function that the input names; it must be there.
http::Task<Result<schema::FunctionInfo>> find_function(Call& call) {
    auto named = name_in(call);
    if (!named) co_return std::unexpected(std::move(named).error());
    const schema::GetFunction message{.name = std::move(named->name),
                                      .qualifier = std::move(named->qualifier)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

http::Task<Result<schema::EventSourceMapping>> fetch(Call& call) {
    const schema::GetEventSourceMapping message{.id = call.input.text_of("UUID")};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

}  // namespace

Outcome create_event_source_mapping(Call& call) {
    schema::PutEventSourceMapping message;
    schema::EventSourceMapping& mapping = message.mapping;
    mapping.queue_arn = call.input.text_of("EventSourceArn");
    if (!mapping.queue_arn.starts_with("arn:aws:sqs:"))
        co_return invalid("Unrecognized event source: only queues are event sources here.");
    auto function = co_await find_function(call);
    if (!function) co_return std::unexpected(std::move(function).error());
    std::string role = function->handler.role_arn;
    mapping.function_arn = std::move(function->arn);
    if (const auto read = read_mapping(call.input, mapping); !read)
        co_return std::unexpected(read.error());
    mapping.tags = aws::texts_of(call.input, "Tags");
    if (const auto checked = check_tags(mapping.tags); !checked)
        co_return std::unexpected(checked.error());
    const auto may = co_await check_may_receive(call, std::move(role), mapping.queue_arn);
    if (!may) co_return std::unexpected(may.error());
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe(answer->reply, "Creating");
}

Outcome get_event_source_mapping(Call& call) {
    const auto mapping = co_await fetch(call);
    if (!mapping) co_return std::unexpected(mapping.error());
    co_return describe(*mapping);
}

Outcome list_event_source_mappings(Call& call) {
    std::string arn;
    if (!call.input.text_of("FunctionName").empty()) {
        auto found = co_await find_function(call);
        if (!found) co_return std::unexpected(std::move(found).error());
        arn = std::move(found->arn);
    }
    const schema::ListEventSourceMappings message;
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    std::vector<schema::EventSourceMapping> mappings = answer->reply.mappings;
    const std::string source = call.input.text_of("EventSourceArn");
    std::erase_if(mappings, [&](const auto& mapping) {
        return (!arn.empty() && mapping.function_arn != arn) ||
               (!source.empty() && mapping.queue_arn != source);
    });
    Value result;
    result["EventSourceMappings"] = Value(Value::List());
    const auto page = take_page(
        call, mappings.size(), [&mappings](std::size_t i) { return mappings[i].id; }, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i)
        result["EventSourceMappings"].push_back(describe(mappings[i]));
    co_return result;
}

Outcome update_event_source_mapping(Call& call) {
    auto mapping = co_await fetch(call);
    if (!mapping) co_return std::unexpected(std::move(mapping).error());
    schema::PutEventSourceMapping message{.mapping = *std::move(mapping)};
    if (!call.input.text_of("FunctionName").empty()) {
        auto function = co_await find_function(call);
        if (!function) co_return std::unexpected(std::move(function).error());
        const auto may =
            co_await check_may_receive(call, function->handler.role_arn, message.mapping.queue_arn);
        if (!may) co_return std::unexpected(may.error());
        message.mapping.function_arn = std::move(function->arn);
    }
    if (const auto read = read_mapping(call.input, message.mapping); !read)
        co_return std::unexpected(read.error());
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe(answer->reply, "Updating");
}

Outcome delete_event_source_mapping(Call& call) {
    const schema::DeleteEventSourceMapping message{.id = call.input.text_of("UUID")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe(answer->reply, "Deleting");
}

}  // namespace onput::gateway::lambda
