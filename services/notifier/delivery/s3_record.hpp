// The messages that destinations receive, byte for byte as S3 writes them. Pure.
//
// One message holds one record. Which keys `s3.object` has depends on the event: a removal has no
// size and no eTag, tags and ACLs have no sequencer. Keys are
// form-urlencoded with '/' left as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/schema/events.hpp"

namespace onput::notifier {

// Which shape records have: one version for all events, as AWS sends since 2026, or `classic`: 2.1,
// 2.2 or 2.3 depending on the event, as it was before.
enum class RecordVersion : std::uint8_t { unified, classic };

struct RecordOptions {
    RecordVersion version = RecordVersion::unified;
    std::string region = "us-east-1";  // awsRegion of an event that names none.
};

// {"Records":[{...}]} of this event as the rule `rule_id` makes it owed.
std::string format_record(const schema::ObjectEvent& event, std::string_view rule_id,
                          const RecordOptions& options);

struct TestEvent {
    Timestamp time;
    std::string bucket;
    std::string request_id;
    std::string host_id;
};
// What a queue is sent before a notification configuration that names it is accepted.
std::string format_test_event(const TestEvent& event);

struct MessageSource {
    std::string_view event_id;
    std::string_view arn;
    std::string_view rule_id;
};
// The id of the message that these three make: a UUID, the same at every attempt.
std::string message_id_of(const MessageSource& source);

// The rule id of what a replay owes, which no rule of a bucket has; the record's configurationId is
// "replay:<name>". So each replay's message has an id of its own, and what it is sent to does its
// work again.
std::string replay_rule_of(std::string_view name);
std::string replay_of_rule(std::string_view rule_id);  // The name; empty: it is a rule's own.
bool is_replay(const schema::ObjectEvent& event);

// What the bus calls the event: "s3.ObjectCreated.Put", of a replay "replay.ObjectCreated.Put"; and
// that with "/bucket/key", cut to bus_topic_bytes_max.
std::string bus_type_of(const schema::ObjectEvent& event);
std::string bus_topic_of(const schema::ObjectEvent& event);

}  // namespace onput::notifier
