#include "services/notifier/rules/bus_policy.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

constexpr std::string_view put_events = "events:PutEvents";

json::Value::Array statements_of(const std::string& policy) {
    const auto document = json::read(policy.empty() ? "{}" : policy);
    const json::Value* held = document ? document->find("Statement") : nullptr;
    if (held == nullptr) return {};
    if (const auto* array = held->array()) return *array;
    return {*held};  // A policy may have one statement instead of a list.
}

std::string write_policy(json::Value::Array statements) {
    if (statements.empty()) return {};
    return json::write(
        json::Object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}});
}

bool has_id(const json::Value& statement, std::string_view id) {
    const json::Value* sid = statement.find("Sid");
    return sid != nullptr && sid->text() != nullptr && *sid->text() == id;
}

bool is_account(std::string_view text) {
    return text.size() == 12 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<json::Value> principal_of(const std::string& principal) {
    if (principal == "*") return json::Value("*");
    if (!is_account(principal)) {
        return invalid_request("Parameter Principal is not valid. Reason: it is * or an account.");
    }
    return json::Value(json::Object{{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}});
}

}  // namespace

Result<std::string> add_statement(const std::string& policy, const std::string& bus_arn,
                                  const schema::PutBusPermission& request) {
    if (request.action != put_events) {
        return invalid_request(
            "Parameter Action is not valid. Reason: Provided value in parameter 'action' is not "
            "supported.");
    }
    if (request.statement_id.empty()) {
        return invalid_request("Parameter StatementId must be specified.");
    }
    ONPUT_TRY(auto principal, principal_of(request.principal));
    json::Object statement{{"Sid", request.statement_id},
                           {"Effect", "Allow"},
                           {"Principal", std::move(principal)},
                           {"Action", std::string(put_events)},
                           {"Resource", bus_arn}};
    if (!request.condition.empty()) {
        auto condition = json::read(request.condition);
        if (!condition) return invalid_request("Parameter Condition is not valid.");
        statement["Condition"] = *std::move(condition);
    }
    auto statements = statements_of(policy);
    std::erase_if(statements,
                  [&request](const json::Value& one) { return has_id(one, request.statement_id); });
    statements.emplace_back(std::move(statement));
    return write_policy(std::move(statements));
}

Result<std::string> remove_statement(const std::string& policy, const std::string& statement_id) {
    auto statements = statements_of(policy);
    const auto removed = std::erase_if(
        statements, [&statement_id](const json::Value& one) { return has_id(one, statement_id); });
    if (removed == 0) {
        return fail(ErrorCode::not_found,
                    fmt::format("Statement with the provided id {} does not exist.", statement_id),
                    "ResourceNotFoundException");
    }
    return write_policy(std::move(statements));
}

}  // namespace onput::notifier
