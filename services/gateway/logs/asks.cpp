// What the operations of CloudWatch Logs ask of the policies of who calls.
#include <fmt/format.h>

#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {

std::vector<AskedAction> asks(const Call& call) {
    const Value& input = call.input;
    AskedAction asked{.action = fmt::format("logs:{}", call.operation.name)};
    const std::string resource = input.text_of("resourceArn");
    const auto group = group_in(input);
    if (const auto tagged = group_of_arn(resource); !resource.empty() && tagged) {
        const std::string name = fmt::format("log-group:{}", *tagged);
        asked.resource = aws::arn_of(call, {.service = "logs", .name = name});
    } else if (call.operation.name == "DescribeLogGroups") {
        asked.resource = aws::arn_of(call, {.service = "logs", .name = "log-group::log-stream:"});
    } else if (group && !group->empty()) {
        const std::string stream = input.text_of("logStreamName");
        const std::string name = stream.empty()
                                     ? fmt::format("log-group:{}:*", *group)
                                     : fmt::format("log-group:{}:log-stream:{}", *group, stream);
        asked.resource = aws::arn_of(call, {.service = "logs", .name = name});
    }
    return {std::move(asked)};
}

}  // namespace onput::gateway::logs
