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
inline constexpr std::size_t function_layers_max = 5;
// Of a function's code and its layers, unpacked.
inline constexpr std::uint64_t function_unzipped_bytes_max = 262'144'000;
// Of an event in the function's queue: six hours.
inline constexpr std::uint32_t function_event_age_s_min = 60;
inline constexpr std::uint32_t function_event_age_s_max = 21'600;

// A zip with a user's code, as an object of the function's own account.
struct FunctionCode {
    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};       // Empty: the newest.
    std::string sha256 = {};           // Of the zip, base64, as Lambda's CodeSha256.
    std::uint64_t bytes = 0;           // Of the zip.
    std::uint64_t unzipped_bytes = 0;  // Of its files; 0: not known.

    ONPUT_FIELDS(bucket, key, version_id, sha256, bytes, unzipped_bytes)
    friend bool operator==(const FunctionCode&, const FunctionCode&) = default;
};

// A version of a layer (function_layer.hpp) as a function has it: also when it was deleted since.
struct FunctionLayer {
    std::string arn = {};  // arn:aws:lambda:<region>:<account>:layer:<name>:<version>
    FunctionCode code = {};

    ONPUT_FIELDS(arn, code)
    friend bool operator==(const FunctionLayer&, const FunctionLayer&) = default;
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
    // Below /opt, in this order: of files of one name the last one is there.
    std::vector<FunctionLayer> layers = {};

    ONPUT_FIELDS(runtime, handler, memory_mb, ephemeral_mb, code, role_arn, description, log_group,
                 log_format, layers)
    friend bool operator==(const FunctionHandler&, const FunctionHandler&) = default;
};

// What is said of a function through Lambda's API beyond what its worker needs.
struct FunctionManagement {
    std::string version = {};      // Of one that was published: "1"; empty: $LATEST.
    std::string revision_id = {};  // A UUID: another one after every change.
    Timestamp modified_at = {};
    std::map<std::string, std::string> tags = {};
    // Invocations at a time; 0: none at all. Nothing: not limited.
    std::optional<std::uint32_t> reserved_concurrency = {};
    std::string architecture = {};  // "arm64"; empty: x86_64.
    std::string tracing_mode = {};  // "Active"; empty: PassThrough.
    // Whoever invokes it for a service of AWS needs a permission (function_access.hpp). False: what
    // belongs to the function's account needs none.
    bool needs_permission = false;
    // Asynchronous invocations.
    bool has_event_configuration = false;  // It was set, and is shown.
    Timestamp event_configured_at = {};
    std::uint32_t event_age_s_max = function_event_age_s_max;  // Older ones are not tried again.
    std::string on_success_arn = {};  // Of a queue, topic or function; empty: none.
    std::string on_failure_arn = {};
    // Chains of events that come by it again and again (trace_header.hpp) are not stopped.
    bool allows_loops = false;

    ONPUT_FIELDS(version, revision_id, modified_at, tags, reserved_concurrency, architecture,
                 tracing_mode, needs_permission, has_event_configuration, event_configured_at,
                 event_age_s_max, on_success_arn, on_failure_arn, allows_loops)
    friend bool operator==(const FunctionManagement&, const FunctionManagement&) = default;
};

struct FunctionInfo {
    // Version 3 added handler, version 4 management, version 5 layers to handler
    // and allows_loops to management.
    static constexpr MessageInfo info{.kind = Kind::function_info, .version = 5};

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
    FunctionManagement management = {};

    ONPUT_FIELDS(account, name, arn, worker, environment, timeout_s, retries_max, retry_delay_s,
                 dead_letter_arn, configuration, success_topic_arn, failure_topic_arn, handler,
                 management)
    friend bool operator==(const FunctionInfo&, const FunctionInfo&) = default;
};

enum class PutMode : std::uint8_t {
    create_or_replace,
    create,   // conflict, reason ResourceConflict: there is one of this name.
    replace,  // not_found: there is none.
};

// Creates or replaces. Messages already queued stay and use the new configuration. Those who know
// nothing of `management` leave it as it is.
struct PutFunction {
    // Version 4 added mode, revision_id and manages, version 5 what FunctionInfo has since its own.
    static constexpr MessageInfo info{.kind = Kind::put_function, .version = 5};
    static constexpr std::string_view method = "queue.put_function";
    using Reply = FunctionInfo;

    FunctionInfo
        function;  // arn and account are filled in by the queue service from the principal.
    PutMode mode = PutMode::create_or_replace;
    // The one that is replaced must have this revision; else conflict, reason PreconditionFailed.
    // Empty: any.
    std::string revision_id = {};
    bool manages = false;  // function.management is meant; revision_id, version and times aside.

    ONPUT_FIELDS(function, mode, revision_id, manages)
    friend bool operator==(const PutFunction&, const PutFunction&) = default;
};

// A version or an alias: its ARN has the qualifier. not_found: there is no such function, or no
// such qualifier.
struct GetFunction {
    // Version 2 added qualifier.
    static constexpr MessageInfo info{.kind = Kind::get_function, .version = 2};
    static constexpr std::string_view method = "queue.get_function";
    using Reply = FunctionInfo;

    std::string name;
    std::string qualifier = {};  // "$LATEST", a version's number, an alias; empty: $LATEST.

    ONPUT_FIELDS(name, qualifier)
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
    static constexpr MessageInfo info{.kind = Kind::function_list, .version = 5};

    std::vector<FunctionState> functions;

    ONPUT_FIELDS(functions)
    friend bool operator==(const FunctionList&, const FunctionList&) = default;
};

// Those of the account, without published versions (function_access.hpp).
struct ListFunctions {
    static constexpr MessageInfo info{.kind = Kind::list_functions};
    static constexpr std::string_view method = "queue.list_functions";
    using Reply = FunctionList;
    ONPUT_FIELDS()
    friend bool operator==(const ListFunctions&, const ListFunctions&) = default;
};

// Refused with `conflict` while messages are queued. A function goes with its versions, aliases and
// permissions. Event source mappings stay, and hand out nothing.
struct DeleteFunction {
    // Version 2 added version.
    static constexpr MessageInfo info{.kind = Kind::delete_function, .version = 2};
    static constexpr std::string_view method = "queue.delete_function";
    using Reply = Empty;

    std::string name;
    std::string version = {};  // One version only; `conflict` while an alias names it.

    ONPUT_FIELDS(name, version)
    friend bool operator==(const DeleteFunction&, const DeleteFunction&) = default;
};

}  // namespace onput::schema
