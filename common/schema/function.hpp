// Functions: what a Lambda ARN of a notification names. A function is a durable invocation queue, a
// worker kind and a configuration; the queue service owns all three.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t function_name_bytes_max = 64;
// Names and values together, as on Lambda.
inline constexpr std::size_t environment_bytes_max = 4096;
inline constexpr std::size_t function_configuration_bytes_max = 32 * 1024;

inline constexpr std::uint32_t handler_memory_mb_min = 128;
inline constexpr std::uint32_t handler_memory_mb_max = 10'240;
inline constexpr std::uint32_t handler_ephemeral_mb_min = 512;
inline constexpr std::uint32_t handler_ephemeral_mb_max = 10'240;
inline constexpr std::size_t handler_name_bytes_max = 128;
inline constexpr std::size_t function_description_bytes_max = 256;

// A zip with a user's code, as an object of the function's own account.
struct FunctionCode {
    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};  // Empty: the newest.
    std::string sha256 = {};      // Of the zip, base64, as Lambda's CodeSha256.
    std::uint64_t bytes = 0;      // Of the zip.

    ONPUT_FIELDS(bucket, key, version_id, sha256, bytes)
    friend bool operator==(const FunctionCode&, const FunctionCode&) = default;
};

// What runs a user's own handler, for functions of the worker "function".
struct FunctionHandler {
    std::string runtime = {};  // "python3.11", "nodejs20.x", "provided.al2023"; empty: none.
    std::string handler = {};  // "app.handler", as the runtime reads it.
    std::uint32_t memory_mb = handler_memory_mb_min;
    std::uint32_t ephemeral_mb = handler_ephemeral_mb_min;  // Of /tmp.
    FunctionCode code = {};
    std::string role_arn = {};
    std::string description = {};
    std::string log_group = {};   // Empty: /aws/lambda/<name>.
    std::string log_format = {};  // "Text"; empty: the same.

    ONPUT_FIELDS(runtime, handler, memory_mb, ephemeral_mb, code, role_arn, description, log_group,
                 log_format)
    friend bool operator==(const FunctionHandler&, const FunctionHandler&) = default;
};

struct FunctionInfo {
    // Version 3 added handler.
    static constexpr MessageInfo info{.kind = Kind::function_info, .version = 3};

    std::string account;
    std::string name;
    std::string arn;     // arn:aws:lambda:<region>:<account>:function:<name>
    std::string worker;  // The kind of worker that runs it: "tts".
    std::map<std::string, std::string>
        environment;                  // OUTPUT_BUCKET, VOICE, ...: the worker's README lists them.
    std::uint32_t timeout_s = 900;    // Wall clock of one attempt.
    std::uint32_t retries_max = 2;    // After the first attempt; 0 to 2 on AWS.
    std::uint32_t retry_delay_s = 5;  // Before the first retry; doubles for the second.
    std::string dead_letter_arn;  // arn:aws:sqs:...; empty: the message and its reason are kept in
                                  // the job log only.
    // What the worker does, as JSON, in the words of its kind (image: common/recipe). Empty:
    // nothing beyond the environment. Checked when it is set.
    std::string configuration = {};
    // Topics that get a message when a job ends, in the JSON of services/queue/README.md; empty: no
    // message.
    std::string success_topic_arn = {};
    std::string failure_topic_arn = {};
    FunctionHandler handler = {};

    ONPUT_FIELDS(account, name, arn, worker, environment, timeout_s, retries_max, retry_delay_s,
                 dead_letter_arn, configuration, success_topic_arn, failure_topic_arn, handler)
    friend bool operator==(const FunctionInfo&, const FunctionInfo&) = default;
};

// Creates or replaces. Messages already queued stay and use the new configuration.
struct PutFunction {
    static constexpr MessageInfo info{.kind = Kind::put_function, .version = 3};
    static constexpr std::string_view method = "queue.put_function";
    using Reply = FunctionInfo;

    FunctionInfo
        function;  // arn and account are filled in by the queue service from the principal.

    ONPUT_FIELDS(function)
    friend bool operator==(const PutFunction&, const PutFunction&) = default;
};

struct GetFunction {
    static constexpr MessageInfo info{.kind = Kind::get_function};
    static constexpr std::string_view method = "queue.get_function";
    using Reply = FunctionInfo;

    std::string name;

    ONPUT_FIELDS(name)
    friend bool operator==(const GetFunction&, const GetFunction&) = default;
};

// A function and how its queue stands.
struct FunctionState {
    FunctionInfo function;
    std::uint64_t waiting = 0;
    std::uint64_t running = 0;
    std::uint64_t dead_lettered = 0;
    std::uint32_t workers = 0;  // Connected now that can run it.

    ONPUT_FIELDS(function, waiting, running, dead_lettered, workers)
    friend bool operator==(const FunctionState&, const FunctionState&) = default;
};

struct FunctionList {
    static constexpr MessageInfo info{.kind = Kind::function_list, .version = 3};

    std::vector<FunctionState> functions;

    ONPUT_FIELDS(functions)
    friend bool operator==(const FunctionList&, const FunctionList&) = default;
};

struct ListFunctions {
    static constexpr MessageInfo info{.kind = Kind::list_functions};
    static constexpr std::string_view method = "queue.list_functions";
    using Reply = FunctionList;
    ONPUT_FIELDS()
    friend bool operator==(const ListFunctions&, const ListFunctions&) = default;
};

// Refused with `conflict` while messages are queued.
struct DeleteFunction {
    static constexpr MessageInfo info{.kind = Kind::delete_function};
    static constexpr std::string_view method = "queue.delete_function";
    using Reply = Empty;

    std::string name;

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteFunction&, const DeleteFunction&) = default;
};

}  // namespace onput::schema
