#include "services/ctl/pipeline.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/schema/function.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/storage.hpp"

namespace onput::ctl {
namespace {

class Applier {
public:
    Applier(const Instance& instance, Peers& peers) : instance_(instance), peers_(peers) {}

    Result<void> bucket(const std::string& name) {
        const auto found = peers_.ask(peers_.storage(), schema::HeadBucket{.name = name});
        if (found) return note("bucket", name, "unchanged");
        if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
        ONPUT_TRY_VOID(
            done(peers_.ask(peers_.storage(), schema::CreateBucket{.name = name, .region = {}})));
        return note("bucket", name, "created");
    }

    Result<void> queue(const std::string& name) {
        const auto found =
            peers_.ask(peers_.queue(), schema::DescribeQueue{.account = {}, .name = name});
        if (found) return note("queue", name, "unchanged");
        if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
        const schema::CreateQueue request{.name = name, .attributes = {}, .tags = {}};
        ONPUT_TRY_VOID(done(peers_.ask(peers_.queue(), request)));
        return note("queue", name, "created");
    }

    Result<void> function(const PipelineFunction& wanted) {
        const auto found = peers_.ask(peers_.queue(), schema::GetFunction{.name = wanted.name});
        if (!found && found.error().code != ErrorCode::not_found)
            return std::unexpected(found.error());
        schema::FunctionInfo next{.account = instance_.account,
                                  .name = wanted.name,
                                  .arn = function_arn(wanted.name),
                                  .worker = wanted.worker,
                                  .environment = wanted.environment,
                                  .timeout_s = wanted.timeout_s,
                                  .retries_max = wanted.retries,
                                  .retry_delay_s = wanted.retry_delay_s,
                                  .dead_letter_arn = {}};
        if (!wanted.dead_letter_queue.empty())
            next.dead_letter_arn = queue_arn(wanted.dead_letter_queue);
        if (found && *found == next) return note("function", wanted.name, "unchanged");
        ONPUT_TRY_VOID(done(peers_.ask(peers_.queue(), schema::PutFunction{.function = next})));
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
        for (const auto& notification : wanted) {
            if (notification.bucket == bucket && !notification.queue.empty()) {
                ONPUT_TRY_VOID(let_bucket_send(bucket, notification.queue));
            }
        }
        const schema::PutNotification request{.bucket = bucket,
                                              .configuration = after,
                                              .skip_destination_validation = false,
                                              .request_id = {},
                                              .host_id = {}};
        ONPUT_TRY_VOID(done(peers_.ask(peers_.storage(), request)));
        return note("notification", bucket, before.rules.empty() ? "created" : "updated");
    }

    std::vector<PipelineChange> take_changes() { return std::move(changes_); }

private:
    // As on AWS, a queue takes a bucket's events only when its policy says so. One that has a
    // policy already keeps it: its owner decides.
    Result<void> let_bucket_send(const std::string& bucket, const std::string& queue) {
        ONPUT_TRY(const auto found,
                  peers_.ask(peers_.queue(), schema::DescribeQueue{.account = {}, .name = queue}));
        if (found.attributes.contains("Policy")) return {};
        const std::string policy = fmt::format(
            R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},)"
            R"("Action":"sqs:SendMessage","Resource":"{}","Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:s3:::{}"}}}}}}]}})",
            queue_arn(queue), bucket);
        const schema::SetQueueAttributes request{
            .account = {}, .name = queue, .attributes = {{"Policy", policy}}};
        return done(peers_.ask(peers_.queue(), request));
    }

    template <typename T>
    static Result<void> done(const Result<T>& answer) {
        if (!answer) return std::unexpected(answer.error());
        return {};
    }

    Result<void> note(std::string kind, std::string name, std::string what) {
        changes_.push_back({std::move(kind), std::move(name), std::move(what)});
        return {};
    }

    [[nodiscard]] std::string queue_arn(const std::string& name) const {
        return "arn:aws:sqs:" + instance_.region + ":" + instance_.account + ":" + name;
    }
    [[nodiscard]] std::string function_arn(const std::string& name) const {
        return "arn:aws:lambda:" + instance_.region + ":" + instance_.account + ":function:" + name;
    }

    [[nodiscard]] schema::NotificationRule to_rule(const PipelineNotification& wanted) const {
        schema::NotificationRule rule;
        rule.id = wanted.id;
        rule.kind = wanted.function.empty() ? schema::DestinationKind::queue
                                            : schema::DestinationKind::function;
        rule.destination_arn =
            wanted.function.empty() ? queue_arn(wanted.queue) : function_arn(wanted.function);
        rule.events = wanted.events;
        // Named as storage echoes them, so that an unchanged rule compares equal.
        if (!wanted.prefix.empty())
            rule.filter.push_back({.name = "Prefix", .value = wanted.prefix});
        if (!wanted.suffix.empty())
            rule.filter.push_back({.name = "Suffix", .value = wanted.suffix});
        rule.has_filter = !rule.filter.empty();
        return rule;
    }

    const Instance& instance_;
    Peers& peers_;
    std::vector<PipelineChange> changes_;
};

}  // namespace

Result<std::vector<PipelineChange>> apply_pipeline(const Pipeline& pipeline,
                                                   const Instance& instance, Peers& peers) {
    Applier applier(instance, peers);
    for (const auto& name : pipeline.buckets) ONPUT_TRY_VOID(applier.bucket(name));
    for (const auto& name : pipeline.queues) ONPUT_TRY_VOID(applier.queue(name));
    for (const auto& function : pipeline.functions) ONPUT_TRY_VOID(applier.function(function));
    std::vector<std::string> buckets;
    for (const auto& notification : pipeline.notifications) {
        if (std::ranges::find(buckets, notification.bucket) == buckets.end())
            buckets.push_back(notification.bucket);
    }
    for (const auto& bucket : buckets)
        ONPUT_TRY_VOID(applier.notifications(bucket, pipeline.notifications));
    return applier.take_changes();
}

}  // namespace onput::ctl
