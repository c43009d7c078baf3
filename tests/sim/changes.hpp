// Changes: the promises about objects, their events, the journal and its readers.
//
//   1. An acknowledged PUT or DELETE survives; an object is what its last durable change made it,
//      and nothing was read that is forgotten later.
//   2. The journal has the event of every durable change exactly once, no other, without holes in
//      its sequences; per key the sequencers grow. Each event is owed to those whose rule matches.
//      (What it has beside events: topic_checks.hpp.)
//   3. Bytes that are read are those that were put. Where a disk has spoilt them, and only there,
//      they are an error that names the object, and what is left of them stays where it is.
//   4. What was published stays as it was; a reader of the bus gets each sequence once, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/events.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/storage/core.hpp"
#include "tests/sim/damage.hpp"
#include "tests/sim/world.hpp"

namespace onput::sim {

// The house of every simulation. Keys of `inbox` are owed by their prefix.
inline const std::string account = "000000000000";
inline const std::string inbox = "inbox";
inline const std::string outbox = "outbox";
inline const std::string vault = "vault";  // With versions; its own checks are vault_node.hpp's.
inline const std::string speech_arn = "arn:aws:lambda:us-east-1:000000000000:function:speech";
inline const std::string speech_rule_id = "rule-text/";
inline const std::string changes_arn = "arn:aws:sqs:us-east-1:000000000000:changes";
inline const std::string news_arn = "arn:aws:sns:us-east-1:000000000000:news";
inline const std::string brief_arn = "arn:aws:sqs:us-east-1:000000000000:brief";
inline const std::string chain_arn = "arn:aws:sqs:us-east-1:000000000000:chain-1";
inline const std::string ping_arn = "arn:aws:sqs:us-east-1:000000000000:ping";
inline const std::string bulk_arn = "arn:aws:sqs:us-east-1:000000000000:bulk";

// An object's event, and nothing about topics.
bool is_of_object(const schema::JournalRecord& record);

// What a text becomes.
std::string speech_of(std::string_view text);
std::string result_key_of(std::string_view key);

struct Change {
    std::uint64_t number = 0;  // In the order of their commits, from 1.
    store::Ticket ticket = 0;
    schema::ObjectEvent event;
    std::string body = {};
    std::string idempotency_key = {};
    bool is_acknowledged = false;

    [[nodiscard]] bool is_created() const { return event.event_name.starts_with("ObjectCreated:"); }
    [[nodiscard]] std::string name() const { return event.bucket + "/" + event.key; }
};

class Changes {
public:
    Changes(World& world, const Damage& damage) : world_(world), damage_(damage) {}

    // Somebody is about to put this; its etag is like no other's in the bucket.
    void intended(const schema::PutObject& object, const std::string& bytes);
    // Storage: a change is committed; after a crash, those up to `survives` are there.
    void committed(const schema::ObjectEvent& event, const std::string& idempotency_key,
                   store::Ticket ticket);
    void survived(store::Ticket survives);
    // A caller was told of it.
    void acknowledged(const std::string& event_id);
    // Every object is what its last change made it. `read` gets the bytes.
    using Read = std::function<Result<std::string>(const storage::Reading&)>;
    using IsDamaged = std::function<bool(const std::string& name)>;
    void check_objects(const storage::StorageCore& core, const Read& read,
                       const IsDamaged& has_damaged_row);
    // What a read of these bytes of the object gave: them, or, where they are damaged, an error.
    struct Span {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };
    void check_read(const Change& change, Span span, const Result<std::string>& read) const;
    // The same of an answer that does not say which version it is about.
    void check_refusal(const std::string& name, const Error& error) const;
    // Whether any version of it was damaged.
    [[nodiscard]] bool was_damaged(const std::string& name) const;

    // The notifier published it.
    void published(const schema::JournalRecord& record);
    // A reader of the bus was handed it.
    void handed_on(const schema::JournalRecord& record);
    // The journal no longer has the records up to this one; and a reader was told so of some.
    void trimmed(std::uint64_t through);
    void skipped(std::uint64_t from, std::uint64_t to);
    void check_journal(const std::vector<schema::JournalRecord>& records);
    [[nodiscard]] std::uint64_t read_through() const { return read_through_; }

    [[nodiscard]] const std::vector<Change>& all() const { return changes_; }
    [[nodiscard]] const Change* find(const std::string& event_id) const;
    // The newest change of the object; nothing when there is none.
    [[nodiscard]] const Change* last_of(const std::string& name) const;
    // The newest change of the object that anyone was told of: 0 when there is none.
    [[nodiscard]] std::uint64_t acknowledged_of(const std::string& name) const;
    // Every text that the object ever was; and whether it was ever removed.
    [[nodiscard]] std::set<std::string> texts_of(const std::string& name) const;
    [[nodiscard]] bool was_removed(const std::string& name) const;

private:
    void check_conditions(const Change& change, const schema::Conditions& conditions);
    void check_owed(const Change& change);

    struct Intention {
        std::string bytes;
        schema::Conditions conditions;
    };

    World& world_;
    const Damage& damage_;
    std::map<std::pair<std::string, std::string>, Intention> intended_;  // By bucket and etag.
    std::vector<Change> changes_;
    std::map<std::string, std::size_t> by_event_;
    std::map<std::string, std::vector<std::size_t>> by_object_;
    std::map<std::uint64_t, std::string> published_;  // Identities by sequence.
    std::set<std::string> published_events_;
    std::uint64_t read_through_ = 0;
    std::uint64_t trimmed_through_ = 0;
};

}  // namespace onput::sim
