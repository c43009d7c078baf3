// Topics and subscriptions of a pipeline, and the policies that let senders in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

std::string queue_arn(const Instance& instance, const std::string& name);
std::string topic_arn(const Instance& instance, const std::string& name);
std::string function_arn(const Instance& instance, const std::string& name);

// A policy's text that lets these services send on behalf of these resources.
struct Sender {
    std::string service;     // "s3.amazonaws.com"
    std::string source_arn;  // "arn:aws:s3:::inbox"
};
std::string sender_policy(std::string_view action, const std::string& resource,
                          const std::vector<Sender>& senders);

// Everyone whom the pipeline makes send to this queue or topic.
std::vector<Sender> senders_to_queue(const Pipeline& pipeline, const Instance& instance,
                                     const std::string& queue);
std::vector<Sender> senders_to_topic(const Pipeline& pipeline, const std::string& topic);

// "created", "updated" or "unchanged"; a policy of the owner's own is left alone.
Result<std::string> apply_topic(const Pipeline& pipeline, const PipelineTopic& topic,
                                const Instance& instance, Peers& peers);
// The same, or "pending".
Result<std::string> apply_subscription(const PipelineSubscription& subscription,
                                       const Instance& instance, Peers& peers);

}  // namespace onput::ctl
