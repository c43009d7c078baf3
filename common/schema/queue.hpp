// Requests to the queue service: SQS's operations, and the notifier's deliveries. The gateway turns
// protocols into these and computes the MD5 digests of bodies and attributes itself.
//
// Reasons, as SQS names its errors in JSON: QueueDoesNotExist, QueueNameExists,
// QueueDeletedRecently, InvalidParameterValue, InvalidAttributeName, InvalidAttributeValue,
// InvalidMessageContents, OverLimit, ReceiptHandleIsInvalid, MessageNotInflight,
// PurgeQueueInProgress, AccessDenied, UnsupportedOperation; functions: ResourceNotFound,
// FunctionNotEmpty.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t message_body_bytes_max = 1'048'576;  // SQS since August 2025.
inline constexpr std::size_t queue_name_bytes_max = 80;
inline constexpr std::uint32_t receive_messages_max = 10;
inline constexpr std::uint32_t receive_wait_ms_max = 20'000;
inline constexpr std::size_t message_attributes_max = 10;

struct QueueInfo {
    static constexpr MessageInfo info{.kind = Kind::queue_info};

    std::string account;
    std::string name;
    std::string arn;
    std::map<std::string, std::string>
        attributes;  // Every attribute that GetQueueAttributes can show, as text.

    ONPUT_FIELDS(account, name, arn, attributes)
    friend bool operator==(const QueueInfo&, const QueueInfo&) = default;
};

struct CreateQueue {
    static constexpr MessageInfo info{.kind = Kind::create_queue};
    static constexpr std::string_view method = "queue.create";
    using Reply = QueueInfo;

    std::string name;
    std::map<std::string, std::string> attributes;
    std::map<std::string, std::string> tags;

    ONPUT_FIELDS(name, attributes, tags)
    friend bool operator==(const CreateQueue&, const CreateQueue&) = default;
};

struct DeleteQueue {
    static constexpr MessageInfo info{.kind = Kind::delete_queue};
    static constexpr std::string_view method = "queue.delete";
    using Reply = Empty;

    std::string account;  // Empty: the principal's. The same in every message below.
    std::string name;

    ONPUT_FIELDS(account, name)
    friend bool operator==(const DeleteQueue&, const DeleteQueue&) = default;
};

struct QueueList {
    static constexpr MessageInfo info{.kind = Kind::queue_list};

    std::vector<QueueInfo> queues;  // By name; attributes left empty.
    std::string next_after;         // Not empty: there are more after this name.

    ONPUT_FIELDS(queues, next_after)
    friend bool operator==(const QueueList&, const QueueList&) = default;
};

struct ListQueues {
    static constexpr MessageInfo info{.kind = Kind::list_queues};
    static constexpr std::string_view method = "queue.list";
    using Reply = QueueList;

    std::string name_prefix;
    std::string after;
    std::uint32_t queues_max = 1000;

    ONPUT_FIELDS(name_prefix, after, queues_max)
    friend bool operator==(const ListQueues&, const ListQueues&) = default;
};

struct DescribeQueue {
    static constexpr MessageInfo info{.kind = Kind::describe_queue};
    static constexpr std::string_view method = "queue.describe";
    using Reply = QueueInfo;

    std::string account;
    std::string name;

    ONPUT_FIELDS(account, name)
    friend bool operator==(const DescribeQueue&, const DescribeQueue&) = default;
};

struct SetQueueAttributes {
    static constexpr MessageInfo info{.kind = Kind::set_queue_attributes};
    static constexpr std::string_view method = "queue.set_attributes";
    using Reply = Empty;

    std::string account;
    std::string name;
    std::map<std::string, std::string> attributes;

    ONPUT_FIELDS(account, name, attributes)
    friend bool operator==(const SetQueueAttributes&, const SetQueueAttributes&) = default;
};

struct MessageAttribute {
    std::string data_type;  // "String", "Number", "Binary", each with an optional ".suffix".
    std::string value;      // Text, or raw bytes for Binary.

    ONPUT_FIELDS(data_type, value)
    friend bool operator==(const MessageAttribute&, const MessageAttribute&) = default;
};

struct SendEntry {
    std::string id;  // Batch entry id; any text for a single send.
    std::string body;
    std::optional<std::uint32_t> delay_s;
    std::map<std::string, MessageAttribute> attributes;
    std::string trace_header;  // AWSTraceHeader.
    std::string group_id;  // MessageGroupId, kept and shown; standard queues do not order by it.

    ONPUT_FIELDS(id, body, delay_s, attributes, trace_header, group_id)
    friend bool operator==(const SendEntry&, const SendEntry&) = default;
};

// What became of one entry of a batch. Not `error_reason` empty: it failed.
struct EntryResult {
    std::string id;
    std::string message_id;  // Of a sent message.
    std::string error_reason;
    std::string error_message;

    ONPUT_FIELDS(id, message_id, error_reason, error_message)
    friend bool operator==(const EntryResult&, const EntryResult&) = default;
};

struct MessagesSent {
    static constexpr MessageInfo info{.kind = Kind::messages_sent};

    std::vector<EntryResult> entries;  // In the order of the request.

    ONPUT_FIELDS(entries)
    friend bool operator==(const MessagesSent&, const MessagesSent&) = default;
};

struct SendMessages {
    static constexpr MessageInfo info{.kind = Kind::send_messages};
    static constexpr std::string_view method = "queue.send";
    using Reply = MessagesSent;

    std::string account;
    std::string name;
    std::vector<SendEntry> entries;

    ONPUT_FIELDS(account, name, entries)
    friend bool operator==(const SendMessages&, const SendMessages&) = default;
};

struct ReceivedMessage {
    std::string message_id;
    std::string receipt_handle;
    std::string body;
    std::map<std::string, MessageAttribute> attributes;
    std::uint32_t receive_count = 0;
    Timestamp sent_at;
    Timestamp first_received_at;
    std::string sender_id;
    std::string trace_header;
    std::string group_id;
    std::string dead_letter_source_arn;  // Where it was before it was dead-lettered.

    ONPUT_FIELDS(message_id, receipt_handle, body, attributes, receive_count, sent_at,
                 first_received_at, sender_id, trace_header, group_id, dead_letter_source_arn)
    friend bool operator==(const ReceivedMessage&, const ReceivedMessage&) = default;
};

struct MessagesReceived {
    static constexpr MessageInfo info{.kind = Kind::messages_received};

    std::vector<ReceivedMessage> messages;  // May be empty.

    ONPUT_FIELDS(messages)
    friend bool operator==(const MessagesReceived&, const MessagesReceived&) = default;
};

// Answered at the first message, or empty-handed after the wait. The leases are durable before the
// answer.
struct ReceiveMessages {
    static constexpr MessageInfo info{.kind = Kind::receive_messages};
    static constexpr std::string_view method = "queue.receive";
    using Reply = MessagesReceived;

    std::string account;
    std::string name;
    std::uint32_t messages_max = 1;
    std::optional<std::uint32_t>
        wait_ms;  // Nothing: the queue's own ReceiveMessageWaitTimeSeconds.
    std::optional<std::uint32_t> visibility_s;  // Nothing: the queue's own VisibilityTimeout.
    std::string wait_id;  // Chosen by the caller: names this wait to CancelReceive.

    ONPUT_FIELDS(account, name, messages_max, wait_ms, visibility_s, wait_id)
    friend bool operator==(const ReceiveMessages&, const ReceiveMessages&) = default;
};

// The client has gone: answer its waiting receive empty-handed instead of leasing to nobody.
struct CancelReceive {
    static constexpr MessageInfo info{.kind = Kind::cancel_receive};
    static constexpr std::string_view method = "queue.cancel_receive";
    using Reply = Empty;

    std::string wait_id;

    ONPUT_FIELDS(wait_id)
    friend bool operator==(const CancelReceive&, const CancelReceive&) = default;
};

struct EntriesDone {
    static constexpr MessageInfo info{.kind = Kind::entries_done};

    std::vector<EntryResult> entries;  // In the order of the request.

    ONPUT_FIELDS(entries)
    friend bool operator==(const EntriesDone&, const EntriesDone&) = default;
};

struct ReceiptEntry {
    std::string id;
    std::string receipt_handle;
    std::uint32_t visibility_s = 0;  // ChangeVisibility only.

    ONPUT_FIELDS(id, receipt_handle, visibility_s)
    friend bool operator==(const ReceiptEntry&, const ReceiptEntry&) = default;
};

// DeleteMessage(Batch). An old receipt of a standard queue still deletes; so does one of a message
// already gone.
struct RemoveMessages {
    static constexpr MessageInfo info{.kind = Kind::remove_messages};
    static constexpr std::string_view method = "queue.remove";
    using Reply = EntriesDone;

    std::string account;
    std::string name;
    std::vector<ReceiptEntry> entries;

    ONPUT_FIELDS(account, name, entries)
    friend bool operator==(const RemoveMessages&, const RemoveMessages&) = default;
};

struct ChangeVisibility {
    static constexpr MessageInfo info{.kind = Kind::change_visibility};
    static constexpr std::string_view method = "queue.change_visibility";
    using Reply = EntriesDone;

    std::string account;
    std::string name;
    std::vector<ReceiptEntry> entries;

    ONPUT_FIELDS(account, name, entries)
    friend bool operator==(const ChangeVisibility&, const ChangeVisibility&) = default;
};

struct PurgeQueue {
    static constexpr MessageInfo info{.kind = Kind::purge_queue};
    static constexpr std::string_view method = "queue.purge";
    using Reply = Empty;

    std::string account;
    std::string name;

    ONPUT_FIELDS(account, name)
    friend bool operator==(const PurgeQueue&, const PurgeQueue&) = default;
};

// A look at waiting messages that leaves receive counts and visibility alone. Receipt handles are
// empty.
struct PeekMessages {
    static constexpr MessageInfo info{.kind = Kind::peek_messages};
    static constexpr std::string_view method = "queue.peek";
    using Reply = MessagesReceived;

    std::string account;
    std::string name;
    std::uint32_t messages_max = 10;

    ONPUT_FIELDS(account, name, messages_max)
    friend bool operator==(const PeekMessages&, const PeekMessages&) = default;
};

// Would the queue or function take a message of this sender? Its error says why not: not_found, or
// permission_denied by policy.
struct AuthorizeDelivery {
    static constexpr MessageInfo info{.kind = Kind::authorize_delivery};
    static constexpr std::string_view method = "queue.authorize_delivery";
    using Reply = Empty;

    std::string destination_arn;
    std::string service;     // "s3.amazonaws.com".
    std::string source_arn;  // arn:aws:s3:::bucket
    std::string source_account;

    ONPUT_FIELDS(destination_arn, service, source_arn, source_account)
    friend bool operator==(const AuthorizeDelivery&, const AuthorizeDelivery&) = default;
};

struct DeliverItem {
    std::uint64_t number = 0;  // Rises per (source, destination).
    std::string message_id;    // Stable: a repeated delivery carries the same one.
    std::string event_id;
    std::string body;
    std::string source_arn;  // For the policy's conditions.
    std::string source_account;
    TraceContext trace;  // Of the event.
    // Of a topic's raw message. More than message_attributes_max are refused.
    std::map<std::string, MessageAttribute> attributes = {};
    std::string trace_header = {};  // AWSTraceHeader.
    std::string group_id = {};      // MessageGroupId; empty: none.

    ONPUT_FIELDS(number, message_id, event_id, body, source_arn, source_account, trace, attributes,
                 trace_header, group_id)
    friend bool operator==(const DeliverItem&, const DeliverItem&) = default;
};

struct Delivered {
    static constexpr MessageInfo info{.kind = Kind::delivered};

    std::uint64_t through = 0;  // Every number <= this is durable, or refused for good.
    std::vector<EntryResult>
        refused;  // By policy: id is the event id. Refused for good, not retried.

    ONPUT_FIELDS(through, refused)
    friend bool operator==(const Delivered&, const Delivered&) = default;
};

// The notifier hands events to one destination, in order. Numbers at or below the last one taken
// from this source are taken as done already. Where there is no room for all, the first ones are
// taken. An error (QueueDoesNotExist, ResourceNotFound, OverLimit) means that none was.
struct Deliver {
    // Version 3 added trace_header of the items, version 4 group_id.
    static constexpr MessageInfo info{.kind = Kind::deliver, .version = 4};
    static constexpr std::string_view method = "queue.deliver";
    using Reply = Delivered;

    std::string source;           // Journal epoch: numbers are only comparable within it.
    std::string service;          // "s3.amazonaws.com".
    std::string destination_arn;  // A queue's or a function's.
    std::vector<DeliverItem> items;

    ONPUT_FIELDS(source, service, destination_arn, items)
    friend bool operator==(const Deliver&, const Deliver&) = default;
};

// TraceQuery as the queue answers it: the job log of that trace.
struct QueueTraceQuery : TraceQuery {
    static constexpr std::string_view method = "queue.trace";
};

}  // namespace onput::schema
