#include "common/auth/policy.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "common/auth/wildcard.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"

namespace onput::auth {
namespace {

// What AWS's policies speak of. Batches are asked for by the actions of their entries.
constexpr std::array<std::string_view, 20> sqs_actions{"addpermission",
                                                       "cancelmessagemovetask",
                                                       "changemessagevisibility",
                                                       "createqueue",
                                                       "deletemessage",
                                                       "deletequeue",
                                                       "getqueueattributes",
                                                       "getqueueurl",
                                                       "listdeadlettersourcequeues",
                                                       "listmessagemovetasks",
                                                       "listqueues",
                                                       "listqueuetags",
                                                       "purgequeue",
                                                       "receivemessage",
                                                       "removepermission",
                                                       "sendmessage",
                                                       "setqueueattributes",
                                                       "startmessagemovetask",
                                                       "tagqueue",
                                                       "untagqueue"};
constexpr std::array<std::string_view, 21> sns_actions{"addpermission",
                                                       "confirmsubscription",
                                                       "createtopic",
                                                       "deletetopic",
                                                       "getdataprotectionpolicy",
                                                       "getsubscriptionattributes",
                                                       "gettopicattributes",
                                                       "listsubscriptions",
                                                       "listsubscriptionsbytopic",
                                                       "listtagsforresource",
                                                       "listtopics",
                                                       "publish",
                                                       "putdataprotectionpolicy",
                                                       "receive",
                                                       "removepermission",
                                                       "setsubscriptionattributes",
                                                       "settopicattributes",
                                                       "subscribe",
                                                       "tagresource",
                                                       "unsubscribe",
                                                       "untagresource"};

std::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::invalid_argument, "policy: " + std::string(what), "malformed_policy");
}

// Names from the document are quoted in messages: short ones only.
std::string in_quotes(std::string_view name) {
    return '"' + std::string(name.substr(0, 64)) + '"';
}

// A string, or an array of strings that is not empty.
Result<std::vector<std::string>> string_list(const json::Value& value, std::string_view where) {
    std::vector<std::string> list;
    if (const auto* text = value.text()) {
        list.push_back(*text);
    } else if (const auto* items = value.array()) {
        for (const json::Value& item : *items) {
            if (item.text() == nullptr)
                return malformed(std::string(where) + " holds something not a text");
            list.push_back(*item.text());
        }
    }
    if (list.empty()) return malformed(std::string(where) + " is not a text or a list of texts");
    for (const std::string& text : list) {
        if (text.find("${") != std::string::npos) {
            return malformed(std::string(where) +
                             " uses a policy variable, which is not supported");
        }
    }
    return list;
}

std::unexpected<Error> invalid_principal(std::string_view where, std::string_view kind,
                                         std::string_view principal, std::string_view why) {
    return malformed(fmt::format("{}: Invalid principal in policy: \"{}\":{}. {}", where, kind,
                                 in_quotes(principal), why));
}

constexpr std::string_view known_principals =
    "An account's twelve digits, arn:aws:iam::ACCOUNT:root, the ARN of a user, a role or a role's "
    "session, a service's NAME.amazonaws.com and * are known here.";

bool is_text(const json::Value& value, std::string_view text) {
    return value.text() != nullptr && *value.text() == text;
}

Result<void> check_elements(const json::Object& object,
                            std::initializer_list<std::string_view> known, std::string_view where) {
    for (const auto& [name, value] : object) {
        if (std::ranges::find(known, std::string_view(name)) == known.end()) {
            return malformed(std::string(where) + " has the unsupported element " +
                             in_quotes(name));
        }
    }
    return {};
}

}  // namespace

class Policy::Parser {
public:
    explicit Parser(PolicySource source) : is_new_(source == PolicySource::request) {}

    Result<Policy> parse(const json::Value& document) const {
        if (document.object() == nullptr) return malformed("the document is not a JSON object");
        ONPUT_TRY_VOID(
            check_elements(*document.object(), {"Version", "Id", "Statement"}, "the document"));
        const json::Value* version = document.find("Version");
        if (version != nullptr && !is_text(*version, "2012-10-17") &&
            !is_text(*version, "2008-10-17")) {
            return malformed("Version is neither 2012-10-17 nor 2008-10-17");
        }
        const json::Value* statements = document.find("Statement");
        if (statements == nullptr) return malformed("Statement is missing");
        Policy policy;
        if (statements->object() != nullptr) {
            ONPUT_TRY(auto statement, parse_statement(*statements, 1));
            policy.statements_.push_back(std::move(statement));
        } else if (statements->array() != nullptr && !statements->array()->empty()) {
            for (const json::Value& item : *statements->array()) {
                ONPUT_TRY(auto statement, parse_statement(item, policy.statements_.size() + 1));
                policy.statements_.push_back(std::move(statement));
            }
        } else {
            return malformed("Statement is not a statement or a list of them");
        }
        return policy;
    }

private:
    const bool is_new_;

    Result<Statement> parse_statement(const json::Value& value, std::size_t number) const {
        Statement statement;
        statement.name = '#' + std::to_string(number);
        const std::string where = "statement " + statement.name;
        if (value.object() == nullptr) return malformed(where + " is not an object");
        ONPUT_TRY_VOID(check_elements(
            *value.object(), {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"},
            where));
        for (const char* name : {"Effect", "Principal", "Action", "Resource"}) {
            if (value.find(name) == nullptr) return malformed(where + " has no " + name);
        }
        if (const json::Value* sid = value.find("Sid")) {
            if (sid->text() == nullptr) return malformed(where + ": Sid is not a text");
            if (!sid->text()->empty()) statement.name = *sid->text();
        }
        const std::string effect = value.text_of("Effect");
        if (effect != "Allow" && effect != "Deny") {
            return malformed(where + ": Effect is neither Allow nor Deny");
        }
        statement.effect = effect == "Allow" ? PolicyEffect::allow : PolicyEffect::deny;
        ONPUT_TRY_VOID(parse_principal(*value.find("Principal"), where, statement));
        ONPUT_TRY(statement.actions, string_list(*value.find("Action"), where + ": Action"));
        for (std::string& action : statement.actions) action = lower_case(action);
        ONPUT_TRY(statement.resources, string_list(*value.find("Resource"), where + ": Resource"));
        if (is_new_) ONPUT_TRY_VOID(check_can_match(statement, where));
        if (const json::Value* conditions = value.find("Condition")) {
            ONPUT_TRY_VOID(parse_conditions(*conditions, where, statement));
        }
        return statement;
    }

    Result<void> parse_principal(const json::Value& value, const std::string& where,
                                 Statement& statement) const {
        if (is_text(value, "*")) {
            statement.anyone = true;
            return {};
        }
        if (value.object() == nullptr || value.object()->empty()) {
            return malformed(where + ": Principal is neither \"*\" nor an object");
        }
        ONPUT_TRY_VOID(check_elements(*value.object(), {"AWS", "Service"}, where + ": Principal"));
        if (const json::Value* accounts = value.find("AWS")) {
            ONPUT_TRY(const auto texts, string_list(*accounts, where + ": Principal"));
            for (const std::string& text : texts) {
                auto named = auth::parse_principal(text);
                if (text == "*") {
                    statement.anyone = true;
                } else if (named) {
                    statement.aws_principals.push_back(*std::move(named));
                } else if (is_new_) {
                    return invalid_principal(where, "AWS", text, known_principals);
                }
            }
        }
        if (const json::Value* services = value.find("Service")) {
            ONPUT_TRY(statement.service_principals, string_list(*services, where + ": Principal"));
        }
        return {};
    }

    // What can never match anything here is a mistake that protects nothing.
    static Result<void> check_can_match(const Statement& statement, const std::string& where) {
        for (const auto& principal : statement.service_principals) {
            if (!is_service_principal(principal))
                return invalid_principal(where, "Service", principal, known_principals);
        }
        for (const auto& action : statement.actions) {
            if (action.contains(':') || action.starts_with('*')) continue;
            return malformed(
                fmt::format("{}: Policy has invalid action {}", where, in_quotes(action)));
        }
        for (const auto& action : statement.actions) {
            if (statement.effect == PolicyEffect::allow || may_be_asked(action)) continue;
            return malformed(fmt::format(
                "{}: it denies {}, which is no action: nobody would be denied anything. A batch is "
                "denied by the action of its entries",
                where, in_quotes(action)));
        }
        for (const auto& resource : statement.resources) {
            if (is_resource(resource)) continue;
            return malformed(
                fmt::format("{}: Policy has invalid resource {}", where, in_quotes(resource)));
        }
        return {};
    }

    // `action` in lower case. A misspelt permission fails and is noticed; a misspelt denial is not.
    static bool may_be_asked(std::string_view action) {
        const bool is_of_sqs = action.starts_with("sqs:");
        if (!is_of_sqs && !action.starts_with("sns:")) return true;
        const auto fits = [pattern = action.substr(4)](std::string_view name) {
            return matches_wildcard(pattern, name);
        };
        return is_of_sqs ? std::ranges::any_of(sqs_actions, fits)
                         : std::ranges::any_of(sns_actions, fits);
    }

    static bool is_resource(std::string_view text) {
        const bool is_arn = text.starts_with("arn:");
        const std::string_view partition = text.substr(0, text.find(':', 4));
        const bool has_wildcard = text.find_first_of("*?") != std::string_view::npos;
        return is_arn ? matches_wildcard(partition, "arn:aws") || partition.contains('*')
                      : has_wildcard;
    }

    static Result<void> parse_conditions(const json::Value& value, const std::string& where,
                                         Statement& statement) {
        if (value.object() == nullptr) return malformed(where + ": Condition is not an object");
        for (const auto& [operator_name, keys] : *value.object()) {
            Condition condition;
            if (!parse_operator(operator_name, condition)) {
                return malformed(where + ": the condition operator " + in_quotes(operator_name) +
                                 " is not supported");
            }
            if (keys.object() == nullptr || keys.object()->empty()) {
                return malformed(where + ": condition " + operator_name + " is not an object");
            }
            for (const auto& [key_name, values] : *keys.object()) {
                if (!parse_key(key_name, condition)) {
                    return malformed(where + ": the condition key " + in_quotes(key_name) +
                                     " is not supported");
                }
                ONPUT_TRY(condition.values,
                          string_list(values, where + ": condition on " + in_quotes(key_name)));
                statement.conditions.push_back(condition);
            }
        }
        return {};
    }

    static bool parse_operator(std::string_view name, Condition& condition) {
        static constexpr std::array<std::pair<std::string_view, Operator>, 5> operators{{
            {"ArnEquals", Operator::arn_like},  // The two are the same to AWS as well.
            {"ArnLike", Operator::arn_like},
            {"StringEquals", Operator::string_equals},
            {"StringLike", Operator::string_like},
            {"Bool", Operator::boolean},
        }};
        constexpr std::string_view if_exists = "IfExists";
        condition.if_exists = name.ends_with(if_exists);
        if (condition.if_exists) name.remove_suffix(if_exists.size());
        for (const auto& [known, match] : operators) {
            if (name != known) continue;
            condition.match = match;
            return true;
        }
        return false;
    }

    static bool parse_key(std::string_view name, Condition& condition) {
        static constexpr std::array<std::pair<std::string_view, Key>, 5> keys{{
            {"aws:SourceArn", Key::source_arn},
            {"aws:SourceAccount", Key::source_account},
            {"aws:SourceOwner", Key::source_owner},
            {"lambda:FunctionUrlAuthType", Key::url_auth_type},
            {"lambda:InvokedViaFunctionUrl", Key::via_url},
        }};
        for (const auto& [known, key] : keys) {
            if (!equal_ignoring_case(name, known)) continue;
            condition.key = key;
            return true;
        }
        return false;
    }
};

Result<Policy> Policy::parse(std::string_view json, PolicySource source) {
    if (json.size() > policy_bytes_max) return malformed("the document is larger than 20480 bytes");
    // What the store holds was accepted once: the last of two names counted then.
    const bool is_new = source == PolicySource::request;
    const auto document = json::read(
        json, {.repeated = is_new ? json::Repeated::refused : json::Repeated::last_wins});
    if (document) return Parser(source).parse(*document);
    const bool is_repeated = document.error().kind == json::ReadError::Kind::repeated;
    return malformed(is_repeated ? "an element is there twice" : "the document is not valid JSON");
}

std::vector<NamedPrincipal> Policy::named_identities() const {
    std::vector<NamedPrincipal> all;
    for (const Statement& statement : statements_) {
        for (const NamedPrincipal& named : statement.aws_principals) {
            if (named.kind != NamedPrincipal::Kind::account) all.push_back(named);
        }
    }
    return all;
}

std::vector<NamedPrincipal> identities_named_in(std::string_view json) {
    const auto policy = Policy::parse(json);
    return policy ? policy->named_identities() : std::vector<NamedPrincipal>();
}

PolicyDecision Policy::evaluate(const PolicyRequest& request) const {
    return decide_by(statements_, [&request](const Statement& statement) {
        return applies(statement, request);
    });
}

Naming Policy::applies(const Statement& statement, const PolicyRequest& request) {
    const std::string action = lower_case(request.action);
    const Naming naming = names(statement, request.principal);
    if (naming == Naming::none) return naming;
    const bool applies =
        std::ranges::any_of(
            statement.actions,
            [&](const std::string& pattern) { return matches_wildcard(pattern, action); }) &&
        std::ranges::any_of(statement.resources,
                            [&](const std::string& pattern) {
                                return matches_wildcard(pattern, request.resource);
                            }) &&
        std::ranges::all_of(statement.conditions,
                            [&](const Condition& condition) { return holds(condition, request); });
    return applies ? naming : Naming::none;
}

Naming Policy::names(const Statement& statement, const PolicyPrincipal& principal) {
    if (statement.anyone) return Naming::directly;
    if (!principal.service.empty()) {
        const auto& services = statement.service_principals;
        return std::ranges::find(services, principal.service) != services.end() ? Naming::directly
                                                                                : Naming::none;
    }
    Naming naming = Naming::none;
    for (const NamedPrincipal& named : statement.aws_principals)
        naming = std::max(naming, named.names(principal));
    return naming;
}

bool Policy::holds(const Condition& condition, const PolicyRequest& request) {
    const std::optional<std::string>* value = nullptr;
    switch (condition.key) {
        case Key::source_arn: value = &request.source_arn; break;
        case Key::source_account: value = &request.source_account; break;
        case Key::source_owner: value = &request.source_owner; break;
        case Key::url_auth_type: value = &request.url_auth_type; break;
        case Key::via_url: value = &request.via_url; break;
    }
    if (!*value) return condition.if_exists;
    return std::ranges::any_of(condition.values, [&](const std::string& wanted) {
        switch (condition.match) {
            case Operator::arn_like: return matches_arn(wanted, **value);
            case Operator::string_equals: return wanted == **value;
            case Operator::string_like: return matches_wildcard(wanted, **value);
            case Operator::boolean: return equal_ignoring_case(wanted, **value);
        }
        return false;
    });
}

}  // namespace onput::auth
