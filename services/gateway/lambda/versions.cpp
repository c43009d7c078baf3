// PublishVersion, ListVersionsByFunction, CreateAlias, UpdateAlias, GetAlias, ListAliases,
// DeleteAlias.
#include <utility>

#include <fmt/format.h>

#include "common/schema/function_access.hpp"
#include "services/gateway/lambda/configuration.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/operation.hpp"

namespace onput::gateway::lambda {
namespace {

Value describe_alias(const schema::FunctionAlias& alias) {
    Value described;
    described["AliasArn"] = Value(alias.arn);
    described["Name"] = Value(alias.name);
    described["FunctionVersion"] = Value(alias.version);
    described["Description"] = Value(alias.description);
    described["RevisionId"] = Value(alias.revision_id);
    for (const auto& [version, weight] : alias.weights)
        described["RoutingConfig"]["AdditionalVersionWeights"][version] = Value::real(weight);
    return described;
}

void read_alias(const Value& input, schema::FunctionAlias& alias) {
    if (input.find("FunctionVersion") != nullptr) alias.version = input.text_of("FunctionVersion");
    if (input.find("Description") != nullptr) alias.description = input.text_of("Description");
    const Value* routing = input.find("RoutingConfig");
    if (routing == nullptr) return;
    alias.weights.clear();
    const Value* weights = routing->find("AdditionalVersionWeights");
    if (weights == nullptr || weights->map() == nullptr) return;
    for (const auto& [version, weight] : *weights->map())
        alias.weights[version] = weight.real().value_or(-1);
}

http::Task<Result<schema::FunctionAlias>> fetch_alias(Call& call, std::string function) {
    const schema::GetFunctionAlias message{.function = std::move(function),
                                           .name = call.input.text_of("Name")};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

Outcome put_alias(Call& call, schema::PutFunctionAlias message) {
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe_alias(answer->reply);
}

}  // namespace

http::Task<Result<schema::FunctionInfo>> publish(Call& call, std::string name,
                                                 std::string description) {
    const schema::PublishFunctionVersion message{.name = std::move(name),
                                                 .description = std::move(description)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

Outcome publish_version(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::PublishFunctionVersion message{.name = *std::move(name),
                                                 .code_sha256 = call.input.text_of("CodeSha256"),
                                                 .description = call.input.text_of("Description"),
                                                 .revision_id = call.input.text_of("RevisionId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe_configuration(answer->reply);
}

Outcome list_versions_by_function(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::ListFunctionVersions message{.name = *std::move(name)};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    const auto& versions = answer->reply.functions;
    Value result;
    result["Versions"] = Value(Value::List());
    const auto place_of = [&versions](std::size_t i) {
        return fmt::format("{:0>20}", versions[i].function.management.version);
    };
    const auto page = take_page(call, versions.size(), place_of, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i) {
        Value described = describe_configuration(versions[i].function);
        if (versions[i].function.management.version.empty())
            described["FunctionArn"] = Value(versions[i].function.arn + ":$LATEST");
        result["Versions"].push_back(std::move(described));
    }
    co_return result;
}

Outcome create_alias(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    schema::PutFunctionAlias message{.function = *std::move(name), .mode = schema::PutMode::create};
    message.alias.name = call.input.text_of("Name");
    read_alias(call.input, message.alias);
    auto made = co_await put_alias(call, std::move(message));
    co_return made;
}

Outcome update_alias(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const std::string revision_id = call.input.text_of("RevisionId");
    // What the input does not name must stay as somebody else leaves it meanwhile.
    for (int attempt = 1;; ++attempt) {
        auto alias = co_await fetch_alias(call, *name);
        if (!alias) co_return std::unexpected(std::move(alias).error());
        schema::PutFunctionAlias message{
            .function = *name,
            .mode = schema::PutMode::replace,
            .revision_id = revision_id.empty() ? alias->revision_id : revision_id};
        message.alias = *std::move(alias);
        read_alias(call.input, message.alias);
        auto changed = co_await put_alias(call, std::move(message));
        const bool was_changed = !changed && changed.error().reason == "PreconditionFailed";
        const bool may_repeat = revision_id.empty() && attempt < alias_attempts_max;
        if (!was_changed || !may_repeat) co_return changed;
    }
}

Outcome get_alias(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const auto alias = co_await fetch_alias(call, *std::move(name));
    if (!alias) co_return std::unexpected(alias.error());
    co_return describe_alias(*alias);
}

Outcome list_aliases(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::ListFunctionAliases message{.function = *std::move(name)};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    std::vector<schema::FunctionAlias> aliases = answer->reply.aliases;
    const std::string version = call.input.text_of("FunctionVersion");
    if (!version.empty())
        std::erase_if(aliases, [&](const auto& alias) { return alias.version != version; });
    Value result;
    result["Aliases"] = Value(Value::List());
    const auto page = take_page(
        call, aliases.size(), [&aliases](std::size_t i) { return aliases[i].name; }, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i)
        result["Aliases"].push_back(describe_alias(aliases[i]));
    co_return result;
}

Outcome delete_alias(Call& call) {
    auto name = bare_name_in(call);
    if (!name) co_return std::unexpected(std::move(name).error());
    const schema::DeleteFunctionAlias message{.function = *std::move(name),
                                              .name = call.input.text_of("Name")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

}  // namespace onput::gateway::lambda
