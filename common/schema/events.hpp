// The event of an object: what the outbox holds, the journal keeps, the bus publishes and
// destinations are owed.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// A notification rule that matched, and whom it makes the event owed to.
struct OwedDestination {
    std::string arn;  // arn:aws:sqs:... or arn:aws:lambda:...
    std::string
        rule_id;  // The rule's Id in the bucket's configuration: `configurationId` of the record.
    // Why nothing is sent although the rule matched (the loop guard's words); empty: it is owed.
    std::string withheld;

    ONPUT_FIELDS(arn, rule_id, withheld)
    friend bool operator==(const OwedDestination&, const OwedDestination&) = default;
};

// One change of one object. Written in the same commit as the change itself.
struct ObjectEvent {
    static constexpr MessageInfo info{.kind = Kind::object_event};

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

    ONPUT_FIELDS(event_id, event_name, time, region, bucket, bucket_owner, key, size_bytes, etag,
                 version_id, sequencer, request_id, host_id, source_ip, principal_id, trace, owed,
                 content_type)
    friend bool operator==(const ObjectEvent&, const ObjectEvent&) = default;
};

}  // namespace onput::schema
