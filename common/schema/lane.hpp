// Lanes: PUSH/PULL with credit and leases between the queue service and its workers. The queue
// binds one PULL for control; each worker binds a PULL for grants, and the queue connects one PUSH
// to it.
//
//     worker --LaneHello----------------------> queue   at once, then each lane_heartbeat
//     worker --LaneCredit---------------------> queue   "send me n more"
//     worker <--LaneGrants--------------------- queue   never more than the credit, and one small
//                                                       job beside large ones; each lease is
//                                                       durable before it is sent
//     worker --LaneAck, LaneNack, LaneExtend--> queue   by lease id; stale ones are ignored
//     worker --LaneSplit----------------------> queue   the job goes on as parts
//     worker --LaneBye------------------------> queue   gives unstarted leases back, uncounted
//
// A job that is too much for one worker is split by the worker that has it. Its parts are jobs of
// the same function, with its body and a task each; when all are done, or one has failed for good,
// the join is one more, and its end is the end of the whole job:
//
//     job ──LaneSplit──> part, part, part ──acks──> join ──ack, nack──> end
//
// A worker silent for 3 heartbeats is dead: its leases are visible again at once. A restarted queue
// learns its workers, their credit and the leases they hold from their next hello. A worker that
// sees a new `epoch` of its own starts with nothing.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/function.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::chrono::milliseconds lane_heartbeat{1000};
inline constexpr int lane_silent_heartbeats = 3;
inline constexpr std::uint32_t lane_credit_max = 4096;
inline constexpr std::size_t lane_grants_max = 256;  // In one LaneGrants.
inline constexpr std::size_t job_parts_max = 2000;   // Of one job.
inline constexpr std::size_t part_task_bytes_max = 3 * 1024;
inline constexpr std::size_t part_result_bytes_max = 1024;
inline constexpr std::size_t split_plan_bytes_max = 512UL * 1024;
inline constexpr std::size_t job_response_bytes_max = 256UL * 1024;  // Of a handler, with its end.

struct LaneHello {
    // Version 2 added places, version 3 where it takes calls.
    static constexpr MessageInfo info{.kind = Kind::lane_hello, .version = 3};

    std::string worker_id;    // Unique per process: "tts-<host>-<pid>-<random>".
    std::uint64_t epoch = 0;  // New at each start of the same worker_id.
    std::string endpoint;     // Where the worker's PULL is bound.
    std::string worker;  // Its kind: it takes jobs of functions with this `worker`. Empty: none.
    std::vector<std::string> queues;  // Names of plain queues it consumes, of `account`.
    std::string account;
    std::uint32_t credit = 0;  // Free places now: what it can take beyond the leases that it holds.
    std::vector<std::uint64_t> leases;  // Held now. A lease the queue thinks it holds and that is
                                        // not here was lost on the way.
    // Grants received so far: a lost grant differs by it from one still on its way.
    std::uint64_t grants_received = 0;
    // Jobs at a time. When large ones have all places, one small one may come beside them. 0: it
    // takes nothing beyond its credit.
    std::uint32_t places = 0;
    // Where it takes calls (call.hpp), and how many at a time. Empty: it takes none.
    std::string call_endpoint = {};
    std::uint32_t call_places = 0;

    ONPUT_FIELDS(worker_id, epoch, endpoint, worker, queues, account, credit, leases,
                 grants_received, places, call_endpoint, call_places)
    friend bool operator==(const LaneHello&, const LaneHello&) = default;
};

struct LaneCredit {
    static constexpr MessageInfo info{.kind = Kind::lane_credit};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::uint32_t credit = 0;  // Added to what is left.

    ONPUT_FIELDS(worker_id, epoch, credit)
    friend bool operator==(const LaneCredit&, const LaneCredit&) = default;
};

// One object that a job made.
struct JobOutput {
    std::string name = {};  // Of the derivative: "thumbnail"; "speech", "metadata".
    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::string etag = {};  // Without quotes.
    std::string content_type = {};
    std::uint64_t size_bytes = 0;
    std::uint32_t width = 0;  // Pixels; 0 for what is no picture.
    std::uint32_t height = 0;
    std::uint32_t pages = 0;
    std::uint64_t duration_ms = 0;  // Of sound; 0 for what has none.

    ONPUT_FIELDS(name, bucket, key, version_id, etag, content_type, size_bytes, width, height,
                 pages, duration_ms)
    friend bool operator==(const JobOutput&, const JobOutput&) = default;
};

// What a job was asked for and left out, because it cannot be made.
struct JobOmission {
    std::string name = {};    // Of the derivative.
    std::string reason = {};  // "bad_recipe".
    std::string message = {};

    ONPUT_FIELDS(name, reason, message)
    friend bool operator==(const JobOmission&, const JobOmission&) = default;
};

// What a job made, for the job log (shown by `onput trace`) and for the message about its success.
struct JobOutcome {
    std::string summary;  // In words: "s3://outbox/book.mp3 48 kB, 12.3 s of speech, voice vi".
    std::vector<JobOutput> outputs = {};
    std::vector<JobOmission> omitted = {};
    std::string part_result = {};  // Of a part: what the join is told of it.
    // Of a handler: what it answered, for destinations and batches. Empty: nothing, or more than
    // job_response_bytes_max.
    std::string response = {};

    ONPUT_FIELDS(summary, outputs, omitted, part_result, response)
    friend bool operator==(const JobOutcome&, const JobOutcome&) = default;
};

// These leases are done; their messages go. Each ack frees one credit by itself.
struct LaneAck {
    // Version 3 added omitted to outcomes, version 4 part_result, version 5 response.
    static constexpr MessageInfo info{.kind = Kind::lane_ack, .version = 5};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t> leases;
    std::vector<JobOutcome> outcomes;  // Empty, or one per lease.

    ONPUT_FIELDS(worker_id, epoch, leases, outcomes)
    friend bool operator==(const LaneAck&, const LaneAck&) = default;
};

// This attempt failed. Frees one credit.
struct LaneNack {
    // Version 2 added disposition, version 3 is_settled, version 4 response.
    static constexpr MessageInfo info{.kind = Kind::lane_nack, .version = 4};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::uint64_t lease = 0;
    bool is_counted = true;     // False: the job was not to blame; the attempt does not count.
    bool is_permanent = false;  // True: retrying cannot help: dead-letter now.
    std::string error_code;     // "text.undecodable", "job.crashed".
    std::string error_message;
    // What became of the input by the function's policy: "kept", "deleted", "quarantined to
    // s3://b/k"; empty: nothing was done with it.
    std::string disposition = {};
    // The input was refused and dealt with as the disposition says: the end of the job, without a
    // dead letter, since there is nothing left to try again.
    bool is_settled = false;
    std::string response = {};  // Of a handler that failed: its error, as JobOutcome::response.

    ONPUT_FIELDS(worker_id, epoch, lease, is_counted, is_permanent, error_code, error_message,
                 disposition, is_settled, response)
    friend bool operator==(const LaneNack&, const LaneNack&) = default;
};

// The job of this lease goes on as parts, and ends with a join. Frees one credit. Parts cannot be
// split again. Refused, as the failure `job.bad_split` of the job: no parts or more than
// job_parts_max, a task above part_task_bytes_max, a plan above split_plan_bytes_max.
struct LaneSplit {
    static constexpr MessageInfo info{.kind = Kind::lane_split};

    std::string worker_id = {};
    std::uint64_t epoch = 0;
    std::uint64_t lease = 0;
    std::string plan = {};                // For the join, as it is.
    std::vector<std::string> tasks = {};  // One a part, in their order.

    ONPUT_FIELDS(worker_id, epoch, lease, plan, tasks)
    friend bool operator==(const LaneSplit&, const LaneSplit&) = default;
};

// Keeps leases from expiring: visible again `visibility_ms` from now.
struct LaneExtend {
    static constexpr MessageInfo info{.kind = Kind::lane_extend};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t> leases;
    std::uint32_t visibility_ms = 0;

    ONPUT_FIELDS(worker_id, epoch, leases, visibility_ms)
    friend bool operator==(const LaneExtend&, const LaneExtend&) = default;
};

struct LaneBye {
    // Version 2 added running and names_running.
    static constexpr MessageInfo info{.kind = Kind::lane_bye, .version = 2};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t>
        unstarted;  // Leases given back uncounted; the others are still being finished.
    // With names_running: those that it still finishes. Whatever else it holds was granted while it
    // was leaving, and is never begun.
    std::vector<std::uint64_t> running = {};
    bool names_running = false;

    ONPUT_FIELDS(worker_id, epoch, unstarted, running, names_running)
    friend bool operator==(const LaneBye&, const LaneBye&) = default;
};

// Which part of a job a grant is.
struct JobPart {
    std::uint32_t number = 0;  // From 1.
    std::uint32_t count = 0;
    std::string task = {};

    ONPUT_FIELDS(number, count, task)
    friend bool operator==(const JobPart&, const JobPart&) = default;
};

// The last step of a job that was split. With a failure there is nothing to join: the worker puts
// away what the parts have left, and fails the job with it.
struct JobJoin {
    std::string plan = {};
    std::vector<std::string> results = {};  // One a part, in their order; empty with a failure.
    std::string failure_code = {};
    std::string failure_message = {};

    ONPUT_FIELDS(plan, results, failure_code, failure_message)
    friend bool operator==(const JobJoin&, const JobJoin&) = default;
};

struct LaneGrant {
    std::uint64_t lease = 0;
    std::string queue;  // Queue or function name.
    std::string message_id;
    std::string event_id;  // Of a delivered event; empty for a plain message.
    std::uint32_t attempt = 1;
    Timestamp visible_at;  // The lease ends then unless extended.
    TraceContext trace;    // For the worker's own requests: cause and depth are set.
    std::string body;
    std::optional<JobPart> part = {};  // Neither: a whole job.
    std::optional<JobJoin> join = {};
    std::string trace_header = {};  // X-Amzn-Trace-Id of what caused it; empty: none.

    ONPUT_FIELDS(lease, queue, message_id, event_id, attempt, visible_at, trace, body, part, join,
                 trace_header)
    friend bool operator==(const LaneGrant&, const LaneGrant&) = default;
};

// Grants of one function (or of plain queues: then worker is empty), in one message.
struct LaneGrants {
    // Version 3 added part and join to grants, arn and handler, version 4 version, version 5 layers
    // to handler and trace_header to grants.
    static constexpr MessageInfo info{.kind = Kind::lane_grants, .version = 5};

    std::string worker_id;
    std::uint64_t epoch = 0;
    std::string function;  // Name; empty for plain queues.
    std::string account;
    std::uint32_t timeout_s = 0;
    std::map<std::string, std::string> environment;  // The function's, as it is now.
    std::vector<LaneGrant> grants;
    std::string configuration = {};  // The function's, as it is now.
    std::string arn = {};            // The function's.
    FunctionHandler handler = {};    // The function's, as it is now.
    std::string version = {};        // Of the function: "1"; empty: $LATEST.

    ONPUT_FIELDS(worker_id, epoch, function, account, timeout_s, environment, grants, configuration,
                 arn, handler, version)
    friend bool operator==(const LaneGrants&, const LaneGrants&) = default;
};

}  // namespace onput::schema
