// What must hold of topics when everything has come to rest.
#include <algorithm>

#include "services/notifier/delivery/queue_items.hpp"
#include "services/notifier/delivery/s3_record.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {
namespace {

constexpr std::int32_t refused_from = 300;
constexpr std::int32_t refused_to = 500;

std::size_t rows_in(const store::View& view, const store::Range& range) {
    const auto rows = view.scan(notifier::partition, range, store::scan_rows_max);
    return rows ? rows->size() : 0;
}

}  // namespace

void TopicChecks::check_end(const std::vector<schema::JournalRecord>& journal,
                            const store::View& notifier) {
    check_jobs();
    read(journal);
    check_messages();
    check_carried();
    for (const auto& journaled : journal_) check_owed(journaled, notifier);
    if (world_.failure()) return;
    check_order();
    check_removed(notifier);
}

void TopicChecks::check_jobs() const {
    std::size_t jobs = 0;
    handovers_.for_each_job([&](const std::string& event_id, bool is_done) {
        ++jobs;
        const auto told = told_.find(event_id);
        world_.expect(told != told_.end(), "the end of a job was not told: event " + event_id);
        world_.expect(told == told_.end() || told->second == is_done,
                      "the wrong end of a job was told: event " + event_id);
    });
    world_.expect(jobs == told_.size(), "topics were told of what is no job");
    world_.expect(rows_.size() == taken_through_ &&
                      (rows_.empty() || rows_.rbegin()->first == taken_through_),
                  "the rows of the queue's outbox have a hole, or were not taken");
}

// --- The journal ------------------------------------------------------------------------------

void TopicChecks::read(const std::vector<schema::JournalRecord>& journal) {
    failed_.clear();
    journal_.clear();
    journal_by_id_.clear();
    last_letters_.clear();
    for (const auto& record : journal) {
        const auto body = notifier::decode_body(record.body);
        if (!body) return world_.broken("a record of the journal cannot be read");
        if (const auto* event = std::get_if<schema::ObjectEvent>(&*body)) {
            for (const auto& owed : event->owed) {
                if (!notifier::is_topic_arn(owed.arn)) continue;
                const auto id = notifier::message_id_of(
                    {.event_id = event->event_id, .arn = owed.arn, .rule_id = owed.rule_id});
                messages_[id].is_promised = true;
            }
        } else if (const auto* message = std::get_if<schema::TopicMessage>(&*body)) {
            note_message(record.sequence, *message);
        } else if (const auto* failed = std::get_if<schema::JobFailed>(&*body)) {
            world_.expect(failed_.insert(failed->trace.cause_event_id).second,
                          "the journal has the failure of a job twice: " + failed->reason);
        } else {
            check_attempt(std::get<schema::DeliveryAttempt>(*body));
        }
    }
    for (const auto& [number, row] : rows_) {
        const auto message = schema::decode<schema::TopicMessage>(row);
        if (message) messages_[message->message_id].is_promised = true;
    }
    for (const auto& [event_id, is_good] : told_) {
        world_.expect(failed_.contains(event_id) != is_good,
                      "the journal and the topics disagree on the end of a job: " + event_id);
    }
}

void TopicChecks::note_message(std::uint64_t sequence, const schema::TopicMessage& message) {
    if (message.type != schema::TopicMessageType::notification) return;
    const auto known = messages_.find(message.message_id);
    world_.expect(known != messages_.end() && known->second.topic_arn == message.topic_arn,
                  "the journal has a message that nobody sent: " + message.message_id);
    const bool is_first = journal_by_id_.emplace(message.message_id, journal_.size()).second;
    world_.expect(is_first, "the journal has a message twice: " + message.message_id);
    journal_.push_back({.sequence = sequence, .message = message});
}

void TopicChecks::check_attempt(const schema::DeliveryAttempt& attempt) {
    world_.expect(attempt.protocol != "topic", "a topic refused a message: " + attempt.error);
    const bool is_outside = attempt.protocol == "http";
    if (attempt.succeeded) {
        world_.expect(
            !is_outside || received_.contains({attempt.subscription_arn, attempt.event_id}),
            "an endpoint is said to have taken what it has not: " + attempt.event_id);
        return;
    }
    constexpr std::uint32_t tries_max = endpoint_retries_max + 1;
    world_.expect(!is_outside || attempt.attempt <= tries_max,
                  "an endpoint was tried more often than the policy says");
    if (attempt.next_attempt_at) return;
    const bool is_refused = attempt.status_code >= refused_from && attempt.status_code < refused_to;
    world_.expect(!is_outside || is_refused || attempt.attempt == tries_max,
                  "a message was given up too early: " + attempt.event_id);
    if (!attempt.dead_letter_arn.empty()) {
        last_letters_.emplace(attempt.subscription_arn, attempt.message_sequence);
    }
}

void TopicChecks::check_messages() const {
    for (const auto& [id, message] : messages_) {
        const auto found = journal_by_id_.find(id);
        world_.expect(!message.is_promised || found != journal_by_id_.end(),
                      "the journal lacks a message: " + id);
    }
    for (const auto& [number, row] : rows_) {
        auto message = schema::decode<schema::TopicMessage>(row);
        if (!message) continue;  // The event of a failure.
        const auto found = journal_by_id_.find(message->message_id);
        if (found == journal_by_id_.end()) continue;
        message->owed = journal_[found->second].message.owed;
        world_.expect(*message == journal_[found->second].message,
                      "the journal has another message than the queue told");
    }
}

void TopicChecks::check_carried() const {
    std::map<std::string, const schema::TopicMessage*> by_event;
    for (const auto& journaled : journal_) {
        by_event.emplace(journaled.message.event_id, &journaled.message);
    }
    for (const auto& [event_id, texts] : texts_) {
        const auto found = by_event.find(event_id);
        world_.expect(found != by_event.end(), "a message was delivered that the journal lacks");
        if (found == by_event.end()) return;
        const auto ids = ids_.find(event_id);
        const bool is_same_id = ids == ids_.end() || ids->second.empty() ||
                                ids->second.contains(found->second->message_id);
        world_.expect(is_same_id && texts.contains(found->second->message),
                      "another message was delivered than the journal has: event " + event_id);
    }
}

// --- Deliveries -------------------------------------------------------------------------------

bool TopicChecks::has_taken(const std::string& name, const std::string& event_id) const {
    return taken_events_.contains({name, event_id}) &&
           handovers_.has_reached(
               notifier::message_id_of({.event_id = event_id, .arn = name, .rule_id = {}}));
}

bool TopicChecks::is_dead_lettered(const Subscription& subscription, const Journaled& journaled) {
    return last_letters_.contains({subscription.arn, journaled.sequence}) &&
           has_taken(notifier::dead_letters_of(subscription.arn), journaled.message.event_id);
}

void TopicChecks::check_owed(const Journaled& journaled, const store::View& notifier) {
    const schema::TopicMessage& message = journaled.message;
    std::set<std::string> owed;
    for (const std::uint64_t number : message.owed) {
        const auto found = subscriptions_.find(number);
        if (found == subscriptions_.end()) return world_.broken("a message is owed to nobody");
        const Subscription& subscription = found->second;
        owed.insert(subscription.arn);
        if (removing_.contains(subscription.arn)) continue;
        const auto number_kept = notifier::delivery_number(journaled.sequence, 0);
        const auto kept = notifier.get(notifier::partition,
                                       notifier::undelivered_key(subscription.arn, number_kept));
        const bool is_kept = kept && *kept;
        world_.expect(!is_kept || subscription.dead_letter_arn.empty(),
                      "a message was kept that has a dead-letter queue");
        const bool is_taken = subscription.protocol == "sqs"
                                  ? has_taken(subscription.arn, message.event_id)
                                  : received_.contains({subscription.arn, message.event_id});
        world_.expect(is_taken || is_kept || is_dead_lettered(subscription, journaled),
                      "message " + message.message_id + " never got to " + subscription.arn);
    }
    for (const auto& arn : messages_[message.message_id].expected) {
        world_.expect(owed.contains(arn) || removing_.contains(arn),
                      "message " + message.message_id + " is not owed to " + arn);
    }
}

void TopicChecks::check_order() const {
    std::map<std::string, std::vector<std::string>> owed;
    for (const auto& journaled : journal_) {
        for (const std::uint64_t number : journaled.message.owed) {
            const Subscription& subscription = subscriptions_.at(number);
            owed[subscription.arn].push_back(journaled.message.event_id);
        }
    }
    for (const auto& [number, subscription] : subscriptions_) {
        const auto taken = taken_.find(subscription.arn);
        if (subscription.protocol != "sqs" || taken == taken_.end()) continue;
        world_.expect(taken->second == owed[subscription.arn],
                      subscription.arn + " has not got its messages in order");
    }
}

void TopicChecks::check_removed(const store::View& notifier) const {
    for (const auto& arn : removed_) {
        for (const auto& name : {arn, notifier::dead_letters_of(arn)}) {
            const auto row = notifier.get(notifier::partition, notifier::destination_key(name));
            world_.expect(row && !*row && rows_in(notifier, notifier::attempts_of(name)) == 0 &&
                              rows_in(notifier, notifier::undelivered_of(name)) == 0 &&
                              rows_in(notifier, notifier::deliveries_from(name, 0)) == 0,
                          "a removed subscription has left rows behind: " + name);
        }
    }
}

}  // namespace onput::sim
