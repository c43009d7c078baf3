#include "tests/sim/changes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace onput::sim {
namespace {

// What a record of the journal is known by: the id of an object's event, or all of it.
std::string identity_of(const schema::JournalRecord& record) {
    if (!is_of_object(record)) return std::to_string(record.sequence) + record.body;
    const auto event = schema::decode<schema::ObjectEvent>(record.body);
    return event ? event->event_id : "an event that cannot be read";
}

}  // namespace

bool is_of_object(const schema::JournalRecord& record) {
    return record.type.starts_with("s3.");
}

std::string speech_of(std::string_view text) {
    return "speech of " + std::string(text);
}

std::string result_key_of(std::string_view key) {
    return std::string(key.substr(0, key.rfind('.'))) + ".mp3";
}

const Change* Changes::find(const std::string& event_id) const {
    const auto found = by_event_.find(event_id);
    return found == by_event_.end() ? nullptr : &changes_[found->second];
}

const Change* Changes::last_of(const std::string& name) const {
    const auto found = by_object_.find(name);
    if (found == by_object_.end() || found->second.empty()) return nullptr;
    return &changes_[found->second.back()];
}

std::uint64_t Changes::acknowledged_of(const std::string& name) const {
    std::uint64_t newest = 0;
    const auto found = by_object_.find(name);
    if (found == by_object_.end()) return newest;
    for (const std::size_t at : found->second) {
        if (changes_[at].is_acknowledged) newest = changes_[at].number;
    }
    return newest;
}

std::set<std::string> Changes::texts_of(const std::string& name) const {
    std::set<std::string> texts;
    const auto found = by_object_.find(name);
    if (found == by_object_.end()) return texts;
    for (const std::size_t at : found->second) {
        if (changes_[at].is_created()) texts.insert(changes_[at].body);
    }
    return texts;
}

bool Changes::was_removed(const std::string& name) const {
    const auto found = by_object_.find(name);
    if (found == by_object_.end()) return false;
    for (const std::size_t at : found->second) {
        if (!changes_[at].is_created()) return true;
    }
    return false;
}

// --- Objects ----------------------------------------------------------------------------------

void Changes::intended(const schema::PutObject& object, const std::string& bytes) {
    intended_.insert_or_assign({object.bucket, object.etag},
                               Intention{.bytes = bytes, .conditions = object.conditions});
}

void Changes::committed(const schema::ObjectEvent& event, const std::string& idempotency_key,
                        store::Ticket ticket) {
    Change change{.number = changes_.size() + 1, .ticket = ticket, .event = event};
    world_.note("storage commits " + event.event_name + " " + change.name() + ", number " +
                std::to_string(change.number) + ", event " + event.event_id.substr(0, 6));
    world_.expect(!by_event_.contains(event.event_id), "an event id is given once");
    if (change.is_created()) {
        const auto intention = intended_.find({event.bucket, event.etag});
        if (intention == intended_.end()) {
            return world_.broken("an object is there that nobody put: " + change.name());
        }
        change.body = intention->second.bytes;
        change.idempotency_key = idempotency_key;
        check_conditions(change, intention->second.conditions);
    }
    check_owed(change);
    const std::size_t at = changes_.size();
    by_event_.emplace(event.event_id, at);
    by_object_[change.name()].push_back(at);
    changes_.push_back(std::move(change));
}

void Changes::check_conditions(const Change& change, const schema::Conditions& conditions) {
    const Change* before = last_of(change.name());
    const bool exists = before != nullptr && before->is_created();
    if (conditions.if_none_match) {
        world_.expect(!exists, "a conditional put replaced " + change.name());
    }
    if (conditions.if_match) {
        world_.expect(exists && "\"" + before->event.etag + "\"" == *conditions.if_match,
                      "a conditional put replaced another version of " + change.name());
    }
    if (exists && !change.idempotency_key.empty()) {
        world_.expect(before->idempotency_key != change.idempotency_key,
                      "a result was written twice for one message: " + change.name());
    }
}

void Changes::check_owed(const Change& change) {
    const auto& event = change.event;
    std::string expected;
    if (event.bucket == outbox) {
        expected = changes_arn;
    } else if (event.key.starts_with("text/")) {
        expected = change.is_created() ? speech_arn : "";
    } else if (event.key.starts_with("log/")) {
        expected = changes_arn;
    } else if (event.key.starts_with("bulk/")) {
        expected = bulk_arn;
    } else if (event.key.starts_with("brief/")) {
        expected = change.is_created() ? brief_arn : "";
    } else if (event.key.starts_with("chain/")) {
        expected = change.is_created() ? chain_arn : "";
    } else if (event.key.starts_with("ping/")) {
        expected = change.is_created() ? ping_arn : "";
    } else if (event.key.starts_with("news/")) {
        expected = change.is_created() ? news_arn : "";
    }
    std::string owed;
    for (const auto& destination : event.owed) owed += destination.arn;
    world_.expect(owed == expected, "the event of " + change.name() + " is owed to " + owed +
                                        " and not to " + expected);
}

void Changes::survived(store::Ticket survives) {
    while (!changes_.empty() && changes_.back().ticket > survives) {
        const Change& lost = changes_.back();
        world_.note("lost in the crash: number " + std::to_string(lost.number) + ", event " +
                    lost.event.event_id.substr(0, 6));
        world_.expect(!lost.is_acknowledged, "an acknowledged change was lost: " + lost.name());
        world_.expect(!published_events_.contains(lost.event.event_id),
                      "the journal has the event of a change that was lost: " + lost.name());
        by_event_.erase(lost.event.event_id);
        by_object_[lost.name()].pop_back();
        changes_.pop_back();
    }
    // Tickets start over; what is here is durable.
    for (auto& change : changes_) change.ticket = 0;
}

void Changes::acknowledged(const std::string& event_id) {
    const auto found = by_event_.find(event_id);
    if (found == by_event_.end()) {
        world_.broken("a change was acknowledged that is lost: event " + event_id);
        return;
    }
    changes_[found->second].is_acknowledged = true;
}

void Changes::check_objects(const storage::StorageCore& core, const Read& read,
                            const IsDamaged& has_damaged_row) {
    const storage::Caller caller{
        .principal = {.account = account, .id = "check"}, .trace = {}, .now = world_.wall()};
    for (const auto& [name, places] : by_object_) {
        if (places.empty()) continue;
        const Change& last = changes_[places.back()];
        if (last.event.bucket == vault) continue;
        const auto got = core.get_object(
            {.bucket = last.event.bucket, .key = last.event.key, .range = {}, .conditions = {}},
            caller);
        if (has_damaged_row(name)) {
            world_.expect(!got && got.error().code == ErrorCode::corruption &&
                              got.error().message.contains(last.event.key),
                          "an object whose row is damaged is read, or not named: " + name);
            continue;
        }
        if (!last.is_created()) {
            world_.expect(!got && got.error().reason == "no_such_key",
                          "a removed object is there: " + name);
            continue;
        }
        world_.expect(got && got->got.object.event_id == last.event.event_id,
                      "an object is not what its last change made it: " + name);
        if (got) check_read(last, {.offset = 0, .length = last.body.size()}, read(*got));
    }
}

void Changes::check_read(const Change& change, Span span, const Result<std::string>& read) const {
    const bool is_hit = damage_.touches(change.event.event_id, span.offset, span.length);
    if (!read) {
        return world_.expect(is_hit && read.error().code == ErrorCode::corruption,
                             "bytes that are whole cannot be read, of " + change.name() + ": " +
                                 read.error().message);
    }
    const bool is_same =
        std::string_view(change.body).substr(span.offset, span.length) == std::string_view(*read);
    world_.expect(is_same, fmt::format("a read gave other bytes of {} than were put{}",
                                       change.name(), is_hit ? ": damaged ones" : ""));
}

bool Changes::was_damaged(const std::string& name) const {
    const auto found = by_object_.find(name);
    if (damage_.has_hit_row(name)) return true;
    return found != by_object_.end() && std::ranges::any_of(found->second, [&](std::size_t at) {
               return damage_.touches(changes_[at].event.event_id);
           });
}

void Changes::check_refusal(const std::string& name, const Error& error) const {
    if (error.code != ErrorCode::corruption) return;
    world_.expect(was_damaged(name), "what is whole cannot be read: " + error.message);
    world_.expect(error.message.contains("s3://" + name),
                  "an error of damage does not name its object: " + error.message);
}

// --- Journal and bus --------------------------------------------------------------------------

void Changes::published(const schema::JournalRecord& record) {
    world_.note("journal has " + std::to_string(record.sequence) + ", " + record.topic);
    const std::string identity = identity_of(record);
    const auto [at, is_new] = published_.emplace(record.sequence, identity);
    world_.expect(!is_of_object(record) || by_event_.contains(identity),
                  "the journal has an event without its change: " + record.topic);
    const bool is_new_event = published_events_.insert(identity).second;
    world_.expect(is_new && is_new_event,
                  "the journal has sequence " + std::to_string(at->first) + " or its event twice");
}

void Changes::handed_on(const schema::JournalRecord& record) {
    world_.expect(record.sequence == read_through_ + 1,
                  "a reader got sequence " + std::to_string(record.sequence) + " after " +
                      std::to_string(read_through_));
    read_through_ = record.sequence;
    // Durable before it was published, but perhaps never published: the notifier died in between.
    const std::string identity = identity_of(record);
    const auto [at, is_new] = published_.emplace(record.sequence, identity);
    world_.expect(at->second == identity, "a reader got another event than was published");
    if (is_new) published_events_.insert(identity);
}

void Changes::trimmed(std::uint64_t through) {
    trimmed_through_ = std::max(trimmed_through_, through);
}

void Changes::skipped(std::uint64_t from, std::uint64_t to) {
    world_.expect(from == read_through_ + 1 && to >= from && to <= trimmed_through_,
                  fmt::format("a reader at {} was told that {} to {} are gone, and {} is the last "
                              "that is",
                              read_through_, from, to, trimmed_through_));
    read_through_ = to;
}

void Changes::check_journal(const std::vector<schema::JournalRecord>& records) {
    std::map<std::string, std::string> sequencers;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < records.size(); ++i) {
        world_.expect(records[i].sequence == i + 1, "the journal has a hole");
        const auto known = published_.find(records[i].sequence);
        world_.expect(known == published_.end() || known->second == identity_of(records[i]),
                      "the journal has changed what was published");
        if (!is_of_object(records[i])) continue;
        const auto event = schema::decode<schema::ObjectEvent>(records[i].body);
        if (!event) return world_.broken("an event of the journal cannot be read");
        const Change* change = find(event->event_id);
        // The notifier says beside a destination why it is withheld from it.
        schema::ObjectEvent made = *event;
        for (auto& owed : made.owed) owed.withheld.clear();
        world_.expect(change != nullptr && change->event == made,
                      "the journal has an event that storage did not make: " + event->key);
        world_.expect(seen.insert(event->event_id).second, "the journal has an event twice");
        std::string& last = sequencers[event->bucket + "/" + event->key];
        world_.expect(event->sequencer > last, "sequencers do not grow: " + event->key);
        last = event->sequencer;
    }
    world_.expect(seen.size() == changes_.size(), "the journal has " + std::to_string(seen.size()) +
                                                      " events of " +
                                                      std::to_string(changes_.size()) + " changes");
    world_.expect(read_through_ == records.size(), "the reader of the bus has not got everything");
}

}  // namespace onput::sim
