#include "services/notifier/schedules/schedule_check.hpp"

#include <array>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "services/notifier/schedules/schedule_book.hpp"

namespace onput::notifier {
namespace {

bool is_bus(std::string_view arn) {
    return arn.starts_with("arn:aws:events:") && arn.contains(":event-bus/");
}

Result<void> check_bus_target(const schema::ScheduleTarget& target) {
    const bool has_parameters = !target.source.empty() || !target.detail_type.empty();
    if (!is_bus(target.arn)) {
        if (!has_parameters) return {};
        return invalid_schedule(
            "Parameter EventBridgeParameters is only supported for EventBridge targets.");
    }
    if (target.source.empty() || target.detail_type.empty()) {
        return invalid_schedule("EventBridgeParameters is required for EventBridge targets.");
    }
    if (target.source.starts_with("aws.")) {
        return invalid_schedule("Source must not begin with \"aws.\".");
    }
    const auto detail = json::read(target.input.empty() ? "{}" : target.input,
                                   {.depth_max = json::depth_max_default - 1});
    if (!detail || detail->object() == nullptr) {
        return invalid_schedule("Input for target is not valid: Detail is malformed.");
    }
    return {};
}

Result<void> check_target(const schema::ScheduleTarget& target) {
    static constexpr std::array<std::string_view, 3> served{
        "arn:aws:sqs:", "arn:aws:lambda:", "arn:aws:sns:"};
    bool is_served = is_bus(target.arn);
    for (const auto prefix : served) is_served = is_served || target.arn.starts_with(prefix);
    if (!is_served) {
        return invalid_schedule(fmt::format(
            "Provided Arn is not in correct format: {}. Targets are queues, functions, topics and "
            "event buses.",
            target.arn));
    }
    if (target.input.size() > schedule_input_bytes_max) {
        return invalid_schedule(
            fmt::format("Input for target is longer than {} bytes.", schedule_input_bytes_max));
    }
    if (target.retries_max.value_or(0) > schema::target_retries_max) {
        return invalid_schedule("MaximumRetryAttempts must be less than or equal to 185.");
    }
    const std::uint32_t age = target.age_seconds_max.value_or(schema::target_age_seconds_max);
    if (age < 60 || age > schema::target_age_seconds_max) {
        return invalid_schedule("MaximumEventAgeInSeconds must be between 60 and 86400.");
    }
    if (!target.dead_letter_arn.empty() && !target.dead_letter_arn.starts_with("arn:aws:sqs:")) {
        return invalid_schedule("DeadLetterConfig Arn must be the ARN of a queue.");
    }
    return check_bus_target(target);
}

}  // namespace

std::unexpected<Error> invalid_schedule(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "ValidationException");
}

Result<void> check_schedule(const schema::ScheduleInfo& schedule) {
    const auto expression = ScheduleExpression::parse(schedule.expression);
    if (!expression) {
        return invalid_schedule(
            fmt::format("Invalid Schedule Expression {}.", schedule.expression));
    }
    if (schedule.start && schedule.end && *schedule.end <= *schedule.start) {
        return invalid_schedule("EndDate must be after StartDate.");
    }
    if (schedule.window_minutes > schema::window_minutes_max) {
        return invalid_schedule("MaximumWindowInMinutes must be between 1 and 1440.");
    }
    return check_target(schedule.target);
}

}  // namespace onput::notifier
