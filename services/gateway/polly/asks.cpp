// What Polly's operations ask of the policies of who calls. A task may tell a topic in the
// name of who starts it. Of the object that it writes storage asks.
#include <fmt/format.h>

#include "services/gateway/polly/operation.hpp"

namespace onput::gateway::polly {

std::vector<AskedAction> asks(const aws::Call& call) {
    const std::string_view operation = call.operation.name;
    const aws::Value& input = call.input;
    std::vector<AskedAction> all{{.action = fmt::format("polly:{}", operation)}};
    const bool is_of_lexicon = operation.ends_with("Lexicon");
    if (is_of_lexicon) {
        const std::string name = fmt::format("lexicon/{}", input.text_of("Name"));
        all.front().resource = aws::arn_of(call, {.service = "polly", .name = name});
    }
    if (operation != "StartSpeechSynthesisTask") return all;
    const std::string topic = input.text_of("SnsTopicArn");
    if (!topic.empty()) all.push_back({.action = "SNS:Publish", .resource = topic});
    return all;
}

}  // namespace onput::gateway::polly
