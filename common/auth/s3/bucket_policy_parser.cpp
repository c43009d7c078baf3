#include "common/auth/s3/bucket_policy_parser.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/auth/language/malformed.hpp"
#include "common/auth/language/statement.hpp"
#include "common/auth/wildcard.hpp"
#include "common/json/reader.hpp"

namespace onput::auth {
namespace {

constexpr std::string_view resource_prefix = "arn:aws:s3:::";
constexpr std::size_t canonical_id_digits = 64;

std::unexpected<Error> invalid_principal(std::string_view kind, std::string_view principal) {
    return malformed("Invalid principal in policy",
                     fmt::format("\"{}\" : \"{}\"", kind, principal));
}

bool is_canonical_id(std::string_view text) {
    return text.size() == canonical_id_digits && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// One of the two, and which: X or NotX.
struct Pair {
    std::string_view plain;
    std::string_view inverted;
};
struct Chosen {
    const json::Value& value;
    bool is_inverted = false;
};
Result<Chosen> choose(const json::Value& statement, const Pair& pair) {
    const json::Value* plain = statement.find(pair.plain);
    const json::Value* inverted = statement.find(pair.inverted);
    if (plain != nullptr && inverted != nullptr) return malformed("Invalid policy syntax.");
    if (plain != nullptr) return Chosen{.value = *plain};
    if (inverted != nullptr) return Chosen{.value = *inverted, .is_inverted = true};
    return malformed(fmt::format("Missing required field {}", pair.plain));
}

}  // namespace

Result<BucketPolicy> BucketPolicy::Parser::parse(const json::Value& document) {
    if (document.object() == nullptr)
        return malformed("Policies must be valid JSON and the first byte must be '{'");
    ONPUT_TRY_VOID(check_fields(*document.object(), {"Version", "Id", "Statement"}));
    if (const json::Value* version = document.find("Version")) {
        const bool is_new = is_text(*version, "2012-10-17");
        if (!is_new && !is_text(*version, "2008-10-17"))
            return malformed("The policy must contain a valid version string");
        variables_ = is_new ? Variables::expanded : Variables::none;
    }
    const json::Value* id = document.find("Id");
    if (id != nullptr && id->text() == nullptr) return malformed("Invalid policy syntax.");
    const json::Value* statements = document.find("Statement");
    if (statements == nullptr) return malformed("Missing required field Statement");
    BucketPolicy policy;
    if (statements->object() != nullptr) {
        ONPUT_TRY(auto statement, parse_statement(*statements));
        policy.statements_.push_back(std::move(statement));
    } else if (statements->array() != nullptr && !statements->array()->empty()) {
        for (const json::Value& item : *statements->array()) {
            ONPUT_TRY(auto statement, parse_statement(item));
            policy.statements_.push_back(std::move(statement));
        }
    } else {
        return malformed("Could not parse the policy: Statement is empty!");
    }
    policy.asks_for_values_ =
        std::ranges::any_of(policy.statements_, [](const Statement& statement) {
            return !statement.conditions.empty() ||
                   std::ranges::any_of(statement.resources, &PolicyText::has_variables);
        });
    return policy;
}

Result<BucketPolicy::Statement> BucketPolicy::Parser::parse_statement(const json::Value& value) {
    if (value.object() == nullptr) return malformed("Invalid policy syntax.");
    ONPUT_TRY_VOID(
        check_fields(*value.object(), {"Sid", "Effect", "Principal", "NotPrincipal", "Action",
                                       "NotAction", "Resource", "NotResource", "Condition"}));
    Statement statement;
    statement.name = fmt::format("#{}", ++count_);
    if (const json::Value* sid = value.find("Sid")) {
        if (sid->text() == nullptr) return malformed("Invalid policy syntax.");
        if (!sid->text()->empty()) statement.name = *sid->text();
    }
    const json::Value* effect = value.find("Effect");
    if (effect == nullptr) return malformed("Missing required field Effect");
    if (!is_text(*effect, "Allow") && !is_text(*effect, "Deny"))
        return malformed("Invalid effect", effect->text() != nullptr ? *effect->text() : "");
    statement.effect = is_text(*effect, "Allow") ? PolicyEffect::allow : PolicyEffect::deny;

    ONPUT_TRY(const auto principals,
              choose(value, {.plain = "Principal", .inverted = "NotPrincipal"}));
    statement.is_principal_inverted = principals.is_inverted;
    if (principals.is_inverted && statement.effect == PolicyEffect::allow)
        return malformed("Allow with NotPrincipal is not allowed.");
    ONPUT_TRY_VOID(parse_principals(principals.value, statement.principals));

    ONPUT_TRY(const auto actions, choose(value, {.plain = "Action", .inverted = "NotAction"}));
    std::vector<S3ActionSet> each;
    ONPUT_TRY(statement.actions, parse_actions(actions.value, each));
    if (actions.is_inverted) statement.actions = all_s3_actions() & ~statement.actions;

    ONPUT_TRY(const auto resources,
              choose(value, {.plain = "Resource", .inverted = "NotResource"}));
    statement.is_resource_inverted = resources.is_inverted;
    ONPUT_TRY_VOID(parse_resources(resources.value, statement));
    if (!actions.is_inverted && !resources.is_inverted) ONPUT_TRY_VOID(check_fit(statement, each));
    if (const json::Value* conditions = value.find("Condition"))
        ONPUT_TRY_VOID(parse_conditions(*conditions, statement));
    return statement;
}

Result<void> BucketPolicy::Parser::parse_principals(const json::Value& value,
                                                    Principals& principals) {
    if (is_text(value, "*")) {
        principals.anyone = true;
        return {};
    }
    if (value.object() == nullptr || value.object()->empty())
        return malformed("Invalid principal in policy",
                         value.text() != nullptr ? *value.text() : "");
    for (const auto& [kind, named] : *value.object()) {
        ONPUT_TRY(const auto texts, texts_of(named, "Invalid principal in policy"));
        for (const std::string& text : texts) {
            if (kind == "AWS") {
                ONPUT_TRY_VOID(add_aws_principal(text, principals));
            } else if (kind == "CanonicalUser" && is_canonical_id(text)) {
                principals.canonical.push_back(text);
            } else if (kind == "Service" && is_service_principal(text)) {
                principals.services.push_back(text);
            } else {
                return invalid_principal(kind.substr(0, 32), text);
            }
        }
    }
    return {};
}

Result<void> BucketPolicy::Parser::add_aws_principal(const std::string& text,
                                                     Principals& principals) {
    if (text == "*") {
        principals.anyone = true;
        return {};
    }
    auto named = parse_principal(text);
    if (!named) return invalid_principal("AWS", text);
    principals.aws.push_back(*std::move(named));
    return {};
}

Result<S3ActionSet> BucketPolicy::Parser::parse_actions(const json::Value& value,
                                                        std::vector<S3ActionSet>& each) {
    ONPUT_TRY(const auto texts, texts_of(value, "Policy has invalid action"));
    S3ActionSet all;
    for (const std::string& text : texts) {
        const S3ActionSet set = match_s3_actions(text);
        if (set.none()) return malformed("Policy has invalid action", text);
        each.push_back(set);
        all |= set;
    }
    return all;
}

// Whether a resource's text can be the ARN of this bucket or of a key in it.
bool BucketPolicy::Parser::may_name(std::string_view resource, S3Target target) const {
    if (resource == "*") return true;
    if (!resource.starts_with(resource_prefix)) return false;
    resource.remove_prefix(resource_prefix.size());
    const auto slash = resource.find('/');
    const std::string_view bucket = resource.substr(0, slash);
    // A wildcard in the bucket's name may stand for a slash and a key as well.
    const bool reaches_keys = slash != std::string_view::npos || bucket.contains('*');
    const bool is_fit = target == S3Target::object ? reaches_keys : slash == std::string_view::npos;
    return is_fit && matches_wildcard(bucket, bucket_);
}

Result<void> BucketPolicy::Parser::parse_resources(const json::Value& value,
                                                   Statement& statement) const {
    ONPUT_TRY(const auto texts, texts_of(value, "Policy has invalid resource"));
    for (const std::string& text : texts) {
        if (!may_name(text, S3Target::bucket) && !may_name(text, S3Target::object))
            return malformed("Policy has invalid resource", text);
        ONPUT_TRY(auto resource, PolicyText::parse(text, variables_));
        statement.resources.push_back(std::move(resource));
    }
    return {};
}

// Each action must be one that can be done to one of the resources.
Result<void> BucketPolicy::Parser::check_fit(const Statement& statement,
                                             const std::vector<S3ActionSet>& each) const {
    S3ActionSet reachable;
    for (const S3Target target : {S3Target::bucket, S3Target::object}) {
        const bool is_named =
            std::ranges::any_of(statement.resources, [this, target](const PolicyText& resource) {
                return may_name(resource.written(), target);
            });
        if (is_named) reachable |= s3_actions_on(target);
    }
    const bool fits = std::ranges::all_of(
        each, [&reachable](const S3ActionSet& set) { return (set & reachable).any(); });
    if (fits) return {};
    return malformed("Action does not apply to any resource(s) in statement", statement.name);
}

Result<void> BucketPolicy::Parser::parse_conditions(const json::Value& value,
                                                    Statement& statement) const {
    if (value.object() == nullptr) return malformed("Invalid policy syntax.");
    for (const auto& [operation, keys] : *value.object()) {
        if (keys.object() == nullptr || keys.object()->empty())
            return malformed("Invalid policy syntax.", operation);
        for (const auto& [key, values] : *keys.object()) {
            ONPUT_TRY(auto condition, Condition::parse({.operation = operation,
                                                        .key = key,
                                                        .values = values,
                                                        .variables = variables_}));
            if (!condition.key().is_of("aws") && !condition.key().is_of("s3"))
                return malformed("Policy has an invalid condition key", key);
            const bool is_of_listings = condition.key().is_of_listings();
            if (is_of_listings && (statement.actions & listing_s3_actions()).none()) {
                return malformed(
                    "Conditions do not apply to combination of actions and resources in statement",
                    key);
            }
            statement.conditions.push_back(std::move(condition));
        }
    }
    return {};
}

Result<BucketPolicy> BucketPolicy::parse(std::string_view json, std::string_view bucket) {
    if (json.size() > policy_bytes_max)
        return malformed("Policy exceeds the maximum allowed document size");
    const auto document = json::read(json, {.repeated = json::Repeated::refused});
    if (document && json.starts_with('{')) return Parser(bucket).parse(*document);
    if (!document && document.error().kind == json::ReadError::Kind::repeated)
        return malformed("Duplicate field in policy", document.error().name);
    return malformed("Policies must be valid JSON and the first byte must be '{'");
}

}  // namespace onput::auth
