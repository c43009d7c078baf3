#include "services/gateway/lambda/permission.hpp"

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

void write_condition(json::Writer& out, std::string_view match, std::string_view key,
                     const std::string& value) {
    if (value.empty()) return;
    out.name(match);
    out.begin_object();
    out.name(key);
    out.text(value);
    out.end_object();
}

}  // namespace

Result<std::string> write_statement(const aws::Value& input, const std::string& resource) {
    for (const std::string_view absent :
         {"PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType"}) {
        if (!input.text_of(absent).empty())
            return invalid(fmt::format("{} is not available here. Nothing was changed.", absent));
    }
    const std::string account = input.text_of("SourceAccount");
    const std::string arn = input.text_of("SourceArn");
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
    if (!account.empty() || !arn.empty()) {
        out.name("Condition");
        out.begin_object();
        write_condition(out, "StringEquals", "AWS:SourceAccount", account);
        write_condition(out, "ArnLike", "AWS:SourceArn", arn);
        out.end_object();
    }
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
