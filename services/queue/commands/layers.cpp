#include "services/queue/commands/layers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/policy.hpp"
#include "common/service/policy_principal.hpp"
#include "common/service/request_values.hpp"
#include "common/service/rows.hpp"
#include "services/queue/commands/policy_statements.hpp"
#include "services/queue/messages/records.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

bool is_layer_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= schema::layer_name_bytes_max &&
           std::ranges::all_of(name, fits);
}

Result<void> check(const schema::LayerVersion& layer) {
    if (!is_layer_name(layer.name))
        return invalid("a layer's name is 1 to 64 letters, digits, '-' and '_'");
    if (layer.description.size() > schema::function_description_bytes_max)
        return invalid("a layer's description has at most 256 bytes");
    if (layer.license.size() > schema::layer_license_bytes_max)
        return invalid("a layer's license has at most 512 bytes");
    if (layer.runtimes.size() > schema::layer_runtimes_max)
        return invalid("a layer names at most 15 runtimes");
    if (layer.architectures.size() > schema::layer_architectures_max)
        return invalid("a layer names at most 2 architectures");
    if (layer.code.bucket.empty() || layer.code.key.empty() || layer.code.sha256.empty())
        return invalid("a layer's zip names its bucket, its key and its sha256");
    return {};
}

// Another account may use it when its policy says so.
bool is_shared(const schema::LayerVersion& layer, const Caller& caller) {
    const auto policy = auth::Policy::parse(document_of(layer.policy), auth::PolicySource::store);
    if (layer.policy.statements.empty() || !policy) return false;
    const auth::PolicyRequest request{.principal = service::policy_principal_of(caller.principal),
                                      .action = "lambda:GetLayerVersion",
                                      .resource = layer.arn,
                                      .values = service::request_values_of(caller)};
    return policy->evaluate(request).effect == auth::PolicyEffect::allow;
}

}  // namespace

std::string Layers::arn_of(const Name& name) const {
    return fmt::format("arn:aws:lambda:{}:{}:layer:{}:{}", region_, name.account, name.name,
                       name.version);
}

Result<schema::LayerVersion> Layers::find(const Name& name) const {
    if (is_layer_name(name.name) && name.version != 0) {
        ONPUT_TRY(const auto row,
                  view_.get(partition, layer_key(name.account, name.name, name.version)));
        if (row) return schema::decode<schema::LayerVersion>(*row);
    }
    return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                "ResourceNotFound");
}

Result<std::uint64_t> Layers::last_number(const std::string& account,
                                          const std::string& name) const {
    ONPUT_TRY(const auto row, view_.get(partition, layer_key(account, name, 0)));
    if (!row) return std::uint64_t{0};
    ONPUT_TRY(const auto record, schema::decode<LayerRecord>(*row));
    return record.last_version;
}

Result<Layers::Counts> Layers::count(const std::string& account) const {
    Counts count;
    ONPUT_TRY_VOID(service::for_each_key(
        view_, partition, layer_rows(account), [&count](const std::string& key) -> Result<void> {
            ++(is_layer_record(key) ? count.names : count.versions);
            return {};
        }));
    return count;
}

Result<schema::LayerVersion> Layers::publish(const schema::PublishLayerVersion& request,
                                             const Caller& caller, Effects& effects) {
    schema::LayerVersion layer = request.layer;
    ONPUT_TRY_VOID(check(layer));
    layer.account = caller.principal.account;
    if (layer.account.empty()) return invalid("a layer belongs to an account");
    ONPUT_TRY(const Counts there, count(layer.account));
    if (there.versions >= schema::layer_versions_max) {
        return fail(ErrorCode::resource_exhausted,
                    "this account has too many versions of layers: delete some", "OverLimit");
    }
    ONPUT_TRY(const std::uint64_t last, last_number(layer.account, layer.name));
    if (last == 0 && there.names >= layer_names_max) {
        return fail(ErrorCode::resource_exhausted,
                    "this account has used up its names of layers: publish under one that it has",
                    "OverLimit");
    }
    layer.version = last + 1;
    layer.arn = arn_of({.account = layer.account, .name = layer.name, .version = layer.version});
    layer.created_at = caller.now;
    layer.policy = {};
    effects.batch().put(layer_key(layer.account, layer.name, 0),
                        schema::encode(LayerRecord{.last_version = layer.version}));
    effects.batch().put(layer_key(layer.account, layer.name, layer.version), schema::encode(layer));
    return layer;
}

Result<schema::LayerVersion> Layers::get(const schema::GetLayerVersion& request,
                                         const Caller& caller) const {
    const std::string& own = caller.principal.account;
    const std::string& account = request.account.empty() ? own : request.account;
    auto layer = find({.account = account, .name = request.name, .version = request.version});
    if (account == own) return layer;
    // Who may not use it is not told whether it is there.
    if (layer && is_shared(*layer, caller)) return layer;
    const bool is_fault = !layer && layer.error().code != ErrorCode::not_found;
    if (is_fault) return layer;
    return fail(
        ErrorCode::permission_denied,
        fmt::format(
            "not authorized to perform: lambda:GetLayerVersion on resource: {}",
            arn_of({.account = account, .name = request.name, .version = request.version})));
}

Result<schema::LayerVersionList> Layers::list(const schema::ListLayerVersions& request,
                                              const Caller& caller) const {
    schema::LayerVersionList list;
    const bool is_of_all = request.name.empty();
    if (!is_of_all && !is_layer_name(request.name)) return list;
    const std::string& account = caller.principal.account;
    const auto rows = is_of_all ? layer_rows(account) : layer_version_rows(account, request.name);
    ONPUT_TRY_VOID(for_each_row(view_, rows, [&](const store::Row& row) -> Result<void> {
        if (is_layer_record(row.key)) return {};
        ONPUT_TRY(auto layer, schema::decode<schema::LayerVersion>(row.value));
        // Rows of a layer are in the order of their numbers.
        const bool replaces =
            is_of_all && !list.versions.empty() && list.versions.back().name == layer.name;
        if (replaces) list.versions.pop_back();
        layer.policy = {};  // In no list: it may be long.
        list.versions.push_back(std::move(layer));
        return {};
    }));
    if (!is_of_all) std::ranges::reverse(list.versions);
    return list;
}

Result<schema::Empty> Layers::remove(const schema::DeleteLayerVersion& request,
                                     const Caller& caller, Effects& effects) {
    const auto found = find(
        {.account = caller.principal.account, .name = request.name, .version = request.version});
    if (!found && found.error().code == ErrorCode::not_found) return schema::Empty{};
    if (!found) return std::unexpected(found.error());
    effects.batch().remove(layer_key(found->account, found->name, found->version));
    return schema::Empty{};
}

Result<schema::FunctionPolicy> Layers::add_permission(const schema::AddLayerPermission& request,
                                                      const Caller& caller, Effects& effects) {
    ONPUT_TRY(auto layer, find({.account = caller.principal.account,
                                .name = request.name,
                                .version = request.version}));
    ONPUT_TRY_VOID(add_statement(layer.policy, {.id = request.statement_id,
                                                .statement = request.statement,
                                                .revision_id = request.revision_id}));
    layer.policy.revision_id = random_.uuid();
    effects.batch().put(layer_key(layer.account, layer.name, layer.version), schema::encode(layer));
    return layer.policy;
}

Result<schema::Empty> Layers::remove_permission(const schema::RemoveLayerPermission& request,
                                                const Caller& caller, Effects& effects) {
    ONPUT_TRY(auto layer, find({.account = caller.principal.account,
                                .name = request.name,
                                .version = request.version}));
    ONPUT_TRY_VOID(remove_statement(layer.policy, request.statement_id, request.revision_id));
    layer.policy.revision_id = random_.uuid();
    effects.batch().put(layer_key(layer.account, layer.name, layer.version), schema::encode(layer));
    return schema::Empty{};
}

}  // namespace onput::queue
