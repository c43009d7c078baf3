// TopicChecks: the promises about messages to topics, and who gets them.
//
//   1. A notification and the end of its job survive a crash together: none is handed over of a job
//      that has not ended for good.
//   2. Every job that ended is told once, to the topic of its end: one row of the outbox, handed
//      over at least once, the same each time. Nothing else is told.
//   3. Each of these rows, each event that a rule owes to a topic and each message whose Publish
//      was answered is one message of the journal; the journal has no others.
//   4. A message reaches every subscription that was confirmed when it came, or ends in that one's
//      dead-letter queue, or without one is kept as undelivered. A subscription that is removed
//      may miss some. Queues take messages once, in the journal's order.
//   5. A message has one id and one text, wherever and how often it is delivered.
//   6. Nothing but an invitation leaves for a subscription that nobody asked to confirm, and
//      nothing for one whose removal was answered; of that nothing stays in the store.
//   7. An attempt succeeds only when the endpoint took the message, and is the last one only when
//      it did, refused for good, or was tried as often as the policy says.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/schema/events.hpp"
#include "services/notifier/journal/journal_body.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "tests/sim/handovers.hpp"

namespace onput::sim {

// Of an endpoint that does not take a message.
inline constexpr std::uint32_t endpoint_retries_max = 3;
inline const std::string told_good_arn = "arn:aws:sns:us-east-1:000000000000:good";
inline const std::string told_bad_arn = "arn:aws:sns:us-east-1:000000000000:bad";

class TopicChecks {
public:
    TopicChecks(World& world, const Handovers& handovers) : world_(world), handovers_(handovers) {}

    // --- Subscriptions
    // The notifier has made it, or had it already; a crash may still take it back.
    void subscribed(const notifier::Subscription& made);
    // Somebody asks to confirm it, or to remove it.
    void confirming(const std::string& arn) { confirming_.insert(arn); }
    void removing(const std::string& arn) { removing_.insert(arn); }
    // The answer to that is durable.
    void confirmed(const std::string& arn) { confirmed_.insert(arn); }
    void removed(const std::string& arn) { removed_.insert(arn); }

    // --- Messages come in
    // Rows of an outbox reach the notifier.
    void handed_over(const schema::AppendEvents& request, const std::vector<std::string>& rows);
    // The notifier has them durably.
    void taken_over(const std::string& source, std::uint64_t through);
    // The notifier has accepted a client's message; a client has got the answer.
    void publishing(const std::string& topic_arn, const std::string& message_id);
    void answered(const std::string& message_id);

    // --- and go out
    // What an endpoint outside is sent, and whether it took it.
    struct Post {
        std::string subscription_arn;
        bool is_invitation = false;  // To confirm.
        std::string event_id;
        std::string message_id;
        std::string text;
    };
    void leaves(const Post& post);
    void received(const Post& post);
    // Does a delivery carry messages to a topic?
    static bool is_of_topic(const schema::Deliver& message);
    void leaves(const schema::Deliver& message);
    // The queue's answer to it is durable: items up to `through` are taken.
    void taken(const schema::Deliver& message, std::uint64_t through);

    // Everything has come to rest.
    void check_end(const std::vector<schema::JournalRecord>& journal, const store::View& notifier);

private:
    struct Subscription {
        std::string arn;
        std::string topic_arn;
        std::string protocol;
        std::string dead_letter_arn;
    };
    struct Message {
        std::string topic_arn;
        std::set<std::string> expected;  // Subscriptions that were confirmed when it first came.
        bool is_promised = false;
    };
    struct Journaled {
        std::uint64_t sequence = 0;
        schema::TopicMessage message;
    };
    using Name = std::pair<std::string, std::string>;  // Subscription and event id.

    void came(const std::string& topic_arn, const std::string& message_id);
    void told_of_job(std::uint64_t number, const std::string& row,
                     const schema::TopicMessage& message);
    void carried(const std::string& event_id, const std::string& what, const std::string& text);
    [[nodiscard]] const Subscription* addressee(const schema::Deliver& message) const;

    // At the end (topic_checks_end.cpp).
    void check_jobs() const;
    void read(const std::vector<schema::JournalRecord>& journal);
    void note_message(std::uint64_t sequence, const schema::TopicMessage& message);
    void check_attempt(const schema::DeliveryAttempt& attempt);
    void check_messages() const;
    void check_carried() const;
    void check_owed(const Journaled& journaled, const store::View& notifier);
    [[nodiscard]] bool is_dead_lettered(const Subscription& subscription,
                                        const Journaled& journaled);
    [[nodiscard]] bool has_taken(const std::string& name, const std::string& event_id) const;
    void check_order() const;
    void check_removed(const store::View& notifier) const;

    World& world_;
    const Handovers& handovers_;
    std::map<std::uint64_t, Subscription> subscriptions_;  // By number.
    std::set<std::string> confirming_;
    std::set<std::string> confirmed_;
    std::set<std::string> removing_;
    std::set<std::string> removed_;

    std::map<std::string, Message> messages_;    // By id.
    std::string jobs_source_;                    // The queue's outbox.
    std::map<std::uint64_t, std::string> rows_;  // As they were handed over, by number.
    std::map<std::string, bool> told_;           // By the event of the job: whether it succeeded.
    std::set<std::string> failed_;               // Events of jobs whose failure is journaled.
    std::uint64_t taken_through_ = 0;

    std::set<Name> received_;
    std::map<std::string, std::vector<std::string>> taken_;  // Event ids by destination.
    std::set<Name> taken_events_;
    std::map<std::string, std::set<std::string>> ids_;    // As endpoints saw them, by event.
    std::map<std::string, std::set<std::string>> texts_;  // As anyone saw them, by event.

    std::vector<Journaled> journal_;
    std::map<std::string, std::size_t> journal_by_id_;
    std::set<std::pair<std::string, std::uint64_t>> last_letters_;  // Subscription and sequence.
};

}  // namespace onput::sim
