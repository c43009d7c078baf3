// Operations on groups of schedules, and on their tags.
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/aws/tags.hpp"
#include "services/gateway/scheduler/errors.hpp"
#include "services/gateway/scheduler/operation.hpp"

namespace onput::gateway::scheduler {
namespace {

Result<std::map<std::string, std::string>> read_tags(const Value& input) {
    auto tags = aws::tags_in(input);
    if (!tags) return invalid_request("Duplicate tag keys are not allowed.");
    return *std::move(tags);
}

Result<schema::CreateScheduleGroup> read_create(const Value& input) {
    schema::CreateScheduleGroup message{.name = input.text_of("Name"),
                                        .client_token = input.text_of("ClientToken")};
    ONPUT_TRY(message.tags, read_tags(input));
    return message;
}

Result<schema::ListScheduleGroups> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    return schema::ListScheduleGroups{.prefix = input.text_of("NamePrefix"),
                                      .after = std::move(page.after),
                                      .groups_max = page.items_max};
}

Result<schema::ChangeEventTags> read_tag(const Value& input) {
    schema::ChangeEventTags message{.arn = input.text_of("ResourceArn")};
    ONPUT_TRY(message.set, read_tags(input));
    return message;
}

Value describe_created(const schema::ScheduleGroup& group) {
    Value result;
    result["ScheduleGroupArn"] = Value(group.arn);
    return result;
}

Value describe_group(const schema::ScheduleGroup& group) {
    Value result;
    result["Arn"] = Value(group.arn);
    result["Name"] = Value(group.name);
    result["State"] = Value(group.is_deleting ? "DELETING" : "ACTIVE");
    if (group.created_at != Timestamp()) {
        result["CreationDate"] = Value(to_millis(group.created_at));
        result["LastModificationDate"] = Value(to_millis(group.modified_at));
    }
    return result;
}

Value describe_list(const schema::ScheduleGroupList& page) {
    Value result;
    result["ScheduleGroups"] = Value(Value::List());
    for (const auto& group : page.groups) result["ScheduleGroups"].push_back(describe_group(group));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

Value describe_tags(const schema::EventTags& tags) {
    return aws::tag_list(tags.tags);
}

}  // namespace

Outcome create_schedule_group(Call& call) {
    return ask(call, read_create(call.input), &describe_created);
}

Outcome get_schedule_group(Call& call) {
    return ask<schema::GetScheduleGroup>(
        call, schema::GetScheduleGroup{.name = call.input.text_of("Name")}, &describe_group);
}

Outcome delete_schedule_group(Call& call) {
    return ask<schema::DeleteScheduleGroup>(
        call, schema::DeleteScheduleGroup{.name = call.input.text_of("Name")}, &describe_nothing);
}

Outcome list_schedule_groups(Call& call) {
    return ask(call, read_list(call.input), &describe_list);
}

Outcome tag_resource(Call& call) {
    return ask(call, read_tag(call.input), &describe_nothing<schema::EventTags>);
}

Outcome untag_resource(Call& call) {
    return ask<schema::ChangeEventTags>(
        call,
        schema::ChangeEventTags{.arn = call.input.text_of("ResourceArn"),
                                .removed = aws::names_of(call.input, "TagKeys")},
        &describe_nothing);
}

Outcome list_tags_for_resource(Call& call) {
    return ask<schema::GetEventTags>(
        call, schema::GetEventTags{.arn = call.input.text_of("ResourceArn")}, &describe_tags);
}

}  // namespace onput::gateway::scheduler
