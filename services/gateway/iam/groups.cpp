// Operations on groups, and on who is in them.
#include <optional>
#include <string>
#include <utility>

#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

http::Task<Result<schema::Entity>> fetch(Call& call, EntityKind kind, std::string name) {
    schema::GetEntity message{.kind = kind, .name = std::move(name)};
    co_return co_await ask(call, std::move(message));
}

Outcome change_membership(Call& call, bool is_member) {
    schema::ChangeMembership message{.group = call.input.text_of("GroupName"),
                                     .user = call.input.text_of("UserName"),
                                     .is_member = is_member};
    co_return co_await carry_out(call, std::move(message));
}

std::optional<std::string> given(const Value& input, std::string_view member) {
    return input.find(member) != nullptr ? std::optional(input.text_of(member)) : std::nullopt;
}

}  // namespace

Outcome create_group(Call& call) {
    const Value& input = call.input;
    schema::CreateEntity message{.kind = EntityKind::group, .name = input.text_of("GroupName")};
    if (const std::string path = input.text_of("Path"); !path.empty()) message.path = path;
    const auto group = co_await ask(call, std::move(message));
    if (!group) co_return std::unexpected(group.error());
    Value result;
    result["Group"] = describe_group(*group);
    co_return result;
}

Outcome get_group(Call& call) {
    const std::string name = call.input.text_of("GroupName");
    auto page = read_page(call.input);
    if (!page) co_return std::unexpected(std::move(page).error());
    const auto group = co_await fetch(call, EntityKind::group, name);
    if (!group) co_return std::unexpected(group.error());
    schema::ListEntities message{.kind = EntityKind::user,
                                 .after = std::move(page->after),
                                 .limit = page->limit,
                                 .group = name};
    const auto users = co_await ask(call, std::move(message));
    if (!users) co_return std::unexpected(users.error());
    Value result;
    result["Group"] = describe_group(*group);
    result["Users"] = Value(Value::List());
    for (const auto& user : users->entities)
        result["Users"].push_back(describe_user(user, Detail::listed));
    end_page(users->next, result);
    co_return result;
}

Outcome list_groups(Call& call) {
    auto page = read_page(call.input);
    if (!page) co_return std::unexpected(std::move(page).error());
    schema::ListEntities message{
        .kind = EntityKind::group, .after = std::move(page->after), .limit = page->limit};
    if (const std::string path = call.input.text_of("PathPrefix"); !path.empty())
        message.path_prefix = path;
    const auto list = co_await ask(call, std::move(message));
    if (!list) co_return std::unexpected(list.error());
    Value result;
    result["Groups"] = Value(Value::List());
    for (const auto& group : list->entities) result["Groups"].push_back(describe_group(group));
    end_page(list->next, result);
    co_return result;
}

Outcome list_groups_for_user(Call& call) {
    std::string named = call.input.text_of("UserName");
    const auto user = co_await fetch(call, EntityKind::user, std::move(named));
    if (!user) co_return std::unexpected(user.error());
    Value::List groups;
    for (const std::string& name : user->groups) {
        const auto group = co_await fetch(call, EntityKind::group, name);
        // One that went since the user was read.
        const bool is_gone = !group && group.error().code == ErrorCode::not_found;
        if (is_gone) continue;
        if (!group) co_return std::unexpected(group.error());
        groups.push_back(describe_group(*group));
    }
    Value result;
    const auto paged = put_page(call.input, "Groups", groups, result);
    if (!paged) co_return std::unexpected(paged.error());
    co_return result;
}

Outcome update_group(Call& call) {
    schema::UpdateGroup message{.name = call.input.text_of("GroupName"),
                                .new_name = given(call.input, "NewGroupName"),
                                .new_path = given(call.input, "NewPath")};
    const auto group = co_await ask(call, std::move(message));
    if (!group) co_return std::unexpected(group.error());
    co_return Value();
}

Outcome delete_group(Call& call) {
    schema::DeleteEntity message{.kind = EntityKind::group,
                                 .name = call.input.text_of("GroupName")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome add_user_to_group(Call& call) {
    return change_membership(call, true);
}
Outcome remove_user_from_group(Call& call) {
    return change_membership(call, false);
}

}  // namespace onput::gateway::iam
