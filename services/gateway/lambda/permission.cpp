#include "services/gateway/lambda/permission.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/json/writer.hpp"
#include "services/gateway/lambda/errors.hpp"

namespace onput::gateway::lambda {
namespace {

bool is_account(std::string_view text) {
    return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void write_principal(json::Writer& out, const std::string& principal) {
    out.name("Principal");
    if (principal == "*") return out.text("*");
    out.begin_object();
    if (is_account(principal)) {
        out.name("AWS");
        out.text(fmt::format("arn:aws:iam::{}:root", principal));
    } else {
        out.name(principal.starts_with("arn:") ? "AWS" : "Service");
        out.text(principal);
    }
    out.end_object();
}

struct Condition {
    std::string_view match;
    std::string_view key;
    std::string value;
};

std::vector<Condition> conditions_of(const aws::Value& input) {
    std::vector<Condition> conditions{
        {"StringEquals", "AWS:SourceAccount", input.text_of("SourceAccount")},
        {"StringEquals", "lambda:FunctionUrlAuthType", input.text_of("FunctionUrlAuthType")},
        {"ArnLike", "AWS:SourceArn", input.text_of("SourceArn")},
        {"Bool", "lambda:InvokedViaFunctionUrl",
         input.text_of("InvokedViaFunctionUrl") == "true" ? "true" : ""}};
    std::erase_if(conditions, [](const Condition& condition) { return condition.value.empty(); });
    return conditions;
}

// Those of one operator are members of one object.
void write_conditions(json::Writer& out, const std::vector<Condition>& conditions) {
    if (conditions.empty()) return;
    out.name("Condition");
    out.begin_object();
    std::string_view match;
    for (const Condition& condition : conditions) {
        if (condition.match != match) {
            if (!match.empty()) out.end_object();
            match = condition.match;
            out.name(match);
            out.begin_object();
        }
        out.name(condition.key);
        out.text(condition.value);
    }
    out.end_object();
    out.end_object();
}

Result<void> check_url_conditions(const aws::Value& input) {
    const std::string action = input.text_of("Action");
    if (!input.text_of("FunctionUrlAuthType").empty() && action != "lambda:InvokeFunctionUrl")
        return invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
    if (input.text_of("InvokedViaFunctionUrl") == "true" && action != "lambda:InvokeFunction")
        return invalid("InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action");
    return {};
}

}  // namespace

Result<std::string> write_statement(const aws::Value& input, const std::string& resource) {
    ONPUT_TRY_VOID(check_url_conditions(input));
    for (const std::string_view absent : {"PrincipalOrgID", "EventSourceToken"}) {
        if (!input.text_of(absent).empty())
            return invalid(fmt::format("{} is not available here. Nothing was changed.", absent));
    }
    json::Writer out;
    out.begin_object();
    out.name("Sid");
    out.text(input.text_of("StatementId"));
    out.name("Effect");
    out.text("Allow");
    write_principal(out, input.text_of("Principal"));
    out.name("Action");
    out.text(input.text_of("Action"));
    out.name("Resource");
    out.text(resource);
    write_conditions(out, conditions_of(input));
    out.end_object();
    return out.take();
}

std::string write_policy(const schema::FunctionPolicy& policy) {
    std::vector<std::string_view> statements;
    for (const auto& [sid, statement] : policy.statements) statements.push_back(statement);
    return fmt::format(R"({{"Version":"2012-10-17","Id":"default","Statement":[{}]}})",
                       fmt::join(statements, ","));
}

}  // namespace onput::gateway::lambda
