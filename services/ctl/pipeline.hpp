// Pipelines: buckets, queues, functions and notifications declared in a TOML file, and applied as
// often as one likes.
//
//     [[bucket]]          name
//     [[queue]]           name
//     [[function]]        name, worker, dead_letter_queue, timeout_s, retries, retry_delay_s
//     [function.environment]   NAME = "value"
//     [[notification]]    bucket, id, events, prefix, suffix, and one of function, queue
//
// A queue without a policy that is named by a notification is given one that lets that bucket send to it.
// An unknown table or key is an error with its line. Applying creates what is missing and changes
// what differs; it never removes: a bucket's rules with other ids stay.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

struct PipelineFunction {
    std::string name;
    std::string worker;
    std::string dead_letter_queue;
    std::uint32_t timeout_s = 900;
    std::uint32_t retries = 2;
    std::uint32_t retry_delay_s = 5;
    std::map<std::string, std::string> environment;
};

struct PipelineNotification {
    std::string bucket;
    std::string id;
    std::vector<std::string> events;
    std::string prefix;
    std::string suffix;
    std::string function;
    std::string queue;
};

struct Pipeline {
    std::vector<std::string> buckets;
    std::vector<std::string> queues;
    std::vector<PipelineFunction> functions;
    std::vector<PipelineNotification> notifications;
};

// `name` is the file's, for messages: "speech.toml:12:3: unknown key 'vioce'".
Result<Pipeline> parse_pipeline(std::string_view text, const std::string& name);
Result<Pipeline> read_pipeline(const std::string& path);

// What `onput dev` applies by itself: texts of bucket `inbox` become speech in `outbox`.
std::string_view default_pipeline_text();

// One thing that applying did, e.g. {"bucket", "inbox", "created"}.
struct PipelineChange {
    std::string kind;
    std::string name;
    std::string what;  // "created", "updated", "unchanged".
};

// Stops at the first failure; what was done until then stays, and applying again goes on from
// there.
Result<std::vector<PipelineChange>> apply_pipeline(const Pipeline& pipeline,
                                                   const Instance& instance, Peers& peers);

}  // namespace onput::ctl
