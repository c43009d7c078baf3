#include "tests/sim/topic_checks.hpp"

#include <algorithm>

#include "services/notifier/delivery/queue_items.hpp"
#include "services/notifier/delivery/s3_record.hpp"

namespace onput::sim {
namespace {

const std::string dead_letter_suffix = "/dlq";

}  // namespace

// --- Subscriptions ----------------------------------------------------------------------------

void TopicChecks::subscribed(const notifier::Subscription& made) {
    // A number that a crash took back is given again.
    subscriptions_.insert_or_assign(made.number,
                                    Subscription{.arn = made.arn,
                                                 .topic_arn = made.topic_arn,
                                                 .protocol = made.protocol,
                                                 .dead_letter_arn = made.dead_letter_arn});
    if (made.protocol == "sqs") confirming(made.arn);
}

// --- Messages come in -------------------------------------------------------------------------

void TopicChecks::came(const std::string& topic_arn, const std::string& message_id) {
    const auto [known, is_new] = messages_.try_emplace(message_id);
    Message& message = known->second;
    world_.expect(is_new || message.topic_arn == topic_arn, "a message has changed its topic");
    if (!is_new) return;
    message.topic_arn = topic_arn;
    for (const auto& arn : confirmed_) {
        if (arn.starts_with(topic_arn + ":")) message.expected.insert(arn);
    }
}

void TopicChecks::handed_over(const schema::AppendEvents& request,
                              const std::vector<std::string>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto body = notifier::decode_body(rows[i]);
        if (!body) return world_.broken("a row of an outbox cannot be read");
        if (const auto* event = std::get_if<schema::ObjectEvent>(&*body)) {
            for (const auto& owed : event->owed) {
                if (!notifier::is_topic_arn(owed.arn)) continue;
                came(owed.arn,
                     notifier::message_id_of(
                         {.event_id = event->event_id, .arn = owed.arn, .rule_id = owed.rule_id}));
            }
        } else if (const auto* message = std::get_if<schema::TopicMessage>(&*body)) {
            // As long as the queue has one store, it has one source.
            world_.expect(jobs_source_.empty() || jobs_source_ == request.source,
                          "the queue's outbox has a new name");
            jobs_source_ = request.source;
            told_of_job(request.numbers[i], rows[i], *message);
        } else if (std::holds_alternative<schema::JobFailed>(*body)) {
            const auto [known, is_new] = rows_.emplace(request.numbers[i], rows[i]);
            world_.expect(known->second == rows[i], "the event of a failure changed on its way");
        }
    }
}

void TopicChecks::told_of_job(std::uint64_t number, const std::string& row,
                              const schema::TopicMessage& message) {
    const auto [known, is_new] = rows_.emplace(number, row);
    world_.expect(known->second == row, "a row of the queue's outbox changed on its way");
    if (!is_new) return;
    came(message.topic_arn, message.message_id);
    const std::string& event_id = message.trace.cause_event_id;
    const bool is_good = message.topic_arn == told_good_arn;
    world_.note("told of " + event_id.substr(0, 6) + ": " + message.subject);
    world_.expect(is_good || message.topic_arn == told_bad_arn, "an unknown topic is told");
    world_.expect(message.subject.find(is_good ? "succeeded" : "failed") != std::string::npos,
                  "a topic is told of another end: " + message.subject);
    world_.expect(told_.emplace(event_id, is_good).second,
                  "a job is told twice: " + message.subject);
    world_.expect(!is_good || handovers_.is_done(event_id),
                  "a job is told of that has not ended: " + message.subject);
}

void TopicChecks::taken_over(const std::string& source, std::uint64_t through) {
    if (source == jobs_source_) taken_through_ = std::max(taken_through_, through);
}

void TopicChecks::publishing(const std::string& topic_arn, const std::string& message_id) {
    world_.expect(!messages_.contains(message_id), "a message id is given twice");
    came(topic_arn, message_id);
}

void TopicChecks::answered(const std::string& message_id) {
    const auto found = messages_.find(message_id);
    if (found == messages_.end()) return world_.broken("a Publish was answered that nobody made");
    found->second.is_promised = true;
}

// --- and go out -------------------------------------------------------------------------------

void TopicChecks::carried(const std::string& event_id, const std::string& what,
                          const std::string& text) {
    if (!what.empty()) ids_[event_id].insert(what);
    texts_[event_id].insert(text);
    world_.expect(ids_[event_id].size() <= 1 && texts_[event_id].size() <= 1,
                  "a message was delivered under two ids or with two texts: event " + event_id);
}

void TopicChecks::leaves(const Post& post) {
    world_.note("notifier posts " + post.event_id.substr(0, 6) + " to " + post.subscription_arn);
    world_.expect(post.is_invitation || confirming_.contains(post.subscription_arn),
                  "a pending subscription is sent a message");
    world_.expect(!removed_.contains(post.subscription_arn),
                  "a removed subscription is sent a message");
}

void TopicChecks::received(const Post& post) {
    world_.note("taken outside: " + post.event_id.substr(0, 6));
    received_.emplace(post.subscription_arn, post.event_id);
    if (post.is_invitation) return;
    carried(post.event_id, post.message_id, post.text);
}

bool TopicChecks::is_of_topic(const schema::Deliver& message) {
    return message.service == notifier::notifying_service;
}

// "<epoch>/<number>" or "<epoch>/<number>/dlq".
const TopicChecks::Subscription* TopicChecks::addressee(const schema::Deliver& message) const {
    const auto slash = message.source.find('/');
    if (slash == std::string::npos) return nullptr;
    const auto found = subscriptions_.find(std::stoull(message.source.substr(slash + 1)));
    return found == subscriptions_.end() ? nullptr : &found->second;
}

void TopicChecks::leaves(const schema::Deliver& message) {
    const Subscription* subscription = addressee(message);
    if (subscription == nullptr) return world_.broken("an unknown subscription is sent a message");
    world_.expect(confirming_.contains(subscription->arn),
                  "a pending subscription is sent a message");
    world_.expect(!removed_.contains(subscription->arn),
                  "a removed subscription is sent a message");
}

void TopicChecks::taken(const schema::Deliver& message, std::uint64_t through) {
    const Subscription* subscription = addressee(message);
    if (subscription == nullptr) return world_.broken("a message of no subscription was taken");
    std::string name = subscription->arn;
    if (message.source.ends_with(dead_letter_suffix)) name += dead_letter_suffix;
    for (const auto& item : message.items) {
        if (item.number > through) continue;
        const std::string id =
            notifier::message_id_of({.event_id = item.event_id, .arn = name, .rule_id = {}});
        world_.expect(item.message_id == id, "a message has another id in its queue");
        carried(item.event_id, {}, item.body);
        if (taken_events_.emplace(name, item.event_id).second) {
            taken_[name].push_back(item.event_id);
        }
    }
}

}  // namespace onput::sim
