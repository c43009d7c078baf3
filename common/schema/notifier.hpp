// Requests to the notifier: the journal of events, the bus that publishes it, and the destinations
// that are owed.
//
// Reasons: truncated (details: FirstSequence), wrong_epoch (details: Epoch), destination_invalid.
#pragma once

#include "common/schema/codec.hpp"
#include "common/schema/events.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t append_events_max = 1000;  // In one AppendEvents.
inline constexpr std::size_t journal_page_max = 2000;   // Records of one JournalPage.
// libzmq 4.3.4 never subscribes longer ones.
inline constexpr std::size_t bus_topic_bytes_max = 245;

struct EventsAppended {
    static constexpr MessageInfo info{.kind = Kind::events_appended};

    std::uint64_t through = 0;  // Every outbox number <= this is durable in the journal.

    ONPUT_FIELDS(through)
    friend bool operator==(const EventsAppended&, const EventsAppended&) = default;
};

// Hands over rows of an outbox, in order. Each attachment is an encoded ObjectEvent or
// TopicMessage, one per number. Numbers at or below what this source has handed over before are
// taken as done already: sending again is harmless. Answered after the journal's sync.
struct AppendEvents {
    static constexpr MessageInfo info{.kind = Kind::append_events};
    static constexpr std::string_view method = "notifier.append";
    using Reply = EventsAppended;

    std::string source;  // Id of the outbox: stable as long as its store is the same one.
    std::vector<std::uint64_t> numbers;  // Rising.

    ONPUT_FIELDS(source, numbers)
    friend bool operator==(const AppendEvents&, const AppendEvents&) = default;
};

// Second frame of a bus message: [topic][BusHead][body of the journal record]. A heartbeat has
// topic "head", an empty body and the sequence of the newest record, so that a reader notices
// silently lost tails.
struct BusHead {
    static constexpr MessageInfo info{.kind = Kind::bus_head};

    std::string epoch;  // Changes when the journal's store is a new one: sequences start over.
    std::uint64_t sequence = 0;  // From 1, without gaps.
    Timestamp time;              // When the record was appended.
    std::string type;            // "s3.ObjectCreated.Put", "sns.Publish", "sns.DeliverySucceeded",
                                 // "sns.DeliveryFailed".

    ONPUT_FIELDS(epoch, sequence, time, type)
    friend bool operator==(const BusHead&, const BusHead&) = default;
};

// A record of the journal as FetchJournal serves it (one attachment each) and as the store keeps
// it.
struct JournalRecord {
    static constexpr MessageInfo info{.kind = Kind::journal_record};

    std::uint64_t sequence = 0;
    Timestamp time;
    std::string type;
    std::string topic;
    std::string body;  // Encoded; its kind tells which message of events.hpp it is.

    ONPUT_FIELDS(sequence, time, type, topic, body)
    friend bool operator==(const JournalRecord&, const JournalRecord&) = default;
};

struct JournalPage {
    static constexpr MessageInfo info{.kind = Kind::journal_page};

    std::string epoch;
    std::uint64_t first_sequence = 0;  // The oldest that is still kept.
    std::uint64_t head_sequence = 0;   // The newest.
    // Attached: encoded JournalRecords, in sequence from the one asked for.
    std::uint32_t records = 0;

    ONPUT_FIELDS(epoch, first_sequence, head_sequence, records)
    friend bool operator==(const JournalPage&, const JournalPage&) = default;
};

// Asking below what is kept is the error `truncated`; above the head gives an empty page.
struct FetchJournal {
    static constexpr MessageInfo info{.kind = Kind::fetch_journal};
    static constexpr std::string_view method = "notifier.fetch";
    using Reply = JournalPage;

    std::string epoch;  // Empty: whichever is there.
    std::uint64_t from_sequence = 1;
    std::uint32_t records_max = journal_page_max;

    ONPUT_FIELDS(epoch, from_sequence, records_max)
    friend bool operator==(const FetchJournal&, const FetchJournal&) = default;
};

struct JournalPosition {
    static constexpr MessageInfo info{.kind = Kind::journal_position};

    std::string epoch;
    std::uint64_t first_sequence = 0;
    std::uint64_t head_sequence = 0;
    // The first record at or after the time asked for; head + 1 when there is none.
    std::uint64_t sequence = 0;
    std::string bus_endpoint;  // Where to subscribe.

    ONPUT_FIELDS(epoch, first_sequence, head_sequence, sequence, bus_endpoint)
    friend bool operator==(const JournalPosition&, const JournalPosition&) = default;
};

// Where in the journal is this moment?
struct FindJournal {
    static constexpr MessageInfo info{.kind = Kind::find_journal};
    static constexpr std::string_view method = "notifier.find";
    using Reply = JournalPosition;

    std::optional<Timestamp> since;  // Nothing: the end.

    ONPUT_FIELDS(since)
    friend bool operator==(const FindJournal&, const FindJournal&) = default;
};

struct DestinationsChecked {
    static constexpr MessageInfo info{.kind = Kind::destinations_checked};

    // One per destination, in order; empty when it agrees, else AWS's words, e.g. "The destination
    // queue does not exist".
    std::vector<std::string> refusals;

    ONPUT_FIELDS(refusals)
    friend bool operator==(const DestinationsChecked&, const DestinationsChecked&) = default;
};

// May this bucket send to these? Queues are sent an s3:TestEvent, and have it durably, when all of
// them agree.
struct CheckDestinations {
    static constexpr MessageInfo info{.kind = Kind::check_destinations};
    static constexpr std::string_view method = "notifier.check_destinations";
    using Reply = DestinationsChecked;

    std::string bucket;
    std::string bucket_account;
    std::vector<std::string> arns;
    std::vector<DestinationKind> kinds;  // As the configuration named them, in order of `arns`.
    std::string request_id;
    std::string host_id;

    ONPUT_FIELDS(bucket, bucket_account, arns, kinds, request_id, host_id)
    friend bool operator==(const CheckDestinations&, const CheckDestinations&) = default;
};

struct DestinationState {
    std::string arn;
    std::uint64_t delivered_through = 0;  // Journal sequence up to which nothing is owed.
    std::uint64_t owed = 0;               // Events waiting.
    std::uint64_t undelivered = 0;  // Given up after undelivered_age_max; kept for inspection.
    std::uint32_t failures = 0;     // Attempts that failed since the last success.
    std::string last_error;
    Timestamp next_attempt_at;
    // Of a subscription, without what is secret in its endpoint; empty: named by a rule.
    std::string protocol;
    std::string endpoint;

    ONPUT_FIELDS(arn, delivered_through, owed, undelivered, failures, last_error, next_attempt_at,
                 protocol, endpoint)
    friend bool operator==(const DestinationState&, const DestinationState&) = default;
};

struct DestinationList {
    // Version 2 added protocol and endpoint to each, and unconfigured.
    static constexpr MessageInfo info{.kind = Kind::destination_list, .version = 2};

    std::vector<DestinationState> destinations;
    // Protocols whose messages wait for a configuration, each with what is missing.
    std::map<std::string, std::string> unconfigured;

    ONPUT_FIELDS(destinations, unconfigured)
    friend bool operator==(const DestinationList&, const DestinationList&) = default;
};

struct ListDestinations {
    static constexpr MessageInfo info{.kind = Kind::list_destinations};
    static constexpr std::string_view method = "notifier.list_destinations";
    using Reply = DestinationList;
    ONPUT_FIELDS()
    friend bool operator==(const ListDestinations&, const ListDestinations&) = default;
};

// One moment of a trace, as one service remembers it.
struct TraceStep {
    Timestamp time;
    std::string service;  // "notifier", "queue".
    std::string
        what;  // "journaled", "delivered", "leased", "succeeded", "failed", "refused", "dead-lettered".
    std::string subject;  // Object "s3://b/k", destination or function ARN, message id.
    std::string event_id;
    std::string detail;  // Attempt, worker, error, sequence: in words.

    ONPUT_FIELDS(time, service, what, subject, event_id, detail)
    friend bool operator==(const TraceStep&, const TraceStep&) = default;
};

struct TraceStory {
    static constexpr MessageInfo info{.kind = Kind::trace_story};

    std::vector<TraceStep> steps;  // By time.
    std::vector<std::string>
        events;  // The notifier adds the body of each journal record of the trace, by sequence.

    ONPUT_FIELDS(steps, events)
    friend bool operator==(const TraceStory&, const TraceStory&) = default;
};

// What the notifier knows of a trace. The queue answers the same message under its own method
// (queue.trace).
struct TraceQuery {
    static constexpr MessageInfo info{.kind = Kind::trace_query};
    static constexpr std::string_view method = "notifier.trace";
    using Reply = TraceStory;

    std::string trace_id;

    ONPUT_FIELDS(trace_id)
    friend bool operator==(const TraceQuery&, const TraceQuery&) = default;
};

}  // namespace onput::schema
