// AddPermission and RemovePermission: the topic's policy is read, changed, and set if it is still
// the one that was read; else all over again.
#include "services/gateway/sns/permission.hpp"

#include <algorithm>
#include <functional>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/gateway/sns/errors.hpp"
#include "services/gateway/sns/operation.hpp"

namespace onput::gateway::sns {
namespace {

// With a list of statements, in whichever form the policy has them.
Result<json::Value> read_policy(std::string_view text) {
    if (text.empty()) text = R"({"Version":"2008-10-17","Statement":[]})";
    auto policy = json::read(text);
    if (!policy || policy->object() == nullptr)
        return fail(ErrorCode::internal, "the topic's policy is no object");
    json::Value& statements = (*policy)["Statement"];
    if (statements.object() != nullptr) {
        statements = json::Value::Array{json::Value(statements)};
    } else if (statements.array() == nullptr) {
        statements = json::Value::Array();
    }
    return std::move(*policy);
}

bool has_label(const json::Value& statement, std::string_view label) {
    const json::Value* sid = statement.find("Sid");
    return sid != nullptr && sid->text() != nullptr && *sid->text() == label;
}

// One is a text, several are a list.
json::Value one_or_list(const std::vector<std::string>& texts) {
    if (texts.size() == 1) return texts.front();
    return json::Value::Array(texts.begin(), texts.end());
}

bool is_account(std::string_view text) {
    return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<Permission> read_permission(const Value& input) {
    Permission permission;
    permission.topic_arn = input.text_of("TopicArn");
    permission.label = input.text_of("Label");
    permission.accounts = aws::names_of(input, "AWSAccountId");
    permission.actions = aws::names_of(input, "ActionName");
    if (permission.accounts.empty() || permission.accounts.size() > permission_accounts_max ||
        !std::ranges::all_of(permission.accounts, &is_account)) {
        return invalid_parameter("AWSAccountId");
    }
    if (permission.actions.empty()) return invalid_parameter("ActionName");
    return permission;
}

struct Removal {
    std::string topic_arn;
    std::string label;
};

Result<Removal> read_removal(const Value& input) {
    Removal removal;
    removal.topic_arn = input.text_of("TopicArn");
    removal.label = input.text_of("Label");
    return removal;
}

http::Task<Result<std::string>> policy_of(Call& call, std::string topic_arn) {
    const schema::GetTopic message{.arn = std::move(topic_arn)};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return answer->reply.attributes["Policy"];
}

// Callers who change one topic's policy at the same time; each round lets one of them through.
constexpr int rounds_max = 16;

// `change` makes the new policy of the one that is.
http::Task<Result<Value>> change_policy(
    Call& call, std::string topic_arn,
    std::function<Result<std::string>(std::string_view)> change) {
    for (int round = 0; round < rounds_max; ++round) {
        const auto policy = co_await policy_of(call, topic_arn);
        if (!policy) co_return std::unexpected(policy.error());
        auto changed = change(*policy);
        if (!changed) co_return std::unexpected(std::move(changed).error());
        const schema::SetTopicAttribute set{
            .arn = topic_arn, .name = "Policy", .value = std::move(*changed), .expected = *policy};
        auto answer = co_await call.context.call(set);
        if (answer) co_return Value();
        if (answer.error().reason != "attribute_changed") {
            co_return std::unexpected(std::move(answer).error());
        }
    }
    co_return fail(ErrorCode::unavailable, "The topic's policy is changed by too many at once.");
}

}  // namespace

Result<std::string> with_permission(std::string_view policy_text, const Permission& permission) {
    ONPUT_TRY(json::Value policy, read_policy(policy_text));
    json::Value& statements = policy["Statement"];
    const auto is_same = [&permission](const json::Value& statement) {
        return has_label(statement, permission.label);
    };
    if (std::ranges::any_of(*statements.array(), is_same))
        return invalid_parameter("Statement already exists");
    std::vector<std::string> principals;
    principals.reserve(permission.accounts.size());
    for (const auto& account : permission.accounts)
        principals.push_back("arn:aws:iam::" + account + ":root");
    std::vector<std::string> actions;
    actions.reserve(permission.actions.size());
    for (const auto& action : permission.actions) actions.push_back("SNS:" + action);
    json::Value statement;
    statement["Sid"] = permission.label;
    statement["Effect"] = "Allow";
    statement["Principal"]["AWS"] = one_or_list(principals);
    statement["Action"] = one_or_list(actions);
    statement["Resource"] = permission.topic_arn;
    statements.push_back(std::move(statement));
    return json::write(policy);
}

Result<std::string> without_permission(std::string_view policy_text, std::string_view label) {
    ONPUT_TRY(json::Value policy, read_policy(policy_text));
    auto& statements = *policy["Statement"].array();
    const auto is_it = [label](const json::Value& statement) {
        return has_label(statement, label);
    };
    if (std::erase_if(statements, is_it) == 0)
        return fail(ErrorCode::not_found, "Statement does not exist", "NotFound");
    return json::write(policy);
}

Outcome add_permission(Call& call) {
    const auto permission = read_permission(call.input);
    if (!permission) co_return std::unexpected(permission.error());
    std::function<Result<std::string>(std::string_view)> add =
        [given = *permission](std::string_view policy) { return with_permission(policy, given); };
    co_return co_await change_policy(call, permission->topic_arn, std::move(add));
}

Outcome remove_permission(Call& call) {
    const auto removal = read_removal(call.input);
    if (!removal) co_return std::unexpected(removal.error());
    std::function<Result<std::string>(std::string_view)> remove =
        [label = removal->label](std::string_view policy) {
            return without_permission(policy, label);
        };
    co_return co_await change_policy(call, removal->topic_arn, std::move(remove));
}

}  // namespace onput::gateway::sns
