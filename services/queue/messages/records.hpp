// Rows of the queue service: their keys and values. All live in one partition, because a message
// that is dead-lettered leaves one queue and enters another in one commit.
//
//     c                                        CountersRecord   ids never to be given again
//     q <account> / <name>                     QueueRecord
//     f <account> / <name>                     FunctionRecord   of a version: <name>:<version>
//     m <queue> <message> <sent at>            MessageRecord    written once; of a large job,
//                                                               and of a part, the key goes on
//                                                               with one more byte
//     l <queue> <message>                      LeaseRecord      absent: visible, never received
//     d <source> \0 <destination arn>          DeliveryMarkRecord
//     j <sequence>                             JobRecord        the job log
//     t <queue> <task>                         MoveTaskRecord   running, and the newest ended
//     p <account> / <region> / <name>          LexiconInfo      of speech
//     s <account> / <region> / t <id>          SpeechTask
//     s <account> / <region> / c <time> <id>   empty            tasks by their creation
//     g <id>                                   EventSourceMapping
//     v <account> / <name> / <version>         LayerVersion     version 0: LayerRecord
//     x <queue> <message>                      Failure          why a job's last attempt failed
//     b <queue> s <job>                        SplitStateRecord a job that goes on as parts
//     b <queue> j <job>                        SplitJobRecord   what it was
//     b <queue> p <job> <part>                 text             a part's task
//     b <queue> r <job> <part>                 text             its result
//     a                                        service::AgeRecord  by what messages are deleted
//     o                                        OutboxRecord     which outbox this is, and its state
//     e <number>                               TopicMessage     the outbox: ends of jobs
//
// Numbers in keys are big-endian, so rows are in the order of their numbers. A message's key ends
// in its time of sending and its size: a restart learns all it needs of a waiting message from the
// key alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/outbox/rows.hpp"
#include "common/schema/event_source.hpp"
#include "common/schema/function.hpp"
#include "common/schema/function_access.hpp"
#include "common/schema/function_layer.hpp"
#include "common/schema/function_url.hpp"
#include "common/schema/queue.hpp"
#include "common/store/store.hpp"
#include "services/queue/messages/ids.hpp"
#include "services/queue/messages/message_index.hpp"

namespace onput::queue {

inline constexpr std::string_view partition = "queue";

// Ids up to these may have been given. They are reserved in blocks, so that few sends write it.
struct CountersRecord {
    // Version 2 added receipt_key.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::queue_counters_record,
                                              .version = 2};

    std::uint32_t queues = 0;
    std::uint64_t messages = 0;
    std::uint64_t leases = 0;
    std::string receipt_key;  // Signs receipt handles.

    ONPUT_FIELDS(queues, messages, leases, receipt_key)
    friend bool operator==(const CountersRecord&, const CountersRecord&) = default;
};

struct QueueRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::queue_record};

    std::uint32_t number = 0;
    std::string account;
    std::string name;
    Timestamp created_at;
    Timestamp modified_at;
    std::map<std::string, std::string> attributes;  // Those that were set, as they were set.
    std::map<std::string, std::string> tags;
    std::uint64_t purged_through = 0;  // Messages up to this number are gone, rows or not.
    Timestamp purged_at;

    ONPUT_FIELDS(number, account, name, created_at, modified_at, attributes, tags, purged_through,
                 purged_at)
    friend bool operator==(const QueueRecord&, const QueueRecord&) = default;
};

struct FunctionRecord {
    // Version 4 added what follows dead_lettered, version 5 what FunctionInfo
    // has since its own, version 6 urls, and events of aliases.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::function_record, .version = 6};

    std::uint32_t number = 0;
    schema::FunctionInfo function;
    // Ever. With each job that fails for good only the row of failures_key is written, which is
    // such a record with its number and this; the larger one of the two holds.
    std::uint64_t dead_lettered = 0;
    // Of a function, not of its versions, which have rows of their own.
    std::uint64_t last_version = 0;  // Ever published.
    std::map<std::string, schema::FunctionAlias> aliases = {};
    std::map<std::string, schema::FunctionPolicy> policies = {};  // By qualifier; "": $LATEST.
    std::map<std::string, schema::FunctionUrl> urls = {};         // Likewise.

    ONPUT_FIELDS(number, function, dead_lettered, last_version, aliases, policies, urls)
    friend bool operator==(const FunctionRecord&, const FunctionRecord&) = default;
};

// Of a function's row, far below what the store takes as one batch.
inline constexpr std::size_t function_record_bytes_max = 1024 * 1024;

// Whether the row may become `changed`: one that is too large already may still shrink.
// resource_exhausted, reason OverLimit.
Result<void> check_room(const FunctionRecord& changed, const FunctionRecord& existing);

// The last number of a layer's versions, which stays when they are gone.
struct LayerRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::layer_record};

    std::uint64_t last_version = 0;

    ONPUT_FIELDS(last_version)
    friend bool operator==(const LayerRecord&, const LayerRecord&) = default;
};

// Why an attempt failed. The one that a worker sent last stays with its job as a row, so that it
// can be named when the job ends by a lease that ran out or by the death of a worker.
struct Failure {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::job_failure_record};

    std::string code = {};
    std::string message = {};
    std::string disposition = {};  // What became of the input; empty: nothing was done with it.
    std::string response = {};     // Of the handler's last attempt, for its destination: not kept.

    ONPUT_FIELDS(code, message, disposition)
    friend bool operator==(const Failure&, const Failure&) = default;
};

// A message that a batch holds a lease of.
struct BatchItem {
    std::uint64_t message = 0;
    std::uint64_t lease = 0;
    std::string id = {};  // The message's.

    ONPUT_FIELDS(message, lease, id)
    friend bool operator==(const BatchItem&, const BatchItem&) = default;
};

struct MessageRecord {
    // Version 2 added dead_lettered_at and attempts, version 3 what follows them, version 4
    // batch_queue, batch and reports_failures, version 5 alias.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::message_record, .version = 5};

    std::string message_id;
    std::string body;
    std::map<std::string, schema::MessageAttribute> attributes;
    std::string sender_id;
    std::string trace_header;
    std::string group_id;
    std::string event_id;        // Of a delivered event.
    schema::TraceContext trace;  // For the requests of whoever works on it.
    std::string dead_letter_source_arn;
    bool is_logged = false;      // Its steps go to the job log.
    Timestamp dead_lettered_at;  // Of a dead letter, as are the attempts before.
    std::uint32_t attempts = 0;
    // Of a part of a split job, or its join: the number that the job's message had; 0: neither.
    std::uint64_t split_job = 0;
    std::uint32_t part = 0;  // From 1; 0: the join.
    Failure part_failure{};  // Of a join: why there is nothing to join; no code: there is.

    // Of a function's job that is a batch of another queue's messages (batches.cpp).
    std::uint32_t batch_queue = 0;  // The number of that queue; 0: it is none.
    std::vector<BatchItem> batch = {};
    bool reports_failures = false;  // The handler's answer names those that failed.
    std::string alias = {};         // Of the function, by which it was invoked; empty: by none.

    [[nodiscard]] bool is_part() const { return part != 0; }
    [[nodiscard]] bool is_batch() const { return batch_queue != 0; }

    ONPUT_FIELDS(message_id, body, attributes, sender_id, trace_header, group_id, event_id, trace,
                 dead_letter_source_arn, is_logged, dead_lettered_at, attempts, split_job, part,
                 part_failure, batch_queue, batch, reports_failures, alias)
    friend bool operator==(const MessageRecord&, const MessageRecord&) = default;
};

// How a message stands that is delayed, in flight, or has been received before. `visible_at` and
// `leased_at` are kept less AgeClock::set_by, so that a restart finds them where they were moved to
// when the wall clock was set.
struct LeaseRecord {
    // Version 2 added receives_before.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::lease_record, .version = 2};

    Timestamp visible_at;
    std::uint32_t receive_count = 0;
    Timestamp first_received_at;
    std::uint64_t lease = 0;  // 0: handed to nobody.
    std::string worker;       // Of a lease over a lane: the worker's id and epoch.
    std::uint64_t epoch = 0;
    bool is_logged = false;
    Timestamp leased_at;
    std::uint32_t losses = 0;           // Attempts that ended with the death of their worker.
    bool has_failure = false;           // There is a Failure beside it.
    std::uint32_t receives_before = 0;  // Of receive_count: in queues it was in before this one.

    ONPUT_FIELDS(visible_at, receive_count, first_received_at, lease, worker, epoch, is_logged,
                 leased_at, losses, has_failure, receives_before)
    friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

// A job that goes on as parts: written once, when it is split.
struct SplitJobRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::split_job_record};

    MessageRecord job = {};
    std::string plan = {};  // For the worker that joins.

    ONPUT_FIELDS(job, plan)
    friend bool operator==(const SplitJobRecord&, const SplitJobRecord&) = default;
};

// A part that has become a message.
struct QueuedPart {
    std::uint32_t part = 0;
    std::uint64_t message = 0;

    ONPUT_FIELDS(part, message)
    friend bool operator==(const QueuedPart&, const QueuedPart&) = default;
};

// How far it has come; written again with each part that ends.
struct SplitStateRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::split_state_record};

    std::uint64_t job = 0;  // The number that its message had.
    std::uint32_t parts = 0;
    std::uint32_t done = 0;
    std::uint32_t queued_through = 0;     // Parts up to this are or were messages.
    std::vector<QueuedPart> queued = {};  // Messages now.
    std::uint64_t join = 0;               // The join's message; 0: not yet.

    ONPUT_FIELDS(job, parts, done, queued_through, queued, join)
    friend bool operator==(const SplitStateRecord&, const SplitStateRecord&) = default;
};

enum class MoveTaskState : std::uint8_t { running, completed, cancelled, failed };

// A message move task. What it has moved is committed with each portion.
struct MoveTaskRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::move_task_record};

    std::string id = {};
    std::string source_arn = {};
    std::string destination_arn = {};  // Empty: each message goes back to where it came from.
    std::optional<std::uint32_t> rate = {};
    std::string bucket = {};  // Only messages about this object; both empty: all.
    std::string key = {};
    Timestamp started_at = {};
    // The newest message when it started: one that is dead-lettered again meanwhile stays.
    std::uint64_t through = 0;
    std::uint64_t moved = 0;
    std::uint64_t to_move = 0;
    MoveTaskState state = MoveTaskState::running;
    std::string failure_reason = {};  // Of the first message that could not be moved.

    ONPUT_FIELDS(id, source_arn, destination_arn, rate, bucket, key, started_at, through, moved,
                 to_move, state, failure_reason)
    friend bool operator==(const MoveTaskRecord&, const MoveTaskRecord&) = default;
};

// Which outbox this is, and how far it got.
struct OutboxRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::outbox_record};

    std::string source = {};            // Made once; names this outbox to the notifier for ever.
    std::uint64_t relayed_through = 0;  // Rows up to here were handed over and are gone.

    ONPUT_FIELDS(source, relayed_through)
    friend bool operator==(const OutboxRecord&, const OutboxRecord&) = default;
};

// What this destination has taken from this source: deliveries up to `through` are not taken again.
struct DeliveryMarkRecord {
    // Version 3 added taken_at.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::delivery_mark_record,
                                              .version = 3};

    std::uint64_t through = 0;
    // What the newest delivery refused for good: said again when its answer was lost and it is
    // repeated.
    std::vector<schema::EntryResult> refused = {};
    Timestamp taken_at = {};

    ONPUT_FIELDS(through, refused, taken_at)
    friend bool operator==(const DeliveryMarkRecord&, const DeliveryMarkRecord&) = default;
};

struct JobRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::job_record};

    std::string trace_id;
    Timestamp time;
    std::string what;
    std::string subject;
    std::string event_id;
    std::string detail;

    ONPUT_FIELDS(trace_id, time, what, subject, event_id, detail)
    friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

std::string counters_key();
std::string age_key();
std::string outbox_key();
std::string queue_key(std::string_view account, std::string_view name);
std::string function_key(std::string_view account, std::string_view name);
std::string failures_key(QueueNumber function);
std::string event_source_key(std::string_view id);
std::string lexicon_key(std::string_view account, std::string_view region, std::string_view name);
// `version` 0: of the LayerRecord.
std::string layer_key(std::string_view account, std::string_view name, std::uint64_t version);
bool is_layer_record(std::string_view key);
std::string delivery_mark_key(std::string_view source, std::string_view destination_arn);
std::string job_key(std::uint64_t sequence);
std::string lease_key(QueueNumber queue, MessageNumber message);
std::string failure_key(QueueNumber queue, MessageNumber message);

// Rows of a job that was split, by the number that its message had.
std::string split_state_key(QueueNumber queue, std::uint64_t job);
std::string split_job_key(QueueNumber queue, std::uint64_t job);
std::string part_task_key(QueueNumber queue, std::uint64_t job, std::uint32_t part);
std::string part_result_key(QueueNumber queue, std::uint64_t job, std::uint32_t part);

// What the key of a message says.
struct MessageKey {
    QueueNumber queue;
    MessageNumber message;
    Timestamp sent_at;
    JobSize size = JobSize::small;

    friend bool operator==(const MessageKey&, const MessageKey&) = default;
};
std::string message_key(const MessageKey& key);
std::optional<MessageKey> parse_message_key(std::string_view key);
std::optional<MessageNumber> parse_lease_key(std::string_view key);
std::optional<std::uint64_t> parse_job_key(std::string_view key);

struct MoveTaskKey {
    QueueNumber queue;       // The source.
    std::uint64_t task = 0;  // Counted per queue.

    friend auto operator<=>(const MoveTaskKey&, const MoveTaskKey&) = default;
};
std::string move_task_key(const MoveTaskKey& key);
std::optional<MoveTaskKey> parse_move_task_key(std::string_view key);

outbox::Rows outbox_rows();
// All rows of one table, or those of one queue in it from a message on.
store::Range queue_rows();
store::Range function_rows();
store::Range event_source_rows();
// `region` is part of a name: a task's key ends in the text of its id, an index key in its time, in
// hexadecimal digits, and its id.
std::string speech_task_key(std::string_view account, std::string_view region, std::string_view id);
std::string speech_task_index_key(std::string_view account, std::string_view region,
                                  Timestamp created_at, std::string_view id);
store::Range speech_task_index_rows(std::string_view account, std::string_view region);
store::Range speech_task_rows();  // And index rows, of all accounts.
// What an index key ends in. Nothing: it is no key of an index.
struct SpeechTaskIndexEnd {
    std::string_view time_and_id;
    std::string_view id;
};
std::optional<SpeechTaskIndexEnd> speech_task_index_end(std::string_view key);
store::Range lexicon_rows(std::string_view account, std::string_view region);
// Of an account, by name and number; of one layer. LayerRecords are among them.
store::Range layer_rows(std::string_view account);
store::Range layer_version_rows(std::string_view account, std::string_view name);
store::Range delivery_mark_rows();
store::Range job_rows();
store::Range move_task_rows();
store::Range message_rows(QueueNumber queue, MessageNumber from);
store::Range lease_rows(QueueNumber queue);
// Of every job of a queue that was split; only their states; results of one.
store::Range split_rows(QueueNumber queue);
store::Range split_state_rows(QueueNumber queue);
store::Range part_result_rows(QueueNumber queue, std::uint64_t job);
// Message rows of every queue from this number on.
store::Range message_rows_from(QueueNumber queue);

}  // namespace onput::queue
