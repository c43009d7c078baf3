// Operations on users themselves.
#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

// The account's own key has no user; AWS shows the account in his place.
Value describe_root(const Call& call) {
    const std::string& account = call.context.identity.account_id;
    Value user;
    user["UserId"] = Value(account);
    user["Arn"] = Value("arn:aws:iam::" + account + ":root");
    user["CreateDate"] = Value(std::int64_t{0});
    return user;
}

Value answer_user(Value user) {
    Value result;
    result["User"] = std::move(user);
    return result;
}

}  // namespace

Outcome create_user(Call& call) {
    const Value& input = call.input;
    schema::CreateEntity message{.kind = EntityKind::user,
                                 .name = input.text_of("UserName"),
                                 .tags = read_tags(input),
                                 .boundary = input.text_of("PermissionsBoundary")};
    if (const std::string path = input.text_of("Path"); !path.empty()) message.path = path;
    const auto user = co_await ask(call, std::move(message));
    if (!user) co_return std::unexpected(user.error());
    co_return answer_user(describe_user(*user, Detail::whole));
}

Outcome get_user(Call& call) {
    schema::GetEntity message{.kind = EntityKind::user, .name = call.input.text_of("UserName")};
    if (message.name.empty()) message.name = call.context.identity.user;
    if (message.name.empty() && call.context.principal().is_root())
        co_return answer_user(describe_root(call));
    if (message.name.empty()) {
        co_return fail(ErrorCode::invalid_argument,
                       "Must specify userName when calling with non-User credentials",
                       "ValidationError");
    }
    const auto user = co_await ask(call, std::move(message));
    if (!user) co_return std::unexpected(user.error());
    co_return answer_user(describe_user(*user, Detail::whole));
}

Outcome list_users(Call& call) {
    auto page = read_page(call.input);
    if (!page) co_return std::unexpected(std::move(page).error());
    schema::ListEntities message{
        .kind = EntityKind::user, .after = std::move(page->after), .limit = page->limit};
    if (const std::string path = call.input.text_of("PathPrefix"); !path.empty())
        message.path_prefix = path;
    const auto list = co_await ask(call, std::move(message));
    if (!list) co_return std::unexpected(list.error());
    Value result;
    result["Users"] = Value(Value::List());
    for (const auto& user : list->entities)
        result["Users"].push_back(describe_user(user, Detail::listed));
    end_page(list->next, result);
    co_return result;
}

Outcome delete_user(Call& call) {
    schema::DeleteEntity message{.kind = EntityKind::user, .name = call.input.text_of("UserName")};
    co_return co_await carry_out(call, std::move(message));
}

}  // namespace onput::gateway::iam
