// Operations on roles themselves.
#include "services/gateway/iam/describe.hpp"
#include "services/gateway/iam/operation.hpp"

namespace onput::gateway::iam {
namespace {

using schema::EntityKind;

Value answer_role(const schema::Entity& role) {
    Value result;
    result["Role"] = describe_role(role, Detail::whole);
    return result;
}

}  // namespace

Outcome create_role(Call& call) {
    const Value& input = call.input;
    schema::CreateEntity message{.kind = EntityKind::role,
                                 .name = input.text_of("RoleName"),
                                 .description = input.text_of("Description"),
                                 .tags = read_tags(input),
                                 .document = input.text_of("AssumeRolePolicyDocument"),
                                 .boundary = input.text_of("PermissionsBoundary")};
    if (const std::string path = input.text_of("Path"); !path.empty()) message.path = path;
    if (const Value* longest = input.find("MaxSessionDuration"))
        message.session_s_max = static_cast<std::uint32_t>(longest->number().value_or(0));
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    co_return answer_role(*role);
}

Outcome get_role(Call& call) {
    schema::GetEntity message{.kind = EntityKind::role, .name = call.input.text_of("RoleName")};
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    co_return answer_role(*role);
}

Outcome list_roles(Call& call) {
    auto page = read_page(call.input);
    if (!page) co_return std::unexpected(std::move(page).error());
    schema::ListEntities message{
        .kind = EntityKind::role, .after = std::move(page->after), .limit = page->limit};
    if (const std::string path = call.input.text_of("PathPrefix"); !path.empty())
        message.path_prefix = path;
    const auto list = co_await ask(call, std::move(message));
    if (!list) co_return std::unexpected(list.error());
    Value result;
    result["Roles"] = Value(Value::List());
    for (const auto& role : list->entities)
        result["Roles"].push_back(describe_role(role, Detail::listed));
    end_page(list->next, result);
    co_return result;
}

Outcome delete_role(Call& call) {
    schema::DeleteEntity message{.kind = EntityKind::role, .name = call.input.text_of("RoleName")};
    co_return co_await carry_out(call, std::move(message));
}

Outcome update_role(Call& call) {
    schema::UpdateRole message{.name = call.input.text_of("RoleName")};
    if (call.input.find("Description") != nullptr)
        message.description = call.input.text_of("Description");
    if (const Value* longest = call.input.find("MaxSessionDuration"))
        message.session_s_max = static_cast<std::uint32_t>(longest->number().value_or(0));
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    co_return Value(Value::Map());
}

Outcome update_role_description(Call& call) {
    schema::UpdateRole message{.name = call.input.text_of("RoleName"),
                               .description = call.input.text_of("Description")};
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    co_return answer_role(*role);
}

Outcome update_assume_role_policy(Call& call) {
    schema::UpdateRole message{.name = call.input.text_of("RoleName"),
                               .trust = call.input.text_of("PolicyDocument")};
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    co_return Value();
}

// There are no instances: no role is in the profile of one.
Outcome list_instance_profiles_for_role(Call& call) {
    schema::GetEntity message{.kind = EntityKind::role, .name = call.input.text_of("RoleName")};
    const auto role = co_await ask(call, std::move(message));
    if (!role) co_return std::unexpected(role.error());
    Value result;
    result["InstanceProfiles"] = Value(Value::List());
    end_page({}, result);
    co_return result;
}

}  // namespace onput::gateway::iam
