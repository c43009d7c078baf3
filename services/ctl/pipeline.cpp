#include "services/ctl/pipeline.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/schema/function.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/storage.hpp"
#include "services/ctl/function_code.hpp"
#include "services/ctl/pipeline_references.hpp"
#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

class Applier {
public:
    Applier(const Pipeline& pipeline, const Instance& instance, Peers& peers,
            std::vector<PipelineChange>& changes)
        : pipeline_(pipeline), instance_(instance), peers_(peers), changes_(changes) {}

    Result<void> bucket(const std::string& name) {
        const auto found = peers_.ask(peers_.storage(), schema::HeadBucket{.name = name});
        if (found) return note("bucket", name, "unchanged");
        if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
        ONPUT_TRY_VOID(done(peers_.ask(peers_.storage(), schema::CreateBucket{.name = name})));
        return note("bucket", name, "created");
    }

    Result<void> queue(const std::string& name) {
        std::string what = "unchanged";
        auto found = peers_.ask(peers_.queue(), schema::DescribeQueue{.name = name});
        if (!found && found.error().code != ErrorCode::not_found)
            return std::unexpected(found.error());
        if (!found) {
            const schema::CreateQueue request{.name = name};
            ONPUT_TRY_VOID(done(peers_.ask(peers_.queue(), request)));
            what = "created";
        }
        // As on AWS, a queue takes events and messages only when its policy says so. One that has a
        // policy already keeps it: its owner decides.
        const auto senders = senders_to_queue(pipeline_, instance_, name);
        const bool has_policy = found && found->attributes.contains("Policy");
        if (!senders.empty() && !has_policy) {
            const schema::SetQueueAttributes request{
                .name = name,
                .attributes = {{"Policy", sender_policy("sqs:SendMessage",
                                                        queue_arn(instance_, name), senders)}}};
            ONPUT_TRY_VOID(done(peers_.ask(peers_.queue(), request)));
            if (found) what = "updated";
        }
        return note("queue", name, what);
    }

    Result<void> topic(const PipelineTopic& wanted) {
        ONPUT_TRY(auto what, apply_topic(pipeline_, wanted, instance_, peers_));
        return note("topic", wanted.name, std::move(what));
    }

    Result<void> subscription(const PipelineSubscription& wanted) {
        ONPUT_TRY(auto what, apply_subscription(wanted, instance_, peers_));
        return note("subscription",
                    fmt::format("{} to {} {}", wanted.topic, wanted.protocol, wanted.endpoint),
                    std::move(what));
    }

    Result<void> function(const PipelineFunction& wanted) {
        const auto found = peers_.ask(peers_.queue(), schema::GetFunction{.name = wanted.name});
        if (!found && found.error().code != ErrorCode::not_found)
            return std::unexpected(found.error());
        schema::FunctionInfo next{.account = instance_.account,
                                  .name = wanted.name,
                                  .arn = function_arn(instance_, wanted.name),
                                  .worker = wanted.worker,
                                  .environment = wanted.environment,
                                  .timeout_s = wanted.timeout_s,
                                  .retries_max = wanted.retries,
                                  .retry_delay_s = wanted.retry_delay_s,
                                  .configuration = wanted.configuration};
        if (!wanted.dead_letter_queue.empty())
            next.dead_letter_arn = queue_arn(instance_, wanted.dead_letter_queue);
        if (!wanted.success_topic.empty())
            next.success_topic_arn = topic_arn(instance_, wanted.success_topic);
        if (!wanted.failure_topic.empty())
            next.failure_topic_arn = topic_arn(instance_, wanted.failure_topic);
        // What Lambda's API alone sets is left as it is.
        if (found) next.management = found->management;
        if (found && !wanted.code.empty()) next.handler = found->handler;
        if (!wanted.code.empty()) ONPUT_TRY_VOID(add_code(wanted, peers_, next));
        if (found && *found == next) return note("function", wanted.name, "unchanged");
        const auto put = peers_.ask(peers_.queue(), schema::PutFunction{.function = next});
        if (!put) {
            return std::unexpected(
                Error(put.error()).with_context("function '" + wanted.name + "'"));
        }
        return note("function", wanted.name, found ? "updated" : "created");
    }

    // All rules of one bucket at once: a configuration is replaced whole.
    Result<void> notifications(const std::string& bucket,
                               const std::vector<PipelineNotification>& wanted) {
        ONPUT_TRY(const auto before,
                  peers_.ask(peers_.storage(), schema::GetNotification{.bucket = bucket}));
        schema::NotificationConfiguration after = before;
        for (const auto& notification : wanted) {
            if (notification.bucket != bucket) continue;
            auto rule = to_rule(notification);
            const auto same =
                std::ranges::find(after.rules, rule.id, &schema::NotificationRule::id);
            if (same == after.rules.end()) {
                after.rules.push_back(std::move(rule));
            } else {
                *same = std::move(rule);
            }
        }
        if (after == before) return note("notification", bucket, "unchanged");
        const schema::PutNotification request{
            .bucket = bucket, .configuration = after, .skip_destination_validation = false};
        ONPUT_TRY_VOID(done(peers_.ask(peers_.storage(), request)));
        return note("notification", bucket, before.rules.empty() ? "created" : "updated");
    }

private:
    template <typename T>
    static Result<void> done(const Result<T>& answer) {
        if (!answer) return std::unexpected(answer.error());
        return {};
    }

    Result<void> note(std::string kind, std::string name, std::string what) {
        changes_.push_back({std::move(kind), std::move(name), std::move(what)});
        return {};
    }

    [[nodiscard]] schema::NotificationRule to_rule(const PipelineNotification& wanted) const {
        schema::NotificationRule rule;
        rule.id = wanted.id;
        if (!wanted.function.empty()) {
            rule.kind = schema::DestinationKind::function;
            rule.destination_arn = function_arn(instance_, wanted.function);
        } else if (!wanted.topic.empty()) {
            rule.kind = schema::DestinationKind::topic;
            rule.destination_arn = topic_arn(instance_, wanted.topic);
        } else {
            rule.kind = schema::DestinationKind::queue;
            rule.destination_arn = queue_arn(instance_, wanted.queue);
        }
        rule.events = wanted.events;
        // Named as storage echoes them, so that an unchanged rule compares equal.
        if (!wanted.prefix.empty())
            rule.filter.push_back({.name = "Prefix", .value = wanted.prefix});
        if (!wanted.suffix.empty())
            rule.filter.push_back({.name = "Suffix", .value = wanted.suffix});
        rule.has_filter = !rule.filter.empty();
        return rule;
    }

    const Pipeline& pipeline_;
    const Instance& instance_;
    Peers& peers_;
    std::vector<PipelineChange>& changes_;
};

}  // namespace

Result<void> apply_pipeline(const Pipeline& pipeline, const Instance& instance, Peers& peers,
                            std::vector<PipelineChange>& changes) {
    ONPUT_TRY_VOID(check_references(pipeline, instance, peers));
    Applier applier(pipeline, instance, peers, changes);
    for (const auto& name : pipeline.buckets) ONPUT_TRY_VOID(applier.bucket(name));
    for (const auto& name : pipeline.queues) ONPUT_TRY_VOID(applier.queue(name));
    for (const auto& topic : pipeline.topics) ONPUT_TRY_VOID(applier.topic(topic));
    for (const auto& subscription : pipeline.subscriptions)
        ONPUT_TRY_VOID(applier.subscription(subscription));
    for (const auto& function : pipeline.functions) ONPUT_TRY_VOID(applier.function(function));
    std::vector<std::string> buckets;
    for (const auto& notification : pipeline.notifications) {
        if (std::ranges::find(buckets, notification.bucket) == buckets.end())
            buckets.push_back(notification.bucket);
    }
    for (const auto& bucket : buckets)
        ONPUT_TRY_VOID(applier.notifications(bucket, pipeline.notifications));
    return {};
}

}  // namespace onput::ctl
