// What SNS's operations ask of the policies of who calls.
#include <fmt/format.h>

#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

// "arn:aws:sns:R:A:topic:uuid" without its last part.
std::string topic_of(const std::string& subscription) {
    return subscription.substr(0, subscription.rfind(':'));
}

}  // namespace

std::vector<AskedAction> asks(const Call& call) {
    std::string_view operation = call.operation.name;
    if (operation == "PublishBatch") operation = "Publish";
    AskedAction asked{.action = fmt::format("SNS:{}", operation)};
    const Value& input = call.input;
    std::string topic = input.text_of("TopicArn");
    if (topic.empty()) topic = input.text_of("TargetArn");
    if (!topic.empty()) {
        asked.resource = topic;
        // Tokens are confirmed by whoever has them; the others ask the topic's policy.
        asked.has_resource_policy = operation != "ConfirmSubscription";
    } else if (operation == "CreateTopic") {
        asked.resource = aws::arn_of(call, {.service = "sns", .name = input.text_of("Name")});
    } else if (const std::string resource = input.text_of("ResourceArn"); !resource.empty()) {
        asked.resource = resource;
    } else if (const std::string of = input.text_of("SubscriptionArn"); !of.empty()) {
        asked.resource = topic_of(of);
    } else if (operation == "ListTopics" || operation == "ListSubscriptions") {
        asked.resource = aws::arn_of(call, {.service = "sns", .name = "*"});
    }
    if (operation == "Subscribe") {
        asked.values = {{"sns:protocol", input.text_of("Protocol")},
                        {"sns:endpoint", input.text_of("Endpoint")}};
    }
    return {std::move(asked)};
}

}  // namespace onput::gateway::sns
