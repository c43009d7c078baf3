// What outboxes hold, the journal keeps, the bus publishes and destinations are owed: the event of
// an object, a message to a topic, the failure of a job; and what the notifier adds itself, an
// attempt to deliver a message.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// A notification rule that matched, and whom it makes the event owed to.
struct OwedDestination {
    std::string arn;  // arn:aws:sqs:..., arn:aws:lambda:... or arn:aws:sns:...
    std::string
        rule_id;  // The rule's Id in the bucket's configuration: `configurationId` of the record.
    // Why nothing is sent although the rule matched (the loop guard's words); empty: it is owed.
    std::string withheld;

    ONPUT_FIELDS(arn, rule_id, withheld)
    friend bool operator==(const OwedDestination&, const OwedDestination&) = default;
};

// What an event of replication says beside the object.
struct ReplicationEvent {
    std::string rule_id = {};
    std::string destination_bucket = {};  // ARN.
    std::string operation = {};           // "OBJECT_PUT"
    Timestamp requested_at = {};
    std::string failure_reason = {};                  // Of a failure.
    std::optional<std::uint64_t> threshold_ms = {};   // That was missed,
    std::optional<std::uint64_t> replicated_ms = {};  // and how long it took at last.

    ONPUT_FIELDS(rule_id, destination_bucket, operation, requested_at, failure_reason, threshold_ms,
                 replicated_ms)
    friend bool operator==(const ReplicationEvent&, const ReplicationEvent&) = default;
};

// One change of one object. Written in the same commit as the change itself.
struct ObjectEvent {
    // Version 2 added trace_header, version 3 what follows it, version 4 replication and what
    // follows it.
    static constexpr MessageInfo info{.kind = Kind::object_event, .version = 4};

    std::string event_id;    // 32 hex digits; the same on every delivery, retry and replay.
    std::string event_name;  // "ObjectCreated:Put", "ObjectRemoved:Delete": as in the record,
                             // without "s3:".
    Timestamp time;
    std::string region;
    std::string bucket;
    std::string bucket_owner;  // Account id.
    std::string key;           // Raw bytes, UTF-8, not URL-encoded.
    std::uint64_t size_bytes = 0;
    std::string etag;        // Without quotes.
    std::string version_id;  // Empty unless versioning is enabled.
    std::string sequencer;   // Upper-case hex; strictly grows per key.
    std::string request_id;  // x-amz-request-id of the request that caused it.
    std::string host_id;     // x-amz-id-2.
    std::string source_ip;
    std::string principal_id;  // Account or access key that caused it.
    TraceContext trace;        // depth and cause of this event itself.
    std::vector<OwedDestination> owed;
    std::string content_type;
    std::string trace_header = {};  // X-Amzn-Trace-Id of the request that caused it.
    // Of a transition the class that it went to, of a restore the one that it has.
    std::string storage_class = {};
    std::optional<Timestamp> restored_until = {};  // Of a restored copy.
    std::optional<ReplicationEvent> replication = {};
    // Of the commit, where that of the object is an older one: a replica has its original's.
    std::uint64_t commit_sequencer = 0;

    ONPUT_FIELDS(event_id, event_name, time, region, bucket, bucket_owner, key, size_bytes, etag,
                 version_id, sequencer, request_id, host_id, source_ip, principal_id, trace, owed,
                 content_type, trace_header, storage_class, restored_until, replication,
                 commit_sequencer)
    friend bool operator==(const ObjectEvent&, const ObjectEvent&) = default;
};

// An attribute of a message to a topic, as Publish has it.
struct TopicAttribute {
    std::string name = {};
    std::string type = {};   // "String", "String.Array", "Number" or "Binary".
    std::string value = {};  // Text, or the bytes of a Binary.

    ONPUT_FIELDS(name, type, value)
    friend bool operator==(const TopicAttribute&, const TopicAttribute&) = default;
};

enum class TopicMessageType : std::uint8_t {
    notification = 1,
    subscription_confirmation = 2,  // Owed to one subscription, which is pending.
    unsubscribe_confirmation = 3,   // Owed to one subscription, which is being removed.
};

// A message to a topic. In an outbox and in a request `owed` is empty; the notifier fills it in
// with the subscriptions that are confirmed and whose filters accept it, in the commit that
// journals it.
struct TopicMessage {
    // Version 2 added trace_header, version 3 replay_name.
    static constexpr MessageInfo info{.kind = Kind::topic_message, .version = 3};

    std::string event_id = {};    // 32 hex digits; the same on every delivery and retry.
    std::string message_id = {};  // A UUID: what the publisher and every subscriber see.
    TopicMessageType type = TopicMessageType::notification;
    std::string topic_arn = {};
    std::string subject = {};  // Empty: none.
    std::string message = {};  // With is_structured: JSON, protocol to text, with "default".
    bool is_structured = false;
    std::vector<TopicAttribute> attributes = {};
    Timestamp time = {};
    // Who publishes: an account, or a service that acts on behalf of a resource.
    std::string account = {};
    std::string service = {};     // "s3.amazonaws.com", "lambda.amazonaws.com"; empty: an account.
    std::string source_arn = {};  // The bucket's or function's.
    std::string source_account = {};
    TraceContext trace = {};               // cause_event_id: the event it is about.
    std::vector<std::uint64_t> owed = {};  // Numbers of subscriptions, rising.
    std::string trace_header = {};         // X-Amzn-Trace-Id of the request that caused it.
    std::string replay_name = {};          // Of the replay that sends it again; empty: none.

    ONPUT_FIELDS(event_id, message_id, type, topic_arn, subject, message, is_structured, attributes,
                 time, account, service, source_arn, source_account, trace, owed, trace_header,
                 replay_name)
    friend bool operator==(const TopicMessage&, const TopicMessage&) = default;
};

// One attempt to deliver a message to an endpoint outside: webhook, mail, SMS. For the tail and the
// trace; nothing is owed by it.
struct DeliveryAttempt {
    // Version 2 added rule_arn and what follows it, version 3 account.
    static constexpr MessageInfo info{.kind = Kind::delivery_attempt, .version = 3};

    std::string event_id = {};  // Of the message.
    std::string message_id = {};
    std::string topic_arn = {};
    std::string subscription_arn = {};
    std::string protocol = {};  // "https", "email", ...
    std::string endpoint = {};  // Without a URL's user, password and query.
    std::uint32_t attempt = 1;
    bool succeeded = false;
    std::int32_t status_code = 0;  // HTTP's or SMTP's; 0: there was no answer.
    std::uint64_t latency_us = 0;
    std::string error = {};                         // Empty when it succeeded.
    std::optional<Timestamp> next_attempt_at = {};  // Nothing: this was the last.
    std::string
        dead_letter_arn;  // The last one failed, and the message goes there; empty: nowhere.
    TraceContext trace = {};
    std::uint64_t message_sequence = 0;  // Of the message in the journal; 0: it is not in it.
    // Of an event that a rule's target did not get: subscription_arn names the target.
    std::string rule_arn = {};
    std::string error_code = {};           // EventBridge's: "NO_PERMISSIONS".
    std::string exhausted_condition = {};  // "MaximumRetryAttempts"; empty: it was refused.
    // Of the bucket whose event a queue or function did not get; empty: the topic's or rule's.
    std::string account = {};

    ONPUT_FIELDS(event_id, message_id, topic_arn, subscription_arn, protocol, endpoint, attempt,
                 succeeded, status_code, latency_us, error, next_attempt_at, dead_letter_arn, trace,
                 message_sequence, rule_arn, error_code, exhausted_condition, account)
    friend bool operator==(const DeliveryAttempt&, const DeliveryAttempt&) = default;
};

// A function's job that failed for good. Written in the commit that ends the job. For the tail and
// the log; nothing is owed by it.
struct JobFailed {
    static constexpr MessageInfo info{.kind = Kind::job_failed};

    std::string event_id = {};    // 32 hex digits; of this event itself.
    std::string message_id = {};  // Of the job.
    Timestamp time = {};
    std::string function = {};
    std::string function_arn = {};
    // The object that the job is about; empty: its message is no S3 record.
    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::uint32_t attempts = 0;  // Begun, those lost with their worker included.
    std::string code = {};
    std::string reason = {};
    std::string disposition = {};  // What became of the object; empty: nothing was done with it.
    std::string dead_letter_arn = {};  // Where the job's message went; empty: nowhere.
    TraceContext trace = {};           // Of the job; cause_event_id: the object's event.

    ONPUT_FIELDS(event_id, message_id, time, function, function_arn, bucket, key, version_id,
                 attempts, code, reason, disposition, dead_letter_arn, trace)
    friend bool operator==(const JobFailed&, const JobFailed&) = default;
};

// How far a job has come that goes on as parts. Written in the commit that ends a part, of some of
// them only: job_progress_events_max in all, the last one when all parts are done. For the tail;
// nothing is owed by it.
inline constexpr std::uint32_t job_progress_events_max = 20;  // Of one job.

struct JobProgress {
    static constexpr MessageInfo info{.kind = Kind::job_progress};

    std::string event_id = {};    // 32 hex digits; of this event itself.
    std::string message_id = {};  // Of the job.
    Timestamp time = {};
    std::string function = {};
    std::string function_arn = {};
    // The object that the job is about; empty: its message is no S3 record.
    std::string bucket = {};
    std::string key = {};
    std::string version_id = {};
    std::uint32_t parts_done = 0;
    std::uint32_t parts = 0;
    TraceContext trace = {};  // Of the job; cause_event_id: the object's event.

    ONPUT_FIELDS(event_id, message_id, time, function, function_arn, bucket, key, version_id,
                 parts_done, parts, trace)
    friend bool operator==(const JobProgress&, const JobProgress&) = default;
};

}  // namespace onput::schema
