#include "services/ctl/pipeline_references.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "common/schema/function.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/topics.hpp"
#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

class References {
public:
    References(const Pipeline& pipeline, const Instance& instance, Peers& peers)
        : pipeline_(pipeline), instance_(instance), peers_(peers) {}

    Result<void> check() {
        for (const auto& function : pipeline_.functions) {
            const std::string by = fmt::format("function '{}'", function.name);
            ONPUT_TRY_VOID(queue(function.dead_letter_queue, by));
            ONPUT_TRY_VOID(topic(function.success_topic, by));
            ONPUT_TRY_VOID(topic(function.failure_topic, by));
        }
        for (const auto& subscription : pipeline_.subscriptions) {
            const std::string by = fmt::format("the subscription of {}", subscription.endpoint);
            ONPUT_TRY_VOID(topic(subscription.topic, by));
            ONPUT_TRY_VOID(queue(subscription.dead_letter_queue, by));
            if (subscription.protocol == "sqs") ONPUT_TRY_VOID(queue(subscription.endpoint, by));
        }
        for (const auto& notification : pipeline_.notifications) {
            const std::string by = fmt::format("notification '{}'", notification.id);
            ONPUT_TRY_VOID(bucket(notification.bucket, by));
            ONPUT_TRY_VOID(function(notification.function, by));
            ONPUT_TRY_VOID(queue(notification.queue, by));
            ONPUT_TRY_VOID(topic(notification.topic, by));
        }
        if (missing_.empty()) return {};
        return fail(ErrorCode::not_found,
                    fmt::format("nothing was done:\n{}", fmt::join(missing_, "\n")));
    }

private:
    Result<void> bucket(const std::string& name, const std::string& by) {
        return look("bucket", name, by, std::ranges::count(pipeline_.buckets, name) > 0, [&] {
            return found(peers_.ask(peers_.storage(), schema::HeadBucket{.name = name}));
        });
    }
    Result<void> queue(const std::string& name, const std::string& by) {
        return look("queue", name, by, std::ranges::count(pipeline_.queues, name) > 0, [&] {
            return found(peers_.ask(peers_.queue(), schema::DescribeQueue{.name = name}));
        });
    }
    Result<void> topic(const std::string& name, const std::string& by) {
        const bool is_declared =
            std::ranges::count(pipeline_.topics, name, &PipelineTopic::name) > 0;
        return look("topic", name, by, is_declared, [&] {
            return found(
                peers_.ask(peers_.notifier(), schema::GetTopic{.arn = topic_arn(instance_, name)}));
        });
    }
    Result<void> function(const std::string& name, const std::string& by) {
        const bool is_declared =
            std::ranges::count(pipeline_.functions, name, &PipelineFunction::name) > 0;
        return look("function", name, by, is_declared, [&] {
            return found(peers_.ask(peers_.queue(), schema::GetFunction{.name = name}));
        });
    }

    // Whether it is there; an error when nobody can say.
    template <typename T>
    static Result<bool> found(const Result<T>& answer) {
        if (!answer && answer.error().code != ErrorCode::not_found) {
            return std::unexpected(answer.error());
        }
        return answer.has_value();
    }

    Result<void> look(std::string_view kind, const std::string& name, const std::string& by,
                      bool is_declared, const std::function<Result<bool>()>& ask) {
        if (name.empty() || is_declared) return {};
        ONPUT_TRY(const bool is_there, ask());
        if (!is_there) {
            missing_.push_back(
                fmt::format("{} names {} '{}', which is not there: declare it with [[{}]]", by,
                            kind, name, kind));
        }
        return {};
    }

    const Pipeline& pipeline_;
    const Instance& instance_;
    Peers& peers_;
    std::vector<std::string> missing_;
};

}  // namespace

Result<void> check_references(const Pipeline& pipeline, const Instance& instance, Peers& peers) {
    return References(pipeline, instance, peers).check();
}

}  // namespace onput::ctl
