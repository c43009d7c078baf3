#include "services/queue/commands/function_permissions.hpp"

#include "services/queue/commands/policy_statements.hpp"

namespace onput::queue {
namespace {

std::string plain(const std::string& qualifier) {
    return qualifier == "$LATEST" ? std::string() : qualifier;
}

}  // namespace

void FunctionPermissions::restore(Queue& function) {
    for (const auto& [qualifier, policy] : function.function->policies) {
        auto parsed = auth::Policy::parse(document_of(policy), auth::PolicySource::store);
        if (parsed) function.permissions.emplace(qualifier, std::move(*parsed));
    }
}

Result<Queue*> FunctionPermissions::find(const std::string& name, const std::string& qualifier,
                                         const Caller& caller) const {
    ONPUT_TRY_VOID(functions_.find(name, qualifier, caller));
    return functions_.find(name, {}, caller);
}

Result<schema::FunctionPolicy> FunctionPermissions::add(
    const schema::AddFunctionPermission& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, find(request.name, request.qualifier, caller));
    const std::string qualifier = plain(request.qualifier);
    const auto& policies = queue->function->policies;
    const auto existing = policies.find(qualifier);
    schema::FunctionPolicy policy =
        existing != policies.end() ? existing->second : schema::FunctionPolicy{};
    ONPUT_TRY(auto parsed, add_statement(policy, {.id = request.statement_id,
                                                  .statement = request.statement,
                                                  .revision_id = request.revision_id}));
    policy.revision_id = random_.uuid();
    FunctionRecord changed = *queue->function;
    changed.policies[qualifier] = policy;
    ONPUT_TRY_VOID(check_room(changed, *queue->function));
    queue->permissions.insert_or_assign(qualifier, std::move(parsed));
    *queue->function = std::move(changed);
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return policy;
}

Result<schema::Empty> FunctionPermissions::remove(const schema::RemoveFunctionPermission& request,
                                                  const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, find(request.name, request.qualifier, caller));
    const std::string qualifier = plain(request.qualifier);
    auto& policies = queue->function->policies;
    const auto found = policies.find(qualifier);
    if (found == policies.end()) return no_policy();
    ONPUT_TRY_VOID(remove_statement(found->second, request.statement_id, request.revision_id));
    found->second.revision_id = random_.uuid();
    queue->permissions.erase(qualifier);
    if (found->second.statements.empty()) {
        policies.erase(found);
    } else if (auto parsed =
                   auth::Policy::parse(document_of(found->second), auth::PolicySource::store)) {
        queue->permissions.emplace(qualifier, std::move(*parsed));
    }
    effects.batch().put(function_key(queue->account, queue->name),
                        schema::encode(*queue->function));
    return schema::Empty{};
}

Result<schema::FunctionPolicy> FunctionPermissions::get(const schema::GetFunctionPolicy& request,
                                                        const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find(request.name, request.qualifier, caller));
    const auto found = queue->function->policies.find(plain(request.qualifier));
    if (found == queue->function->policies.end()) return no_policy();
    return found->second;
}

}  // namespace onput::queue
