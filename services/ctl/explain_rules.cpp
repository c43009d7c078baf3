#include "services/ctl/explain_rules.hpp"

#include <fmt/format.h>

#include "common/events/explain_pattern.hpp"
#include "common/pattern/filter_policy.hpp"
#include "common/schema/topics.hpp"

namespace onput::ctl {
namespace {

events::PatternExplanation judge(const schema::RuleInfo& rule, const std::string& document) {
    if (!rule.is_enabled) return {.why = "the rule is disabled"};
    if (rule.pattern.empty()) return {.why = "it has a schedule and no pattern"};
    auto explanation = events::explain_pattern(rule.pattern, document);
    if (!explanation) return {.why = explanation.error().message};
    return *std::move(explanation);
}

std::string attribute_of(const schema::SubscriptionInfo& subscription, const std::string& name) {
    const auto found = subscription.attributes.find(name);
    return found == subscription.attributes.end() ? std::string() : found->second;
}

bool accepts(const pattern::FilterPolicy& policy, const schema::TopicMessage& message) {
    if (policy.scope() == pattern::FilterScope::message_body) {
        return policy.matches_body(message.message);
    }
    std::vector<pattern::FilterAttribute> attributes;
    for (const auto& one : message.attributes) {
        attributes.push_back({.name = one.name, .type = one.type, .value = one.value});
    }
    return policy.matches(attributes);
}

schema::RuleExplanation explain_subscription(const schema::SubscriptionInfo& subscription,
                                             const schema::TopicMessage& message) {
    schema::RuleExplanation row{.rule_id = subscription.protocol,
                                .destination_arn = subscription.endpoint,
                                .matches = true,
                                .why = "it has no filter policy"};
    const std::string text = attribute_of(subscription, "FilterPolicy");
    if (text.empty()) return row;
    const bool is_of_body = attribute_of(subscription, "FilterPolicyScope") == "MessageBody";
    const auto policy =
        pattern::FilterPolicy::parse(text, is_of_body ? pattern::FilterScope::message_body
                                                      : pattern::FilterScope::message_attributes);
    row.matches = policy && accepts(*policy, message);
    row.why = fmt::format("its filter policy {} the {}: {}", row.matches ? "accepts" : "stops",
                          is_of_body ? "body" : "attributes", text);
    return row;
}

}  // namespace

Result<std::vector<schema::RuleExplanation>> explain_bus(Peers& peers, const std::string& bus,
                                                         const std::string& document) {
    std::vector<schema::RuleExplanation> all;
    schema::ListRules list{.bus = bus};
    do {
        ONPUT_TRY(const auto page, peers.ask(peers.notifier(), list));
        for (const auto& rule : page.rules) {
            const auto explanation = judge(rule, document);
            schema::RuleExplanation row{.rule_id = "rule/" + rule.name,
                                        .destination_arn = {},
                                        .matches = explanation.matches,
                                        .why = explanation.why};
            ONPUT_TRY(
                const auto targets,
                peers.ask(peers.notifier(), schema::ListTargets{.bus = bus, .rule = rule.name}));
            for (const auto& target : targets.targets) {
                row.destination_arn = target.arn;
                all.push_back(row);
            }
            if (targets.targets.empty()) {
                if (row.matches) row.why += ", and has no target";
                all.push_back(std::move(row));
            }
            if (all.size() >= explained_rules_max) return all;
        }
        list.after = page.next;
    } while (!list.after.empty());
    return all;
}

Result<std::vector<schema::RuleExplanation>> explain_topic(Peers& peers,
                                                           const schema::TopicMessage& message) {
    std::vector<schema::RuleExplanation> all;
    schema::ListSubscriptions list{.topic_arn = message.topic_arn, .after = {}};
    do {
        ONPUT_TRY(const auto page, peers.ask(peers.notifier(), list));
        for (const auto& listed : page.subscriptions) {
            if (listed.is_pending) {
                all.push_back({.rule_id = listed.protocol,
                               .destination_arn = listed.endpoint,
                               .why = "nobody has confirmed the subscription"});
                continue;
            }
            // Only this shows its attributes.
            const auto found =
                peers.ask(peers.notifier(), schema::GetSubscription{.arn = listed.arn});
            if (found) all.push_back(explain_subscription(*found, message));
        }
        list.after = page.next;
    } while (!list.after.empty() && all.size() < explained_rules_max);
    return all;
}

}  // namespace onput::ctl
