// Keys and values of the notifier's rows. One partition holds them all:
//
//     s                            JournalStateRecord   epoch, first and newest sequence
//     j/<sequence>                 schema::JournalRecord
//     r/<source>                   SourceRecord         how far an outbox has been taken over
//     d/<arn>                      DestinationRecord    how far a destination has been served
//     b/<arn>\0<last number>       DeliveryRecord       one delivered batch
//     a/<arn>\0<number>            AttemptRecord        a message that an endpoint still refuses
//     u/<arn>\0<number>            UndeliveredRecord    an event given up or refused for good
//     t/<trace id>\0<sequence>     (empty)              the journal's records of a trace
//     k                            SigningKeyRecord     what notifications are signed with
//     g                            service::AgeRecord   by what records and tokens age
//
// The rows of topics and subscriptions are in topics/topic_book.hpp.
//
// <arn> is a queue's or function's, named by rules; a subscription's; or "<subscription>/dlq", its
// dead letters. Sequences and numbers are eight bytes, big-endian, so that keys sort by them.
//
// A delivery number names one event owed to one destination by one rule: the event's sequence and
// the position among what the event owes. It rises per destination, and the queue service
// recognizes repeated deliveries by it. To a subscription, and as a dead letter, a record owes one
// message, at position 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/notifier.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

inline constexpr std::string_view partition = "notifier";
inline constexpr std::size_t owed_per_event_max = 128;  // S3 allows 100 rules per bucket.
inline constexpr std::size_t trace_id_bytes_max = 64;   // Longer ones are not indexed.
inline constexpr std::size_t source_bytes_max = 128;
inline constexpr std::size_t arn_bytes_max = 512;

// The destination that keeps what no other could be kept for. It is owed nothing.
inline constexpr std::string_view overflow_name = "overflow";

// A zero byte would end the name early in the rows' keys.
inline bool is_possible_name(std::string_view arn) {
    return !arn.empty() && arn.size() <= arn_bytes_max && arn.find('\0') == std::string_view::npos;
}

// Sequences from `from` to `through`, both included.
struct LostRecords {
    std::uint64_t from = 0;
    std::uint64_t through = 0;

    ONPUT_FIELDS(from, through)
    friend bool operator==(const LostRecords&, const LostRecords&) = default;
};

struct JournalStateRecord {
    // Version 2 added owed_through; version 3 bytes and counted_from; version 4 lost; version 5
    // delivery_source.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::journal_state_record,
                                              .version = 5};

    std::string epoch = {};
    std::uint64_t first_sequence = 1;  // head_sequence + 1 when nothing is kept.
    std::uint64_t head_sequence = 0;
    // What later records owe to subscriptions is not in d/ rows yet: a start reads those records.
    std::uint64_t owed_through = 0;
    // Of the bodies of the records from `counted_from` on. 0: none has been counted.
    std::uint64_t bytes = 0;
    std::uint64_t counted_from = 0;
    // Where records were lost with damaged rows, rising. Nothing: anywhere, nobody kept it.
    std::optional<std::vector<LostRecords>> lost = {};
    // What the queue service tells deliveries apart by; empty: the epoch. After a restore the epoch
    // is another one.
    std::string delivery_source = {};

    ONPUT_FIELDS(epoch, first_sequence, head_sequence, owed_through, bytes, counted_from, lost,
                 delivery_source)
    friend bool operator==(const JournalStateRecord&, const JournalStateRecord&) = default;
};

struct SourceRecord {
    // Version 2 added appended_at.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::source_record, .version = 2};

    std::uint64_t through = 0;  // Every outbox number <= this is in the journal.
    Timestamp appended_at = {};

    ONPUT_FIELDS(through, appended_at)
    friend bool operator==(const SourceRecord&, const SourceRecord&) = default;
};

// Both ends of a destination's debt. Written with every append that adds to it (a subscription's: a
// little later, see JournalStateRecord) and with every answer that settles some of it, so
// `owed_total - settled_total` is exact after a crash as well.
struct DestinationRecord {
    // Version 2 added subscription, is_dead_letter and needed_sequence, version 3 target.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::destination_record,
                                              .version = 3};

    std::string arn = {};
    std::uint64_t settled_number = 0;  // Every number <= this is delivered, refused or given up.
    std::uint64_t last_number = 0;     // The newest that is owed.
    std::uint64_t owed_total = 0;
    std::uint64_t settled_total = 0;
    std::uint64_t undelivered = 0;   // UndeliveredRecords kept.
    std::uint64_t subscription = 0;  // Its number; 0: none's.
    bool is_dead_letter = false;     // What its owner did not get, to the dead-letter queue.
    // Dead letters: the journal must keep the messages from here on. 0: none is owed.
    std::uint64_t needed_sequence = 0;
    std::uint64_t target = 0;  // Its number, of a rule on a bus; 0: none's.

    // A queue or function that notification rules name, and not somebody's own.
    [[nodiscard]] bool is_shared() const { return subscription == 0 && target == 0; }

    ONPUT_FIELDS(arn, settled_number, last_number, owed_total, settled_total, undelivered,
                 subscription, is_dead_letter, needed_sequence, target)
    friend bool operator==(const DestinationRecord&, const DestinationRecord&) = default;
};

// Events that one answer of a destination settled: one row per batch, not per event.
struct DeliveryRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::delivery_record};

    std::uint64_t first_number = 0;
    std::uint64_t last_number = 0;
    Timestamp time;
    std::uint32_t attempts = 1;  // Until it succeeded.

    ONPUT_FIELDS(first_number, last_number, time, attempts)
    friend bool operator==(const DeliveryRecord&, const DeliveryRecord&) = default;
};

// A message that an endpoint outside did not take at first. Gone when it is settled.
struct AttemptRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::attempt_record};

    std::uint32_t attempts = 0;  // So far; all failed.
    Timestamp time;              // Of the message in the journal.
    Timestamp failed_at;         // Both by AgeClock::steady.
    Timestamp next_at;
    std::string last_error = {};

    ONPUT_FIELDS(attempts, time, failed_at, next_at, last_error)
    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

// Made at the first start. The store's directory must be nobody else's to read.
struct SigningKeyRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::signing_key_record};

    std::string private_pem = {};
    std::string certificate_pem = {};

    ONPUT_FIELDS(private_pem, certificate_pem)
    friend bool operator==(const SigningKeyRecord&, const SigningKeyRecord&) = default;
};

struct UndeliveredRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::undelivered_record};

    std::string arn;
    std::string rule_id;
    std::uint64_t sequence = 0;
    std::string event_id;
    Timestamp time;  // When it was given up.
    std::uint32_t attempts = 0;
    std::string error;
    std::string event;  // Encoded ObjectEvent or TopicMessage: the journal may no longer have it.

    ONPUT_FIELDS(arn, rule_id, sequence, event_id, time, attempts, error, event)
    friend bool operator==(const UndeliveredRecord&, const UndeliveredRecord&) = default;
};

constexpr std::uint64_t delivery_number(std::uint64_t sequence, std::size_t position) {
    return sequence * owed_per_event_max + position;
}
constexpr std::uint64_t sequence_of(std::uint64_t number) {
    return number / owed_per_event_max;
}
constexpr std::size_t position_of(std::uint64_t number) {
    return number % owed_per_event_max;
}

std::string state_key();
std::string journal_key(std::uint64_t sequence);
std::string source_key(std::string_view source);
std::string destination_key(std::string_view arn);
std::string delivery_key(std::string_view arn, std::uint64_t last_number);
std::string attempt_key(std::string_view arn, std::uint64_t number);
std::string undelivered_key(std::string_view arn, std::uint64_t number);
std::string signing_key_key();
std::string age_key();
std::string trace_key(std::string_view trace_id, std::uint64_t sequence);

store::Range sources();
store::Range destinations();
// From the given one on, of the same destination or trace.
store::Range deliveries_from(std::string_view arn, std::uint64_t last_number);
store::Range attempts_of(std::string_view arn);
store::Range undelivered_of(std::string_view arn);
store::Range trace_of(std::string_view trace_id);
// Records [from, to].
store::Range journal_between(std::uint64_t from, std::uint64_t to);

// The source's name in a key of sources(), and the sequence or number at the end of a key of
// trace_of() or attempts_of().
std::string_view source_in(std::string_view key);
std::uint64_t sequence_in(std::string_view key);

// The name of the destination that takes the dead letters of a subscription or a target.
std::string dead_letters_of(std::string_view name);

// A value of the store: one that cannot be read is corruption, named by its key.
template <schema::Message M>
Result<M> read_row(std::string_view key, std::string_view value) {
    auto record = schema::decode<M>(value);
    if (!record) {
        return std::unexpected(
            std::move(record).error().with_context("row " + std::string(key.substr(0, 2))));
    }
    return record;
}

}  // namespace onput::notifier
