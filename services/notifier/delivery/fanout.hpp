// Fanout: messages to topics. Journals each with the subscriptions it is owed to, in the caller's
// batch, and owes it to them.
//
//     event that owes a topic --message_of--> authorize_and_publish --> publish --match--> add
//     outbox, test event -------------------> authorize_and_publish        ^               ^
//     Publish, authorized and checked -------------------------------------+               |
//     confirmation, owed to one subscription ----------------------------------------------+
//
// One that its topic does not take, or whose topic is missing, is journaled as an attempt that
// failed, with an UndeliveredRecord of the topic's; nobody waits for it.
//
// Part of NotifierCore.
#pragma once

#include <string>

#include "services/notifier/delivery/deliveries.hpp"
#include "services/notifier/journal/recorder.hpp"

namespace onput::notifier {

inline constexpr std::string_view event_subject = "Amazon S3 Notification";

// The message to the `position`th topic that an event owes. Its ids follow from the event's: the
// same whenever the event is handed over again.
schema::TopicMessage message_of(const schema::ObjectEvent& event, std::size_t position,
                                const RecordOptions& options, Timestamp now);

class Fanout {
public:
    Fanout(const DeliveryParts& parts, Deliveries& deliveries)
        : parts_(parts), deliveries_(deliveries) {}

    // On behalf of a service or an account: authorized and checked here.
    void authorize_and_publish(schema::TopicMessage message, Timestamp now, store::Batch& batch,
                               Effects& effects);
    // For the topic's subscriptions; the caller has authorized and checked it.
    void publish(schema::TopicMessage message, Timestamp now, store::Batch& batch,
                 Effects& effects);
    // `owed` says to whom, as in a confirmation.
    void add(schema::TopicMessage message, Timestamp now, store::Batch& batch, Effects& effects);
    // Owes a record of the journal to the subscriptions whose rows do not count it yet.
    void owe(const JournalEntry& entry);

private:
    void give_up(schema::TopicMessage message, const Error& error, Timestamp now,
                 store::Batch& batch, Effects& effects);

    DeliveryParts parts_;
    Deliveries& deliveries_;
};

}  // namespace onput::notifier
