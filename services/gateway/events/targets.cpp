// Operations on targets.
#include <array>

#include <fmt/format.h>

#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

// Of targets that do not exist here.
constexpr std::array<std::string_view, 7> unsupported{
    "KinesisParameters",      "RunCommandParameters",        "EcsParameters",    "BatchParameters",
    "RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters"};

std::optional<std::uint32_t> count_of(const Value& map, std::string_view name) {
    const Value* value = map.find(name);
    if (value == nullptr || !value->number()) return std::nullopt;
    return static_cast<std::uint32_t>(*value->number());
}

Result<schema::EventTarget> read_target(const Value& input) {
    for (const auto name : unsupported) {
        if (input.find(name) != nullptr) {
            return invalid_request(fmt::format("Parameter {} is not supported here.", name));
        }
    }
    schema::EventTarget target{.id = input.text_of("Id"),
                               .arn = input.text_of("Arn"),
                               .role_arn = input.text_of("RoleArn"),
                               .input = input.text_of("Input"),
                               .input_path = input.text_of("InputPath")};
    if (const Value* transformer = input.find("InputTransformer")) {
        target.transformer =
            schema::InputTransformer{.paths = aws::texts_of(*transformer, "InputPathsMap"),
                                     .input_template = transformer->text_of("InputTemplate")};
    }
    if (const Value* dead_letters = input.find("DeadLetterConfig")) {
        target.dead_letter_arn = dead_letters->text_of("Arn");
    }
    if (const Value* retry = input.find("RetryPolicy")) {
        target.retries_max = count_of(*retry, "MaximumRetryAttempts");
        target.age_seconds_max = count_of(*retry, "MaximumEventAgeInSeconds");
    }
    if (const Value* http = input.find("HttpParameters")) {
        target.http =
            schema::TargetHttpParameters{.path = aws::names_of(*http, "PathParameterValues"),
                                         .headers = aws::texts_of(*http, "HeaderParameters"),
                                         .query = aws::texts_of(*http, "QueryStringParameters")};
    }
    if (const Value* queue = input.find("SqsParameters")) {
        target.group_id = queue->text_of("MessageGroupId");
    }
    return target;
}

Result<schema::PutTargets> read_put(const Value& input) {
    schema::PutTargets message{.bus = input.text_of("EventBusName"), .rule = input.text_of("Rule")};
    const Value* list = input.find("Targets");
    if (list == nullptr || list->list() == nullptr) return message;
    for (const auto& item : *list->list()) {
        ONPUT_TRY(auto target, read_target(item));
        message.targets.push_back(std::move(target));
    }
    return message;
}

Value describe_failures(const schema::TargetsChanged& changed) {
    Value result;
    result["FailedEntryCount"] = Value(static_cast<std::int64_t>(changed.failures.size()));
    result["FailedEntries"] = Value(Value::List());
    for (const auto& failure : changed.failures) {
        Value entry;
        entry["TargetId"] = Value(failure.id);
        entry["ErrorCode"] = Value(failure.code);
        entry["ErrorMessage"] = Value(failure.message);
        result["FailedEntries"].push_back(std::move(entry));
    }
    return result;
}

void set_text(Value& map, const std::string& name, const std::string& text) {
    if (!text.empty()) map[name] = Value(text);
}

Value describe_http(const schema::TargetHttpParameters& http) {
    Value result{Value::Map()};
    for (const auto& value : http.path) result["PathParameterValues"].push_back(Value(value));
    for (const auto& [name, value] : http.headers) result["HeaderParameters"][name] = Value(value);
    for (const auto& [name, value] : http.query) {
        result["QueryStringParameters"][name] = Value(value);
    }
    return result;
}

Value describe_target(const schema::EventTarget& target) {
    Value result;
    result["Id"] = Value(target.id);
    result["Arn"] = Value(target.arn);
    set_text(result, "RoleArn", target.role_arn);
    set_text(result, "Input", target.input);
    set_text(result, "InputPath", target.input_path);
    if (target.transformer) {
        Value transformer;
        for (const auto& [name, path] : target.transformer->paths) {
            transformer["InputPathsMap"][name] = Value(path);
        }
        transformer["InputTemplate"] = Value(target.transformer->input_template);
        result["InputTransformer"] = std::move(transformer);
    }
    if (!target.dead_letter_arn.empty()) {
        result["DeadLetterConfig"]["Arn"] = Value(target.dead_letter_arn);
    }
    const auto set_limit = [&result](const char* name, const std::optional<std::uint32_t>& limit) {
        if (limit) result["RetryPolicy"][name] = Value(std::int64_t{*limit});
    };
    set_limit("MaximumRetryAttempts", target.retries_max);
    set_limit("MaximumEventAgeInSeconds", target.age_seconds_max);
    if (target.http) result["HttpParameters"] = describe_http(*target.http);
    if (!target.group_id.empty()) {
        result["SqsParameters"]["MessageGroupId"] = Value(target.group_id);
    }
    return result;
}

Value describe_list(const schema::TargetList& list) {
    Value result;
    result["Targets"] = Value(Value::List());
    for (const auto& target : list.targets) result["Targets"].push_back(describe_target(target));
    return result;
}

}  // namespace

Outcome put_targets(Call& call) {
    return ask(call, read_put(call.input), &describe_failures);
}

Outcome remove_targets(Call& call) {
    return ask<schema::RemoveTargets>(
        call,
        schema::RemoveTargets{.bus = call.input.text_of("EventBusName"),
                              .rule = call.input.text_of("Rule"),
                              .ids = aws::names_of(call.input, "Ids")},
        &describe_failures);
}

Outcome list_targets_by_rule(Call& call) {
    return ask<schema::ListTargets>(call,
                                    schema::ListTargets{.bus = call.input.text_of("EventBusName"),
                                                        .rule = call.input.text_of("Rule")},
                                    &describe_list);
}

}  // namespace onput::gateway::events
