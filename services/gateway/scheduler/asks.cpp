// What Scheduler's operations ask of the policies of who calls. Whoever makes a schedule hands over
// its role, and must be allowed himself what the schedule is going to do: policies of roles are not
// judged when it is due.
#include <fmt/format.h>

#include "services/gateway/scheduler/operation.hpp"

namespace onput::gateway::scheduler {
namespace {

std::string named(const std::string& group) {
    return group.empty() ? std::string(schema::default_group_name) : group;
}

std::string_view action_on(std::string_view target) {
    if (target.starts_with("arn:aws:sqs:")) return "sqs:SendMessage";
    if (target.starts_with("arn:aws:sns:")) return "sns:Publish";
    if (target.starts_with("arn:aws:lambda:")) return "lambda:InvokeFunction";
    return "events:PutEvents";
}

}  // namespace

std::vector<AskedAction> asks(const Call& call) {
    const std::string_view operation = call.operation.name;
    const Value& input = call.input;
    AskedAction asked{.action = fmt::format("scheduler:{}", operation)};
    const std::string name = input.text_of("Name");
    if (const std::string tagged = input.text_of("ResourceArn"); !tagged.empty()) {
        asked.resource = tagged;
    } else if (!name.empty()) {
        const std::string path =
            operation.ends_with("Group")
                ? fmt::format("schedule-group/{}", name)
                : fmt::format("schedule/{}/{}", named(input.text_of("GroupName")), name);
        asked.resource = aws::arn_of(call, {.service = "scheduler", .name = path});
    }
    std::vector<AskedAction> all{std::move(asked)};
    const Value* target = input.find("Target");
    if (target == nullptr) return all;
    all.push_back({.action = "iam:PassRole",
                   .resource = target->text_of("RoleArn"),
                   .values = {{"iam:passedtoservice", "scheduler.amazonaws.com"}}});
    const std::string arn = target->text_of("Arn");
    all.push_back({.action = std::string(action_on(arn)), .resource = arn});
    const Value* dead_letters = target->find("DeadLetterConfig");
    const std::string queue = dead_letters == nullptr ? "" : dead_letters->text_of("Arn");
    if (!queue.empty()) all.push_back({.action = "sqs:SendMessage", .resource = queue});
    return all;
}

}  // namespace onput::gateway::scheduler
