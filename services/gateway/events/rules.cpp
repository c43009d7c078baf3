// Operations on rules.
#include "common/pattern/event_pattern.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

Result<schema::PutRule> read_put(const Value& input) {
    schema::PutRule message{.bus = input.text_of("EventBusName"),
                            .name = input.text_of("Name"),
                            .pattern = input.text_of("EventPattern"),
                            .expression = input.text_of("ScheduleExpression"),
                            .is_enabled = input.text_of("State") != "DISABLED",
                            .description = input.text_of("Description"),
                            .role_arn = input.text_of("RoleArn")};
    ONPUT_TRY(message.tags, read_tags(input));
    return message;
}

template <schema::Message M>
M of_rule(const Value& input) {
    return M{.bus = input.text_of("EventBusName"), .name = input.text_of("Name")};
}

Result<schema::ListRules> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    return schema::ListRules{.bus = input.text_of("EventBusName"),
                             .prefix = input.text_of("NamePrefix"),
                             .target_arn = input.text_of("TargetArn"),
                             .after = std::move(page.after),
                             .rules_max = page.items_max};
}

void set_text(Value& map, const std::string& name, const std::string& text) {
    if (!text.empty()) map[name] = Value(text);
}

Value describe_put(const schema::RuleInfo& rule) {
    Value result;
    result["RuleArn"] = Value(rule.arn);
    return result;
}

Value describe_in_list(const schema::RuleInfo& rule) {
    Value result;
    result["Name"] = Value(rule.name);
    result["Arn"] = Value(rule.arn);
    set_text(result, "EventPattern", rule.pattern);
    set_text(result, "ScheduleExpression", rule.expression);
    result["State"] = Value(rule.is_enabled ? "ENABLED" : "DISABLED");
    set_text(result, "Description", rule.description);
    set_text(result, "RoleArn", rule.role_arn);
    result["EventBusName"] = Value(rule.bus);
    return result;
}

Value describe_one(const schema::RuleInfo& rule) {
    Value result = describe_in_list(rule);
    result["CreatedBy"] = Value(rule.account);
    return result;
}

Value describe_list(const schema::RuleList& page) {
    Value result;
    result["Rules"] = Value(Value::List());
    for (const auto& rule : page.rules) result["Rules"].push_back(describe_in_list(rule));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

Value describe_names(const schema::RuleList& page) {
    Value result;
    result["RuleNames"] = Value(Value::List());
    for (const auto& rule : page.rules) result["RuleNames"].push_back(Value(rule.name));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

}  // namespace

Outcome put_rule(Call& call) {
    return ask(call, read_put(call.input), &describe_put);
}

Outcome delete_rule(Call& call) {
    return ask<schema::DeleteRule>(call, of_rule<schema::DeleteRule>(call.input),
                                   &describe_nothing);
}

Outcome describe_rule(Call& call) {
    return ask<schema::DescribeRule>(call, of_rule<schema::DescribeRule>(call.input),
                                     &describe_one);
}

Outcome disable_rule(Call& call) {
    auto message = of_rule<schema::SetRuleState>(call.input);
    message.is_enabled = false;
    return ask<schema::SetRuleState>(call, std::move(message), &describe_nothing);
}

Outcome enable_rule(Call& call) {
    return ask<schema::SetRuleState>(call, of_rule<schema::SetRuleState>(call.input),
                                     &describe_nothing);
}

Outcome list_rules(Call& call) {
    return ask(call, read_list(call.input), &describe_list);
}

Outcome list_rule_names_by_target(Call& call) {
    return ask(call, read_list(call.input), &describe_names);
}

// Needs nobody's state.
Outcome test_event_pattern(Call& call) {
    const auto pattern = pattern::EventPattern::parse(call.input.text_of("EventPattern"));
    if (!pattern) co_return std::unexpected(pattern.error());
    Value result;
    result["Result"] = Value::flag(pattern->matches(call.input.text_of("Event")));
    co_return result;
}

}  // namespace onput::gateway::events
