#include "common/auth/policy.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "common/auth/language/statement.hpp"
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

// One of the two, and which: X or NotX.
struct Chosen {
    const json::Value* value = nullptr;
    bool is_inverted = false;
};
Result<Chosen> choose(const json::Value& statement, std::string_view name,
                      const std::string& where) {
    const json::Value* plain = statement.find(name);
    const std::string inverted_name = fmt::format("Not{}", name);
    const json::Value* inverted = statement.find(inverted_name);
    if (plain != nullptr && inverted != nullptr)
        return malformed(fmt::format("{} has both {} and {}", where, name, inverted_name));
    if (plain == nullptr && inverted == nullptr)
        return malformed(fmt::format("{} has no {}", where, name));
    return Chosen{.value = plain != nullptr ? plain : inverted, .is_inverted = inverted != nullptr};
}

// What was accepted before texts were held to any characters. None of them can match anything.
std::string without_controls(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c >= 0 && c < ' '; }, '\x7f');
    return text;
}

// Flags and numbers stay what they are.
json::Value readable(const json::Value& values) {
    if (const auto* text = values.text()) return json::Value(without_controls(*text));
    const auto* items = values.array();
    if (items == nullptr) return values;
    json::Value::Array texts;
    for (const json::Value& item : *items) {
        const auto* text = item.text();
        texts.push_back(text != nullptr ? json::Value(without_controls(*text)) : item);
    }
    return json::Value(std::move(texts));
}

bool is_of_function_urls(const ConditionKey& key) {
    return key.name() == "lambda:functionurlauthtype" ||
           key.name() == "lambda:invokedviafunctionurl";
}

}  // namespace

class Policy::Parser {
public:
    explicit Parser(PolicySource source) : is_new_(source == PolicySource::request) {}

    Result<Policy> parse(const json::Value& document) {
        if (document.object() == nullptr) return malformed("the document is not a JSON object");
        ONPUT_TRY_VOID(
            check_elements(*document.object(), {"Version", "Id", "Statement"}, "the document"));
        const json::Value* version = document.find("Version");
        if (version != nullptr && !is_text(*version, "2012-10-17") &&
            !is_text(*version, "2008-10-17")) {
            return malformed("Version is neither 2012-10-17 nor 2008-10-17");
        }
        const bool expands = version != nullptr && is_text(*version, "2012-10-17");
        variables_ = expands ? Variables::expanded : Variables::none;
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
        policy.asks_for_values_ =
            std::ranges::any_of(policy.statements_, [](const Statement& statement) {
                return !statement.conditions.empty() ||
                       std::ranges::any_of(statement.resources, &PolicyText::has_variables);
            });
        return policy;
    }

private:
    const bool is_new_;
    Variables variables_ = Variables::none;

    Result<Statement> parse_statement(const json::Value& value, std::size_t number) const {
        Statement statement;
        statement.name = '#' + std::to_string(number);
        const std::string where = "statement " + statement.name;
        if (value.object() == nullptr) return malformed(where + " is not an object");
        ONPUT_TRY_VOID(check_elements(*value.object(),
                                      {"Sid", "Effect", "Principal", "NotPrincipal", "Action",
                                       "NotAction", "Resource", "NotResource", "Condition"},
                                      where));
        if (value.find("Effect") == nullptr) return malformed(where + " has no Effect");
        ONPUT_TRY(const auto principals, choose(value, "Principal", where));
        ONPUT_TRY(const auto actions, choose(value, "Action", where));
        ONPUT_TRY(const auto resources, choose(value, "Resource", where));
        if (const json::Value* sid = value.find("Sid")) {
            if (sid->text() == nullptr) return malformed(where + ": Sid is not a text");
            if (!sid->text()->empty()) statement.name = *sid->text();
        }
        const std::string effect = value.text_of("Effect");
        if (effect != "Allow" && effect != "Deny") {
            return malformed(where + ": Effect is neither Allow nor Deny");
        }
        statement.effect = effect == "Allow" ? PolicyEffect::allow : PolicyEffect::deny;
        statement.is_principal_inverted = principals.is_inverted;
        if (principals.is_inverted && statement.effect == PolicyEffect::allow)
            return malformed(where + ": Allow with NotPrincipal is not supported");
        ONPUT_TRY_VOID(parse_principal(*principals.value, where, statement));
        statement.is_action_inverted = actions.is_inverted;
        ONPUT_TRY(statement.actions, string_list(*actions.value, where + ": Action"));
        for (std::string& action : statement.actions) action = lower_case(action);
        statement.is_resource_inverted = resources.is_inverted;
        ONPUT_TRY_VOID(parse_resources(*resources.value, where, statement));
        if (is_new_) ONPUT_TRY_VOID(check_can_match(statement, where));
        if (const json::Value* conditions = value.find("Condition")) {
            ONPUT_TRY_VOID(parse_conditions(*conditions, where, statement));
        }
        return statement;
    }

    Result<void> parse_resources(const json::Value& value, const std::string& where,
                                 Statement& statement) const {
        ONPUT_TRY(auto texts, string_list(value, where + ": Resource"));
        for (std::string& text : texts) {
            if (!is_new_) text = without_controls(std::move(text));
            auto resource = PolicyText::parse(text, variables_);
            if (!resource)
                return malformed(fmt::format("{}: Policy has invalid resource {}: {}", where,
                                             in_quotes(text), resource.error().message));
            statement.resources.push_back(*std::move(resource));
        }
        return {};
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
            const bool is_harmless =
                statement.effect == PolicyEffect::allow || statement.is_action_inverted;
            if (is_harmless || may_be_asked(action)) continue;
            return malformed(fmt::format(
                "{}: it denies {}, which is no action: nobody would be denied anything. A batch is "
                "denied by the action of its entries",
                where, in_quotes(action)));
        }
        for (const auto& resource : statement.resources) {
            if (is_resource(resource.written())) continue;
            return malformed(fmt::format("{}: Policy has invalid resource {}", where,
                                         in_quotes(resource.written())));
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

    Result<void> parse_conditions(const json::Value& value, const std::string& where,
                                  Statement& statement) const {
        if (value.object() == nullptr) return malformed(where + ": Condition is not an object");
        for (const auto& [operation, keys] : *value.object()) {
            if (!Condition::is_operator(operation)) {
                return malformed(where + ": the condition operator " + in_quotes(operation) +
                                 " is not supported");
            }
            if (keys.object() == nullptr || keys.object()->empty()) {
                return malformed(where + ": condition " + operation + " is not an object");
            }
            for (const auto& [key, values] : *keys.object()) {
                const Condition::Source source{
                    .operation = operation, .key = key, .values = values, .variables = variables_};
                ONPUT_TRY(auto condition, parse_condition(source, where));
                statement.conditions.push_back(std::move(condition));
            }
        }
        return {};
    }

    Result<Condition> parse_condition(Condition::Source source, const std::string& where) const {
        const std::string about = where + ": condition on " + in_quotes(source.key);
        const auto key = ConditionKey::parse_of_resource(source.key);
        if (!key || !(key->is_of("aws") || key->is_of("sns") || is_of_function_urls(*key))) {
            return malformed(where + ": the condition key " + in_quotes(source.key) +
                             " is not supported");
        }
        const json::Value of_store = is_new_ ? json::Value() : readable(source.values);
        auto condition = Condition::parse({.operation = source.operation,
                                           .key = source.key,
                                           .values = is_new_ ? source.values : of_store,
                                           .variables = source.variables,
                                           .takes_resource_tags = true});
        if (condition) return *std::move(condition);
        return malformed(about + ": " + condition.error().message);
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
    const std::string action = lower_case(request.action);
    const auto decision = decide_by(statements_, [&](const Statement& statement) {
        return applies(statement, request, action);
    });
    return request.values.work().is_spent() ? too_much_work() : decision;
}

Naming Policy::applies(const Statement& statement, const PolicyRequest& request,
                       std::string_view action) {
    const Naming naming = names(statement, request.principal);
    if (naming == Naming::none) return naming;
    MatchWork& work = request.values.work();
    const bool is_action = std::ranges::any_of(statement.actions, [&](const std::string& pattern) {
        return matches_wildcard(pattern, action, work);
    });
    if (is_action == statement.is_action_inverted) return Naming::none;
    const bool is_resource =
        std::ranges::any_of(statement.resources, [&](const PolicyText& resource) {
            if (!resource.has_variables())
                return matches_wildcard(resource.fixed_pattern(), request.resource, work);
            const auto pattern = resource.pattern(request.values);
            return pattern && matches_wildcard(*pattern, request.resource, work);
        });
    if (is_resource == statement.is_resource_inverted) return Naming::none;
    const bool holds = std::ranges::all_of(
        statement.conditions,
        [&request](const Condition& condition) { return condition.holds(request.values); });
    return holds ? naming : Naming::none;
}

Naming Policy::names(const Statement& statement, const PolicyPrincipal& principal) {
    const bool is_inverted = statement.is_principal_inverted;
    const auto naming = [&]() -> Naming {
        if (statement.anyone) return Naming::directly;
        if (!principal.service.empty()) {
            const auto& services = statement.service_principals;
            const bool is_named = std::ranges::find(services, principal.service) != services.end();
            return is_named ? Naming::directly : Naming::none;
        }
        // Among those who are spared an account stands for itself, not for those in it.
        const bool counts_account = !is_inverted || principal.is_root();
        Naming best = Naming::none;
        for (const NamedPrincipal& named : statement.aws_principals) {
            const Naming found = named.names(principal);
            if (found == Naming::directly || counts_account) best = std::max(best, found);
        }
        return best;
    }();
    if (!is_inverted) return naming;
    return naming == Naming::none ? Naming::directly : Naming::none;
}

}  // namespace onput::auth
