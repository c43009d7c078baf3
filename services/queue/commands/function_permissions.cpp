#include "services/queue/commands/function_permissions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::queue {
namespace {

std::string document_of(const schema::FunctionPolicy& policy) {
    std::vector<std::string_view> statements;
    for (const auto& [sid, statement] : policy.statements) statements.push_back(statement);
    return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})",
                       fmt::join(statements, ","));
}

std::string plain(const std::string& qualifier) {
    return qualifier == "$LATEST" ? std::string() : qualifier;
}

std::unexpected<Error> no_policy() {
    return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                "ResourceNotFound");
}

Result<void> check_revision(const schema::FunctionPolicy& policy, const std::string& revision_id) {
    if (revision_id.empty() || revision_id == policy.revision_id) return {};
    return fail(ErrorCode::conflict,
                "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy "
                "API to retrieve the latest RevisionId",
                "PreconditionFailed");
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
    auto& policies = queue->function->policies;
    const auto existing = policies.find(qualifier);
    schema::FunctionPolicy policy =
        existing != policies.end() ? existing->second : schema::FunctionPolicy{};
    ONPUT_TRY_VOID(check_revision(policy, request.revision_id));
    if (policy.statements.contains(request.statement_id)) {
        return fail(ErrorCode::conflict,
                    "The statement id (" + request.statement_id +
                        ") provided already exists. Please provide a new statement id, or remove "
                        "the existing statement.",
                    "ResourceConflict");
    }
    policy.statements.emplace(request.statement_id, request.statement);
    policy.revision_id = random_.uuid();
    const std::string document = document_of(policy);
    if (document.size() > schema::function_policy_bytes_max) {
        return fail(ErrorCode::resource_exhausted,
                    "The final policy size is bigger than the limit (20480).",
                    "PolicyLengthExceeded");
    }
    auto parsed = auth::Policy::parse(document);
    if (!parsed) {
        return fail(ErrorCode::invalid_argument, std::move(parsed).error().message,
                    "InvalidParameterValue");
    }
    queue->permissions.insert_or_assign(qualifier, std::move(*parsed));
    policies[qualifier] = policy;
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
    if (!found->second.statements.contains(request.statement_id)) {
        return fail(ErrorCode::not_found,
                    "Statement " + request.statement_id + " is not found in resource policy.",
                    "ResourceNotFound");
    }
    ONPUT_TRY_VOID(check_revision(found->second, request.revision_id));
    found->second.statements.erase(request.statement_id);
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
