#include "common/auth/iam_policy_parser.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/auth/language/malformed.hpp"
#include "common/auth/language/statement.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view syntax_errors = "Syntax errors in policy.";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// One of the two, and which: X or NotX.
struct Pair {
    std::string_view plain;
    std::string_view inverted;
    std::string_view missing;  // What is said when there is neither.
};
struct Chosen {
    const json::Value& value;
    bool is_inverted = false;
};
Result<Chosen> choose(const json::Value& statement, const Pair& pair) {
    const json::Value* plain = statement.find(pair.plain);
    const json::Value* inverted = statement.find(pair.inverted);
    if (plain != nullptr && inverted != nullptr) return malformed(std::string(syntax_errors));
    if (plain != nullptr) return Chosen{.value = *plain};
    if (inverted != nullptr) return Chosen{.value = *inverted, .is_inverted = true};
    return malformed(std::string(pair.missing));
}

// "s3:Get*"; "*" for all of them.
bool is_action(std::string_view text) {
    if (text == "*") return true;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view service = text.substr(0, colon);
    const std::string_view name = text.substr(colon + 1);
    const auto is_of_service = [](char c) { return is_letter_or_digit(c) || c == '-'; };
    const auto is_of_name = [](char c) { return is_letter_or_digit(c) || c == '*' || c == '?'; };
    return !service.empty() && !name.empty() && std::ranges::all_of(service, is_of_service) &&
           std::ranges::all_of(name, is_of_name);
}

constexpr std::size_t colons_of_arn = 5;

bool is_resource(std::string_view text) {
    if (text == "*") return true;
    return text.starts_with("arn:") &&
           static_cast<std::size_t>(std::ranges::count(text, ':')) >= colons_of_arn;
}

}  // namespace

Result<IamPolicy> IamPolicy::Parser::parse(const json::Value& document) {
    if (document.object() == nullptr) return malformed(std::string(syntax_errors));
    ONPUT_TRY_VOID(check_fields(*document.object(), {"Version", "Id", "Statement"}));
    if (use_ == Use::identity && document.find("Id") != nullptr)
        return malformed("Has prohibited field Id");
    if (const json::Value* version = document.find("Version")) {
        const bool is_new = is_text(*version, "2012-10-17");
        if (!is_new && !is_text(*version, "2008-10-17"))
            return malformed(std::string(syntax_errors), "Version");
        variables_ = is_new ? Variables::expanded : Variables::none;
    }
    const json::Value* statements = document.find("Statement");
    if (statements == nullptr) return malformed(std::string(syntax_errors), "Statement");
    IamPolicy policy;
    if (statements->object() != nullptr) {
        ONPUT_TRY(auto statement, parse_statement(*statements));
        policy.statements_.push_back(std::move(statement));
    } else if (statements->array() != nullptr && !statements->array()->empty()) {
        for (const json::Value& item : *statements->array()) {
            ONPUT_TRY(auto statement, parse_statement(item));
            policy.statements_.push_back(std::move(statement));
        }
    } else {
        return malformed(std::string(syntax_errors), "Statement");
    }
    return policy;
}

Result<IamPolicy::Statement> IamPolicy::Parser::parse_statement(const json::Value& value) {
    if (value.object() == nullptr) return malformed(std::string(syntax_errors));
    ONPUT_TRY_VOID(
        check_fields(*value.object(), {"Sid", "Effect", "Principal", "NotPrincipal", "Action",
                                       "NotAction", "Resource", "NotResource", "Condition"}));
    Statement statement;
    ONPUT_TRY_VOID(parse_sid(value, statement));
    const json::Value* effect = value.find("Effect");
    if (effect == nullptr || (!is_text(*effect, "Allow") && !is_text(*effect, "Deny")))
        return malformed(std::string(syntax_errors), "Effect");
    statement.effect = is_text(*effect, "Allow") ? PolicyEffect::allow : PolicyEffect::deny;

    const json::Value* principal = value.find("Principal");
    const bool has_inverted = value.find("NotPrincipal") != nullptr;
    if (use_ == Use::identity && (principal != nullptr || has_inverted))
        return malformed("Policy document should not specify a principal.");
    if (use_ == Use::trust) {
        if (has_inverted) return malformed("Has prohibited field NotPrincipal");
        if (principal == nullptr) return malformed("Missing required field Principal");
        ONPUT_TRY_VOID(parse_principals(*principal, statement));
    }

    ONPUT_TRY(const auto actions, choose(value, {.plain = "Action",
                                                 .inverted = "NotAction",
                                                 .missing = "Policy statement must contain "
                                                            "actions."}));
    statement.is_action_inverted = actions.is_inverted;
    ONPUT_TRY_VOID(parse_actions(actions.value, statement));

    const bool has_resource =
        value.find("Resource") != nullptr || value.find("NotResource") != nullptr;
    if (use_ == Use::trust) {
        if (has_resource) return malformed("Has prohibited field Resource");
    } else {
        ONPUT_TRY(const auto resources, choose(value, {.plain = "Resource",
                                                       .inverted = "NotResource",
                                                       .missing = "Policy statement must contain "
                                                                  "resources."}));
        statement.is_resource_inverted = resources.is_inverted;
        ONPUT_TRY_VOID(parse_resources(resources.value, statement));
    }
    if (const json::Value* conditions = value.find("Condition"))
        ONPUT_TRY_VOID(parse_conditions(*conditions, statement));
    return statement;
}

Result<void> IamPolicy::Parser::parse_sid(const json::Value& value, Statement& statement) {
    statement.name = fmt::format("#{}", ++count_);
    const json::Value* sid = value.find("Sid");
    if (sid == nullptr) return {};
    if (sid->text() == nullptr) return malformed(std::string(syntax_errors), "Sid");
    const std::string& text = *sid->text();
    if (text.empty()) return {};
    if (use_ == Use::identity && !std::ranges::all_of(text, is_letter_or_digit))
        return malformed("Statement IDs (SID) must be alpha-numeric.", text);
    if (!sids_.insert(text).second)
        return malformed("Statement IDs (SID) in a single policy must be unique.", text);
    statement.name = text;
    return {};
}

Result<void> IamPolicy::Parser::parse_actions(const json::Value& value,
                                              Statement& statement) const {
    ONPUT_TRY(const auto texts, texts_of(value, syntax_errors));
    for (const std::string& text : texts) {
        if (!is_action(text)) {
            return malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", text);
        }
        std::string action = lower_case(text);
        if (use_ == Use::trust && !action.starts_with("sts:"))
            return malformed("AssumeRole policy may only specify STS AssumeRole actions.", text);
        statement.actions.push_back(std::move(action));
    }
    return {};
}

Result<void> IamPolicy::Parser::parse_resources(const json::Value& value,
                                                Statement& statement) const {
    ONPUT_TRY(const auto texts, texts_of(value, syntax_errors));
    for (const std::string& text : texts) {
        if (!is_resource(text)) {
            return malformed(
                fmt::format("Resource {} must be in ARN format or \"*\".", text.substr(0, 256)));
        }
        ONPUT_TRY(auto resource, PolicyText::parse(text, variables_));
        statement.resources.push_back(std::move(resource));
    }
    return {};
}

Result<void> IamPolicy::Parser::parse_conditions(const json::Value& value,
                                                 Statement& statement) const {
    if (value.object() == nullptr) return malformed(std::string(syntax_errors), "Condition");
    for (const auto& [operation, keys] : *value.object()) {
        if (keys.object() == nullptr || keys.object()->empty())
            return malformed(std::string(syntax_errors), operation);
        for (const auto& [key, values] : *keys.object()) {
            ONPUT_TRY(auto condition, Condition::parse({.operation = operation,
                                                        .key = key,
                                                        .values = values,
                                                        .variables = variables_,
                                                        .takes_any_service = true}));
            statement.conditions.push_back(std::move(condition));
        }
    }
    return {};
}

Result<void> IamPolicy::Parser::parse_principals(const json::Value& value, Statement& statement) {
    if (value.object() == nullptr || value.object()->empty()) {
        return malformed(is_text(value, "*") ? R"(Invalid principal in policy: "STAR":"*")"
                                             : "Invalid principal in policy");
    }
    for (const auto& [kind, named] : *value.object()) {
        ONPUT_TRY(const auto texts, texts_of(named, syntax_errors));
        for (const std::string& text : texts) ONPUT_TRY_VOID(add_principal(kind, text, statement));
    }
    return {};
}

Result<void> IamPolicy::Parser::add_principal(std::string_view kind, const std::string& text,
                                              Statement& statement) {
    if (kind == "Service" && is_service_principal(text)) {
        statement.services.push_back(text);
        return {};
    }
    if (kind == "AWS" && text == "*") {
        statement.is_for_anyone = true;
        return {};
    }
    auto named = kind == "AWS" ? parse_principal(text) : std::nullopt;
    if (!named) {
        return malformed(fmt::format(R"(Invalid principal in policy: "{}":"{}")",
                                     kind.substr(0, 32), text.substr(0, 256)));
    }
    statement.principals.push_back(*std::move(named));
    return {};
}

Result<IamPolicy> IamPolicy::parse(std::string_view json, Use use) {
    const auto document = json::read(json, {.repeated = json::Repeated::refused});
    if (document) return Parser(use).parse(*document);
    if (document.error().kind == json::ReadError::Kind::repeated)
        return malformed(std::string(syntax_errors), document.error().name);
    return malformed("This policy contains invalid Json");
}

}  // namespace onput::auth
