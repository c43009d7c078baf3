// What Lambda's operations ask of the policies of who calls. Whoever gives a function a role hands
// over what the role may do. Of code that lies in a bucket storage asks whether he may read it.
#include <fmt/format.h>

#include "common/schema/event_source.hpp"
#include "services/gateway/lambda/layer_name.hpp"
#include "services/gateway/lambda/operation.hpp"

namespace onput::gateway::lambda {
namespace {

std::string function_arn(const Call& call) {
    const auto named = any_name_in(call);
    if (!named) return "*";
    const std::string name = fmt::format("function:{}", named->name);
    const std::string arn =
        aws::arn_of(call, {.service = "lambda", .name = name, .account = named->account});
    return named->qualifier.empty() ? arn : fmt::format("{}:{}", arn, named->qualifier);
}

// As the operation understands it, which passes over the region.
std::string tagged_arn(const Call& call, const std::string& resource) {
    const auto named =
        parse_function_name({.text = resource, .account = call.context.identity.account_id});
    if (!named) return resource;
    const std::string name = fmt::format("function:{}", named->name);
    return aws::arn_of(call, {.service = "lambda", .name = name});
}

// Of a layer, or of one of its versions, in the one form that it has here: whatever region, and
// however many zeros before its number, the client writes.
std::string layer_arn(const Call& call, std::string_view text, std::uint64_t version) {
    const auto layer = parse_layer_name(text);
    if (!layer) return "*";
    if (version == 0) version = layer->version;
    std::string name = fmt::format("layer:{}", layer->name);
    if (version != 0) name += fmt::format(":{}", version);
    return aws::arn_of(call, {.service = "lambda", .name = name, .account = layer->account});
}

std::string layer_arn(const Call& call) {
    const std::string text = call.operation.name == "GetLayerVersionByArn" ? "Arn" : "LayerName";
    const Value* number = call.input.find("VersionNumber");
    const std::int64_t version = number == nullptr ? 0 : number->number().value_or(0);
    return layer_arn(call, call.input.text_of(text),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(version, 0)));
}

bool is_of_layer(std::string_view operation) {
    return operation.contains("LayerVersion") && operation != "ListLayerVersions";
}

std::vector<AskedAction> asks_of_layer(const Call& call) {
    std::string_view action = call.operation.name;
    if (action == "GetLayerVersionByArn") action = "GetLayerVersion";
    return {{.action = fmt::format("lambda:{}", action), .resource = layer_arn(call)}};
}

bool is_of_mapping(std::string_view operation) {
    return operation.contains("EventSourceMapping");
}

std::string_view action_of(std::string_view operation) {
    return operation == "Invoke" || operation == "InvokeAsync" ? "InvokeFunction" : operation;
}

}  // namespace

http::Task<Result<void>> find_subject(Call& call) {
    const std::string id = call.input.text_of("UUID");
    if (id.empty() || !is_of_mapping(call.operation.name)) co_return Result<void>();
    const schema::GetEventSourceMapping message{.id = id};
    const auto found = co_await call.context.call(message);
    // What is not there its operation refuses.
    if (found) call.subject = found->reply.function_arn;
    const bool is_away = !found && found.error().code == ErrorCode::unavailable;
    if (is_away) co_return std::unexpected(found.error());
    co_return Result<void>();
}

std::vector<AskedAction> asks(const Call& call) {
    const std::string_view operation = call.operation.name;
    const Value& input = call.input;
    if (is_of_layer(operation)) return asks_of_layer(call);
    AskedAction asked{.action = fmt::format("lambda:{}", action_of(operation))};
    const bool names_function = !input.text_of("FunctionName").empty();
    if (is_of_mapping(operation)) {
        // Of one that is there, the function that it is for.
        const std::string function = names_function ? function_arn(call) : call.subject;
        if (!function.empty()) asked.values.emplace_back("lambda:functionarn", function);
        const std::string id = input.text_of("UUID");
        if (!id.empty()) {
            const std::string name = fmt::format("event-source-mapping:{}", id);
            asked.resource = aws::arn_of(call, {.service = "lambda", .name = name});
        }
    } else if (names_function) {
        asked.resource = function_arn(call);
        asked.has_resource_policy = asked.action == "lambda:InvokeFunction";
        if (operation == "AddPermission")
            asked.values.emplace_back("lambda:principal", input.text_of("Principal"));
        const std::string auth_type =
            input.text_of(operation == "AddPermission" ? "FunctionUrlAuthType" : "AuthType");
        if (!auth_type.empty()) asked.values.emplace_back("lambda:functionurlauthtype", auth_type);
    } else if (const std::string resource = input.text_of("Resource"); !resource.empty()) {
        asked.resource = tagged_arn(call, resource);
    }
    std::vector<AskedAction> all{std::move(asked)};
    if (const std::string role = input.text_of("Role"); !role.empty()) {
        all.push_back({.action = "iam:PassRole",
                       .resource = role,
                       .values = {{"iam:passedtoservice", "lambda.amazonaws.com"}}});
    }
    if (input.find("Layers") != nullptr) {
        for (const std::string& layer : aws::names_of(input, "Layers"))
            all.push_back(
                {.action = "lambda:GetLayerVersion", .resource = layer_arn(call, layer, 0)});
    }
    return all;
}

}  // namespace onput::gateway::lambda
