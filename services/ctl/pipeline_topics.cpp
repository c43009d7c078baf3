#include "services/ctl/pipeline_topics.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/json/writer.hpp"
#include "common/schema/topics.hpp"

namespace onput::ctl {
namespace {

// What a topic shows as its policy while nobody has set one.
constexpr std::string_view default_policy_id = "__default_policy_ID";

std::map<std::string, std::string> attributes_of(const PipelineSubscription& wanted,
                                                 const Instance& instance) {
    std::map<std::string, std::string> attributes;
    if (wanted.is_raw) attributes["RawMessageDelivery"] = "true";
    if (!wanted.filter_policy.empty()) attributes["FilterPolicy"] = wanted.filter_policy;
    if (!wanted.filter_scope.empty()) attributes["FilterPolicyScope"] = wanted.filter_scope;
    if (!wanted.dead_letter_queue.empty()) {
        attributes["RedrivePolicy"] = json::write(
            json::Object{{"deadLetterTargetArn", queue_arn(instance, wanted.dead_letter_queue)}});
    }
    return attributes;
}

// The subscription of this protocol and endpoint, if the topic has one.
Result<std::optional<schema::SubscriptionInfo>> find_subscription(const std::string& topic,
                                                                  const std::string& protocol,
                                                                  const std::string& endpoint,
                                                                  Peers& peers) {
    schema::ListSubscriptions request{.topic_arn = topic};
    while (true) {
        ONPUT_TRY(const auto page, peers.ask(peers.notifier(), request));
        for (const auto& info : page.subscriptions) {
            if (info.protocol == protocol && info.endpoint == endpoint) return info;
        }
        if (page.next.empty()) return std::nullopt;
        request.after = page.next;
    }
}

}  // namespace

std::string queue_arn(const Instance& instance, const std::string& name) {
    return "arn:aws:sqs:" + instance.region + ":" + instance.account + ":" + name;
}
std::string topic_arn(const Instance& instance, const std::string& name) {
    return "arn:aws:sns:" + instance.region + ":" + instance.account + ":" + name;
}
std::string function_arn(const Instance& instance, const std::string& name) {
    return "arn:aws:lambda:" + instance.region + ":" + instance.account + ":function:" + name;
}

std::string sender_policy(std::string_view action, const std::string& resource,
                          const std::vector<Sender>& senders) {
    using json::Object;
    json::Value::Array statements;
    for (const auto& sender : senders) {
        statements.emplace_back(
            Object{{"Action", action},
                   {"Condition", Object{{"ArnLike", Object{{"aws:SourceArn", sender.source_arn}}}}},
                   {"Effect", "Allow"},
                   {"Principal", Object{{"Service", sender.service}}},
                   {"Resource", resource}});
    }
    return json::write(Object{{"Statement", std::move(statements)}, {"Version", "2012-10-17"}});
}

std::vector<Sender> senders_to_queue(const Pipeline& pipeline, const Instance& instance,
                                     const std::string& queue) {
    std::vector<Sender> senders;
    const auto add = [&senders](std::string service, std::string arn) {
        const bool is_known = std::ranges::find(senders, arn, &Sender::source_arn) != senders.end();
        if (!is_known) senders.push_back({std::move(service), std::move(arn)});
    };
    for (const auto& notification : pipeline.notifications) {
        if (notification.queue == queue)
            add("s3.amazonaws.com", "arn:aws:s3:::" + notification.bucket);
    }
    for (const auto& subscription : pipeline.subscriptions) {
        const bool is_target = subscription.protocol == "sqs" && subscription.endpoint == queue;
        if (is_target || subscription.dead_letter_queue == queue)
            add("sns.amazonaws.com", topic_arn(instance, subscription.topic));
    }
    return senders;
}

std::vector<Sender> senders_to_topic(const Pipeline& pipeline, const std::string& topic) {
    std::vector<Sender> senders;
    for (const auto& notification : pipeline.notifications) {
        const std::string arn = "arn:aws:s3:::" + notification.bucket;
        const bool is_known = std::ranges::find(senders, arn, &Sender::source_arn) != senders.end();
        if (notification.topic == topic && !is_known) senders.push_back({"s3.amazonaws.com", arn});
    }
    return senders;
}

Result<std::string> apply_topic(const Pipeline& pipeline, const PipelineTopic& topic,
                                const Instance& instance, Peers& peers) {
    const std::string arn = topic_arn(instance, topic.name);
    std::string what = "unchanged";
    auto found = peers.ask(peers.notifier(), schema::GetTopic{.arn = arn});
    if (!found && found.error().code != ErrorCode::not_found) {
        return std::unexpected(found.error());
    }
    if (!found) {
        found = peers.ask(peers.notifier(), schema::CreateTopic{.name = topic.name});
        if (!found) return std::unexpected(found.error());
        what = "created";
    }
    const auto set = [&](std::string name, std::string value) -> Result<void> {
        const schema::SetTopicAttribute request{
            .arn = arn, .name = std::move(name), .value = std::move(value)};
        const auto done = peers.ask(peers.notifier(), request);
        if (!done) return std::unexpected(done.error());
        if (what == "unchanged") what = "updated";
        return {};
    };
    auto& attributes = found->attributes;
    if (!topic.display_name.empty() && attributes["DisplayName"] != topic.display_name) {
        ONPUT_TRY_VOID(set("DisplayName", topic.display_name));
    }
    const auto senders = senders_to_topic(pipeline, topic.name);
    const bool has_own_policy =
        attributes.contains("Policy") && !attributes["Policy"].contains(default_policy_id);
    if (!senders.empty() && !has_own_policy) {
        ONPUT_TRY_VOID(set("Policy", sender_policy("SNS:Publish", arn, senders)));
    }
    return what;
}

Result<std::string> apply_subscription(const PipelineSubscription& wanted, const Instance& instance,
                                       Peers& peers) {
    const std::string topic = topic_arn(instance, wanted.topic);
    const std::string endpoint =
        wanted.protocol == "sqs" ? queue_arn(instance, wanted.endpoint) : wanted.endpoint;
    const auto attributes = attributes_of(wanted, instance);
    ONPUT_TRY(const auto found, find_subscription(topic, wanted.protocol, endpoint, peers));
    if (!found) {
        const schema::Subscribe request{.topic_arn = topic,
                                        .protocol = wanted.protocol,
                                        .endpoint = endpoint,
                                        .attributes = attributes};
        ONPUT_TRY(const auto made, peers.ask(peers.notifier(), request));
        return made.is_pending ? "pending" : "created";
    }
    if (found->is_pending) return "pending";
    ONPUT_TRY(const auto now,
              peers.ask(peers.notifier(), schema::GetSubscription{.arn = found->arn}));
    std::string what = "unchanged";
    for (const auto& [name, value] : attributes) {
        const auto has = now.attributes.find(name);
        if (has != now.attributes.end() && has->second == value) continue;
        const schema::SetSubscriptionAttribute request{
            .arn = found->arn, .name = name, .value = value};
        const auto done = peers.ask(peers.notifier(), request);
        if (!done) return std::unexpected(done.error());
        what = "updated";
    }
    return what;
}

}  // namespace onput::ctl
