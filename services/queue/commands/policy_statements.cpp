#include "services/queue/commands/policy_statements.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::queue {
namespace {

Result<void> check_revision(const schema::FunctionPolicy& policy, const std::string& revision_id) {
    if (revision_id.empty() || revision_id == policy.revision_id) return {};
    return fail(ErrorCode::conflict,
                "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy "
                "API to retrieve the latest RevisionId",
                "PreconditionFailed");
}

}  // namespace

std::string document_of(const schema::FunctionPolicy& policy) {
    std::vector<std::string_view> statements;
    for (const auto& [sid, statement] : policy.statements) statements.push_back(statement);
    return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})",
                       fmt::join(statements, ","));
}

std::unexpected<Error> no_policy() {
    return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                "ResourceNotFound");
}

Result<auth::Policy> add_statement(schema::FunctionPolicy& policy, const NewStatement& added) {
    ONPUT_TRY_VOID(check_revision(policy, added.revision_id));
    if (policy.statements.contains(added.id)) {
        return fail(ErrorCode::conflict,
                    "The statement id (" + added.id +
                        ") provided already exists. Please provide a new statement id, or remove "
                        "the existing statement.",
                    "ResourceConflict");
    }
    schema::FunctionPolicy changed = policy;
    changed.statements.emplace(added.id, added.statement);
    const std::string document = document_of(changed);
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
    policy = std::move(changed);
    return std::move(*parsed);
}

Result<void> remove_statement(schema::FunctionPolicy& policy, const std::string& id,
                              const std::string& revision_id) {
    if (policy.statements.empty()) return no_policy();
    if (!policy.statements.contains(id)) {
        return fail(ErrorCode::not_found, "Statement " + id + " is not found in resource policy.",
                    "ResourceNotFound");
    }
    ONPUT_TRY_VOID(check_revision(policy, revision_id));
    policy.statements.erase(id);
    return {};
}

}  // namespace onput::queue
