// Operations on the access keys of users.
#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

// Without one, the user who signs.
Result<std::string> user_in(const Call& call) {
    std::string user = call.input.text_of("UserName");
    if (user.empty()) user = call.context.identity.user;
    if (!user.empty()) return user;
    return fail(ErrorCode::invalid_argument,
                "Must specify userName when calling with non-User credentials", "ValidationError");
}

}  // namespace

Outcome create_access_key(Call& call) {
    auto user = user_in(call);
    if (!user) co_return std::unexpected(std::move(user).error());
    schema::CreateAccessKey message{.user = *std::move(user)};
    const auto made = co_await ask(call, std::move(message));
    if (!made) co_return std::unexpected(made.error());
    Value result;
    result["AccessKey"] = describe_key(made->key);
    result["AccessKey"]["SecretAccessKey"] = Value(made->secret);
    co_return result;
}

Outcome list_access_keys(Call& call) {
    auto user = user_in(call);
    if (!user) co_return std::unexpected(std::move(user).error());
    schema::ListAccessKeys message{.user = *std::move(user)};
    const auto list = co_await ask(call, std::move(message));
    if (!list) co_return std::unexpected(list.error());
    Value::List keys;
    for (const auto& key : list->keys) keys.push_back(describe_key(key));
    Value result;
    const auto paged = put_page(call.input, "AccessKeyMetadata", keys, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

Outcome update_access_key(Call& call) {
    auto user = user_in(call);
    if (!user) co_return std::unexpected(std::move(user).error());
    schema::UpdateAccessKey message{.user = *std::move(user),
                                    .id = call.input.text_of("AccessKeyId"),
                                    .is_active = call.input.text_of("Status") == "Active"};
    co_return co_await carry_out(call, std::move(message));
}

Outcome delete_access_key(Call& call) {
    auto user = user_in(call);
    if (!user) co_return std::unexpected(std::move(user).error());
    schema::DeleteAccessKey message{.user = *std::move(user),
                                    .id = call.input.text_of("AccessKeyId")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome get_access_key_last_used(Call& call) {
    schema::FindAccessKey message{.id = call.input.text_of("AccessKeyId")};
    const auto found = co_await ask(call, std::move(message));
    if (!found) co_return std::unexpected(found.error());
    Value result;
    result["UserName"] = Value(found->key.user);
    Value& used = result["AccessKeyLastUsed"];
    const auto& last = found->key.last_use;
    if (last) used["LastUsedDate"] = time_value(last->at);
    used["ServiceName"] = Value(last ? last->service : "N/A");
    used["Region"] = Value(last && !last->region.empty() ? last->region : "N/A");
    co_return result;
}

}  // namespace onput::gateway::iam
