// Operations on schedules.
#include <array>

#include <fmt/format.h>

#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/scheduler/errors.hpp"
#include "services/gateway/scheduler/operation.hpp"

namespace onput::gateway::scheduler {
namespace {

// Of targets that do not exist here.
constexpr std::array<std::string_view, 4> unsupported{
    "EcsParameters", "KinesisParameters", "SageMakerPipelineParameters", "SqsParameters"};

std::optional<std::uint32_t> count_of(const Value& map, std::string_view name) {
    const Value* value = map.find(name);
    if (value == nullptr || !value->number()) return std::nullopt;
    return static_cast<std::uint32_t>(*value->number());
}

Result<schema::ScheduleTarget> read_target(const Value& input) {
    for (const auto name : unsupported) {
        if (input.find(name) != nullptr) {
            return invalid_request(fmt::format("Parameter {} is not supported here.", name));
        }
    }
    schema::ScheduleTarget target{.arn = input.text_of("Arn"),
                                  .role_arn = input.text_of("RoleArn"),
                                  .input = input.text_of("Input")};
    if (const Value* dead_letters = input.find("DeadLetterConfig")) {
        target.dead_letter_arn = dead_letters->text_of("Arn");
    }
    if (const Value* retry = input.find("RetryPolicy")) {
        target.retries_max = count_of(*retry, "MaximumRetryAttempts");
        target.age_seconds_max = count_of(*retry, "MaximumEventAgeInSeconds");
    }
    if (const Value* bus = input.find("EventBridgeParameters")) {
        target.source = bus->text_of("Source");
        target.detail_type = bus->text_of("DetailType");
    }
    return target;
}

Result<std::uint32_t> read_window(const Value& input) {
    const Value* window = input.find("FlexibleTimeWindow");
    if (window == nullptr) return 0;  // Required: the model has refused it.
    const auto minutes = count_of(*window, "MaximumWindowInMinutes");
    if (window->text_of("Mode") == "OFF") {
        if (!minutes) return 0;
        return invalid_request("MaximumWindowInMinutes must not be set when Mode is OFF.");
    }
    if (!minutes) {
        return invalid_request("MaximumWindowInMinutes is required when Mode is FLEXIBLE.");
    }
    return *minutes;
}

Result<schema::PutSchedule> read_put(const Value& input) {
    if (!input.text_of("KmsKeyArn").empty()) {
        return invalid_request("Parameter KmsKeyArn is not supported here.");
    }
    schema::PutSchedule message;
    schema::ScheduleInfo& schedule = message.schedule;
    schedule.name = input.text_of("Name");
    schedule.group = input.text_of("GroupName");
    schedule.expression = input.text_of("ScheduleExpression");
    schedule.time_zone = input.text_of("ScheduleExpressionTimezone");
    schedule.start = aws::time_of(input, "StartDate");
    schedule.end = aws::time_of(input, "EndDate");
    ONPUT_TRY(schedule.window_minutes, read_window(input));
    schedule.is_enabled = input.text_of("State") != "DISABLED";
    schedule.is_deleted_after = input.text_of("ActionAfterCompletion") == "DELETE";
    schedule.description = input.text_of("Description");
    schedule.client_token = input.text_of("ClientToken");
    const Value* target = input.find("Target");
    if (target == nullptr) return message;  // Likewise.
    ONPUT_TRY(schedule.target, read_target(*target));
    return message;
}

Result<schema::ListSchedules> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    schema::ListSchedules message{.group = input.text_of("GroupName"),
                                  .prefix = input.text_of("NamePrefix"),
                                  .after = std::move(page.after),
                                  .schedules_max = page.items_max};
    const std::string state = input.text_of("State");
    if (!state.empty()) message.is_enabled = state == "ENABLED";
    return message;
}

void set_text(Value& map, const char* name, const std::string& text) {
    if (!text.empty()) map[name] = Value(text);
}

void set_time(Value& map, const char* name, const std::optional<Timestamp>& time) {
    if (time) map[name] = Value(to_millis(*time));
}

Value describe_put(const schema::ScheduleInfo& schedule) {
    Value result;
    result["ScheduleArn"] = Value(schedule.arn);
    return result;
}

Value describe_target(const schema::ScheduleTarget& target) {
    Value result;
    result["Arn"] = Value(target.arn);
    result["RoleArn"] = Value(target.role_arn);
    set_text(result, "Input", target.input);
    if (!target.dead_letter_arn.empty()) {
        result["DeadLetterConfig"]["Arn"] = Value(target.dead_letter_arn);
    }
    result["RetryPolicy"]["MaximumRetryAttempts"] =
        Value(std::int64_t{target.retries_max.value_or(schema::target_retries_max)});
    result["RetryPolicy"]["MaximumEventAgeInSeconds"] =
        Value(std::int64_t{target.age_seconds_max.value_or(schema::target_age_seconds_max)});
    if (!target.source.empty()) {
        result["EventBridgeParameters"]["Source"] = Value(target.source);
        result["EventBridgeParameters"]["DetailType"] = Value(target.detail_type);
    }
    return result;
}

Value describe_in_list(const schema::ScheduleInfo& schedule) {
    Value result;
    result["Arn"] = Value(schedule.arn);
    result["Name"] = Value(schedule.name);
    result["GroupName"] = Value(schedule.group);
    result["State"] = Value(schedule.is_enabled ? "ENABLED" : "DISABLED");
    set_time(result, "CreationDate", schedule.created_at);
    set_time(result, "LastModificationDate", schedule.modified_at);
    result["Target"]["Arn"] = Value(schedule.target.arn);
    return result;
}

Value describe_one(const schema::ScheduleInfo& schedule) {
    Value result = describe_in_list(schedule);
    result["ScheduleExpression"] = Value(schedule.expression);
    result["ScheduleExpressionTimezone"] =
        Value(schedule.time_zone.empty() ? "UTC" : schedule.time_zone);
    set_time(result, "StartDate", schedule.start);
    set_time(result, "EndDate", schedule.end);
    result["FlexibleTimeWindow"]["Mode"] = Value(schedule.window_minutes == 0 ? "OFF" : "FLEXIBLE");
    if (schedule.window_minutes != 0) {
        result["FlexibleTimeWindow"]["MaximumWindowInMinutes"] =
            Value(std::int64_t{schedule.window_minutes});
    }
    result["ActionAfterCompletion"] = Value(schedule.is_deleted_after ? "DELETE" : "NONE");
    set_text(result, "Description", schedule.description);
    result["Target"] = describe_target(schedule.target);
    return result;
}

Value describe_list(const schema::ScheduleList& page) {
    Value result;
    result["Schedules"] = Value(Value::List());
    for (const auto& schedule : page.schedules) {
        result["Schedules"].push_back(describe_in_list(schedule));
    }
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

template <schema::Message M>
M of_schedule(const Value& input) {
    return M{.group = input.text_of("GroupName"), .name = input.text_of("Name")};
}

}  // namespace

Result<Page> read_page(const Value& input) {
    Page page;
    auto after = aws::place_of(input);
    if (!after) return invalid_request("Invalid NextToken.");
    page.after = *std::move(after);
    page.items_max = count_of(input, "MaxResults").value_or(page.items_max);
    return page;
}

Outcome create_schedule(Call& call) {
    return ask(call, read_put(call.input), &describe_put);
}

Outcome update_schedule(Call& call) {
    auto message = read_put(call.input);
    if (message) message->is_new = false;
    return ask(call, std::move(message), &describe_put);
}

Outcome get_schedule(Call& call) {
    return ask<schema::GetSchedule>(call, of_schedule<schema::GetSchedule>(call.input),
                                    &describe_one);
}

Outcome delete_schedule(Call& call) {
    return ask<schema::DeleteSchedule>(call, of_schedule<schema::DeleteSchedule>(call.input),
                                       &describe_nothing);
}

Outcome list_schedules(Call& call) {
    return ask(call, read_list(call.input), &describe_list);
}

}  // namespace onput::gateway::scheduler
