// PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayers, ListLayerVersions,
// DeleteLayerVersion, AddLayerVersionPermission, RemoveLayerVersionPermission,
// GetLayerVersionPolicy; and the layers that functions name.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/schema/function_layer.hpp"
#include "services/gateway/lambda/code.hpp"
#include "services/gateway/lambda/errors.hpp"
#include "services/gateway/lambda/layer_name.hpp"
#include "services/gateway/lambda/operation.hpp"
#include "services/gateway/lambda/permission.hpp"

namespace onput::gateway::lambda {
namespace {

// "2026-11-28T16:10:11.123+0000"
std::string created_text(Timestamp time) {
    std::string text = format_iso8601_millis(time);
    if (text.ends_with('Z')) text.pop_back();
    return text + "+0000";
}

void describe_texts(const std::vector<std::string>& texts, std::string_view name,
                    Value& described) {
    for (const std::string& text : texts) described[std::string(name)].push_back(Value(text));
}

// As lists have it.
Value describe_item(const schema::LayerVersion& layer) {
    Value described;
    described["LayerVersionArn"] = Value(layer.arn);
    described["Version"] = Value(static_cast<std::int64_t>(layer.version));
    described["Description"] = Value(layer.description);
    described["CreatedDate"] = Value(created_text(layer.created_at));
    describe_texts(layer.runtimes, "CompatibleRuntimes", described);
    describe_texts(layer.architectures, "CompatibleArchitectures", described);
    if (!layer.license.empty()) described["LicenseInfo"] = Value(layer.license);
    return described;
}

Value describe(const Call& call, const schema::LayerVersion& layer) {
    Value described = describe_item(layer);
    described["LayerArn"] = Value(layer_arn_of(layer.arn));
    Value& content = described["Content"];
    content["CodeSha256"] = Value(layer.code.sha256);
    content["CodeSize"] = Value(static_cast<std::int64_t>(layer.code.bytes));
    // A link that the caller signs leads nowhere in another account's bucket.
    const bool is_own = layer.account == call.context.identity.account_id;
    if (auto location = is_own ? code_location(call.context, layer.code) : ""; !location.empty())
        content["Location"] = Value(std::move(location));
    return described;
}

Result<LayerName> layer_in(const Call& call) {
    ONPUT_TRY(LayerName layer, parse_layer_name(call.input.text_of("LayerName")));
    if (const Value* version = call.input.find("VersionNumber")) {
        const auto number = version->number().value_or(0);
        if (number > 0) layer.version = static_cast<std::uint64_t>(number);
    }
    return layer;
}

// Of operations that only the layer's own account may do.
Result<LayerName> own_layer_in(const Call& call) {
    ONPUT_TRY(LayerName layer, layer_in(call));
    if (layer.account.empty() || layer.account == call.context.identity.account_id) return layer;
    return fail(ErrorCode::permission_denied,
                fmt::format("The layer {} is of another account.", layer.name));
}

http::Task<Result<schema::LayerVersion>> fetch(Call& call, LayerName layer) {
    const schema::GetLayerVersion message{.account = std::move(layer.account),
                                          .name = std::move(layer.name),
                                          .version = layer.version};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return std::move(answer->reply);
}

// Those for the runtime and architecture that the input asks for; a layer that names none is for
// all.
bool is_wanted(const Value& input, const schema::LayerVersion& layer) {
    const auto fits = [&input](std::string_view name, const std::vector<std::string>& texts) {
        const std::string wanted = input.text_of(name);
        return wanted.empty() || texts.empty() || std::ranges::find(texts, wanted) != texts.end();
    };
    return fits("CompatibleRuntime", layer.runtimes) &&
           fits("CompatibleArchitecture", layer.architectures);
}

http::Task<Result<std::vector<schema::LayerVersion>>> fetch_list(Call& call, std::string name) {
    const schema::ListLayerVersions message{.name = std::move(name)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    std::vector<schema::LayerVersion> all = std::move(answer->reply.versions);
    std::erase_if(all, [&](const auto& layer) { return !is_wanted(call.input, layer); });
    co_return all;
}

schema::FunctionLayer as_function_has_it(const schema::LayerVersion& layer) {
    return {.arn = layer.arn, .code = layer.code};
}

}  // namespace

Outcome publish_layer_version(Call& call) {
    const auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(layer.error());
    static const Value nothing;
    const Value* content = call.input.find("Content");
    auto code = co_await take_code(call, content != nullptr ? *content : nothing,
                                   "layers/" + layer->name, CodeUse::store);
    if (!code) co_return std::unexpected(std::move(code).error());
    schema::PublishLayerVersion message;
    message.layer.name = layer->name;
    message.layer.description = call.input.text_of("Description");
    message.layer.code = *std::move(code);
    message.layer.runtimes = aws::names_of(call.input, "CompatibleRuntimes");
    message.layer.architectures = aws::names_of(call.input, "CompatibleArchitectures");
    message.layer.license = call.input.text_of("LicenseInfo");
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return describe(call, answer->reply);
}

Outcome get_layer_version(Call& call) {
    auto layer = layer_in(call);
    if (!layer) co_return std::unexpected(std::move(layer).error());
    const auto found = co_await fetch(call, *std::move(layer));
    if (!found) co_return std::unexpected(found.error());
    co_return describe(call, *found);
}

Outcome get_layer_version_by_arn(Call& call) {
    auto layer = parse_layer_name(call.input.text_of("Arn"));
    if (!layer) co_return std::unexpected(std::move(layer).error());
    const auto found = co_await fetch(call, *std::move(layer));
    if (!found) co_return std::unexpected(found.error());
    co_return describe(call, *found);
}

Outcome list_layers(Call& call) {
    const auto all = co_await fetch_list(call, std::string());
    if (!all) co_return std::unexpected(all.error());
    Value result;
    result["Layers"] = Value(Value::List());
    const auto page =
        take_page(call, all->size(), [&all](std::size_t i) { return (*all)[i].name; }, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i) {
        const schema::LayerVersion& layer = (*all)[i];
        Value described;
        described["LayerName"] = Value(layer.name);
        described["LayerArn"] = Value(layer_arn_of(layer.arn));
        described["LatestMatchingVersion"] = describe_item(layer);
        result["Layers"].push_back(std::move(described));
    }
    co_return result;
}

Outcome list_layer_versions(Call& call) {
    const auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(layer.error());
    const auto all = co_await fetch_list(call, layer->name);
    if (!all) co_return std::unexpected(all.error());
    Value result;
    result["LayerVersions"] = Value(Value::List());
    // The newest is first, so places rise as numbers fall.
    const auto place_of = [&all](std::size_t i) {
        return fmt::format("{:020}", ~std::uint64_t{0} - (*all)[i].version);
    };
    const auto page = take_page(call, all->size(), place_of, result);
    if (!page) co_return std::unexpected(page.error());
    for (std::size_t i = page->begin; i < page->end; ++i)
        result["LayerVersions"].push_back(describe_item((*all)[i]));
    co_return result;
}

Outcome delete_layer_version(Call& call) {
    auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(std::move(layer).error());
    const schema::DeleteLayerVersion message{.name = std::move(layer->name),
                                             .version = layer->version};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome add_layer_version_permission(Call& call) {
    auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(std::move(layer).error());
    if (!call.input.text_of("OrganizationId").empty())
        co_return invalid("OrganizationId is not available here. Nothing was changed.");
    const auto found = co_await fetch(call, *layer);
    if (!found) co_return std::unexpected(found.error());
    auto statement = write_statement(call.input, found->arn);
    if (!statement) co_return std::unexpected(std::move(statement).error());
    const schema::AddLayerPermission message{.name = std::move(layer->name),
                                             .version = layer->version,
                                             .statement_id = call.input.text_of("StatementId"),
                                             .statement = *statement,
                                             .revision_id = call.input.text_of("RevisionId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["Statement"] = Value(*std::move(statement));
    result["RevisionId"] = Value(answer->reply.revision_id);
    co_return result;
}

Outcome remove_layer_version_permission(Call& call) {
    auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(std::move(layer).error());
    const schema::RemoveLayerPermission message{.name = std::move(layer->name),
                                                .version = layer->version,
                                                .statement_id = call.input.text_of("StatementId"),
                                                .revision_id = call.input.text_of("RevisionId")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome get_layer_version_policy(Call& call) {
    auto layer = own_layer_in(call);
    if (!layer) co_return std::unexpected(std::move(layer).error());
    const auto found = co_await fetch(call, *std::move(layer));
    if (!found) co_return std::unexpected(found.error());
    if (found->policy.statements.empty()) {
        co_return fail(ErrorCode::not_found, "No policy is associated with the given resource.",
                       "ResourceNotFound");
    }
    Value result;
    result["Policy"] = Value(write_policy(found->policy));
    result["RevisionId"] = Value(found->policy.revision_id);
    co_return result;
}

http::Task<Result<std::optional<std::vector<schema::FunctionLayer>>>> find_layers(Call& call) {
    using Layers = std::optional<std::vector<schema::FunctionLayer>>;
    if (call.input.find("Layers") == nullptr) co_return Layers();
    std::vector<schema::FunctionLayer> layers;
    std::vector<std::string> names;
    for (const std::string& arn : aws::names_of(call.input, "Layers")) {
        auto layer = parse_layer_name(arn);
        if (!layer) co_return std::unexpected(std::move(layer).error());
        if (layers.size() == schema::function_layers_max)
            co_return invalid("Function cannot reference more than 5 layers.");
        std::string name = layer->account + "/" + layer->name;
        if (std::ranges::find(names, name) != names.end()) {
            co_return invalid(fmt::format(
                "Two different versions of the same layer are not allowed to be referenced in the "
                "same function. {} is named twice.",
                layer_arn_of(arn)));
        }
        names.push_back(std::move(name));
        auto found = co_await fetch(call, *std::move(layer));
        if (!found && found.error().code == ErrorCode::not_found)
            co_return invalid(fmt::format("Layer version {} does not exist.", arn));
        if (!found) co_return std::unexpected(std::move(found).error());
        layers.push_back(as_function_has_it(*found));
    }
    Layers all(std::move(layers));
    co_return all;
}

}  // namespace onput::gateway::lambda
