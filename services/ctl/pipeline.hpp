// Pipelines: buckets, queues, topics, functions and notifications declared in a TOML file, and
// applied as often as one likes.
//
//     [[bucket]]          name
//     [[queue]]           name
//     [[topic]]           name, display_name
//     [[subscription]]    topic, protocol, endpoint (or queue, for protocol "sqs"), raw,
//                         filter_policy (JSON), filter_scope, dead_letter_queue
//     [[function]]        name, worker, dead_letter_queue, timeout_s, retries, retry_delay_s,
//                         success_topic, failure_topic
//                         and for the worker "function": code (a file, a folder or a zip, beside
//                         this file), runtime, handler, memory_mb, ephemeral_mb, code_bucket
//     [function.environment]     NAME = "value"
//     [function.configuration]   what the worker does, as its README says; becomes JSON
//     [[notification]]    bucket, id, events, prefix, suffix, any_case, and one of function,
//                         queue, topic
//
// S3 compares suffixes byte by byte, and cameras write ".JPG": with any_case, a suffix becomes up
// to four rules: "<id>" as written, and "<id>-lower", "<id>-upper", "<id>-title" (".Jpg") where
// they differ.
//
// A queue or topic without a policy that a notification or subscription names is given one that
// lets those buckets and topics, and nobody else, send to it.
// An unknown table or key is an error with its line. Applying creates what is missing and changes
// what differs; it never removes: a bucket's rules with other ids stay.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

struct PipelineTopic {
    std::string name;
    std::string display_name;
};

struct PipelineSubscription {
    std::string topic;
    std::string protocol;
    std::string endpoint;  // Of protocol "sqs": the queue's name.
    bool is_raw = false;
    std::string filter_policy;
    std::string filter_scope;
    std::string dead_letter_queue;
};

struct PipelineFunction {
    std::string name;
    std::string worker;
    std::string dead_letter_queue;
    std::string success_topic;
    std::string failure_topic;
    std::string configuration;  // JSON; empty: none.
    std::uint32_t timeout_s = 900;
    std::uint32_t retries = 2;
    std::uint32_t retry_delay_s = 5;
    std::map<std::string, std::string> environment;
    // Of the worker "function". The rest of function_code.hpp's defaults are by the code's name.
    std::string code;  // A path.
    std::string runtime;
    std::string handler;
    std::string code_bucket;
    std::string role;  // A name, or an ARN; empty: it has what rights the account has.
    std::uint32_t memory_mb = 128;
    std::uint32_t ephemeral_mb = 512;
};

struct PipelineNotification {
    std::string bucket;
    std::string id;
    std::vector<std::string> events;
    std::string prefix;
    std::string suffix;
    std::string function;
    std::string queue;
    std::string topic;
};

struct Pipeline {
    std::vector<std::string> buckets;
    std::vector<std::string> queues;
    std::vector<PipelineTopic> topics;
    std::vector<PipelineSubscription> subscriptions;
    std::vector<PipelineFunction> functions;
    std::vector<PipelineNotification> notifications;
};

// `name` is the file's, for messages: "speech.toml:12:3: unknown key 'vioce'".
Result<Pipeline> parse_pipeline(std::string_view text, const std::string& name);
Result<Pipeline> read_pipeline(const std::string& path);

// What `onput dev` applies by itself: texts and photos of bucket `inbox` become speech and pictures
// in `outbox`, with a message to topic `media`. Each is a file of deploy/pipelines/.
struct DefaultPipeline {
    std::string_view name;  // "speech.toml"
    std::string_view text;
};
std::span<const DefaultPipeline> default_pipelines();
// upload-alert.toml, for the demo.
DefaultPipeline alert_pipeline();

// One thing that applying did, e.g. {"bucket", "inbox", "created"}.
struct PipelineChange {
    std::string kind;
    std::string name;
    std::string what;  // "created", "updated", "unchanged".
};

// Before anything is done: everything that the pipeline names is declared by it or there. Otherwise
// not_found with all that is missing. Then stops at the first failure; `changes` has what was done
// until then, which stays, and applying again goes on from there. A subscription that its endpoint
// has to confirm is "pending".
Result<void> apply_pipeline(const Pipeline& pipeline, const Instance& instance, Peers& peers,
                            std::vector<PipelineChange>& changes);

}  // namespace onput::ctl
