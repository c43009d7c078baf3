// The notifier process: its real core, driven as services/notifier/service.cpp does.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/notifier/core.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/tellings.hpp"

namespace onput::sim {

class EndpointNode;
class QueueNode;
class ReaderNode;

// Says what it is given, without a signature.
class PlainWriter : public notifier::MessageWriter {
public:
    Result<std::string> queue_body(const schema::TopicMessage& message, const notifier::Topic&,
                                   const notifier::Subscription&) override;
    Result<notifier::OutboundMessage> outbound(const schema::TopicMessage& message,
                                               const notifier::Topic&,
                                               const notifier::Subscription& subscription) override;
};

class NotifierNode : public DurableNode {
public:
    struct Parts {
        World& world;
        Network& network;
        Changes& changes;
        Tellings& tellings;
    };
    explicit NotifierNode(const Parts& parts)
        : DurableNode(parts.world, "notifier"),
          network_(parts.network),
          changes_(parts.changes),
          tellings_(parts.tellings) {}
    struct Peers {
        QueueNode& queue;
        ReaderNode& reader;
        std::map<std::string, EndpointNode*> endpoints;  // By URL.
    };
    void connect(Peers peers);
    // Topics, before the first turn.
    void set_up();

    void append(const schema::AppendEvents& request, const std::vector<std::string>& events,
                Answer<schema::EventsAppended> answer);
    void fetch(const schema::FetchJournal& request, Answer<notifier::FetchedPage> answer);
    void find(const schema::FindJournal& request, Answer<schema::JournalPosition> answer);

    // About topics. Without an account: somebody who has a token.
    void publish(const schema::PublishMessages& request, Answer<schema::MessagesPublished> answer);
    void subscribe(const schema::Subscribe& request, Answer<schema::SubscriptionInfo> answer);
    void confirm(const schema::ConfirmSubscription& request,
                 Answer<schema::SubscriptionInfo> answer);
    void unsubscribe(const schema::Unsubscribe& request, Answer<schema::Empty> answer);

    // Nothing is owed to anyone.
    [[nodiscard]] bool is_idle() const;
    [[nodiscard]] std::vector<schema::JournalRecord> journal() const;

private:
    void open() override;
    void close() override { core_.reset(); }
    void on_turn_end() override;

    [[nodiscard]] notifier::Caller owner() const;
    void perform(notifier::Effects effects);
    void publish(const std::vector<schema::JournalRecord>& records);
    void publish_heartbeat();
    void send_due();
    void send_queue(notifier::Delivery delivery);
    void send_outside(const notifier::OutboundDelivery& delivery);
    void on_answer(const notifier::DeliveryAnswer& answer);
    void on_status(std::uint64_t id, const Result<int>& status, Duration latency);
    void arm_timer();

    Network& network_;
    Changes& changes_;
    Tellings& tellings_;
    QueueNode* queue_ = nullptr;
    ReaderNode* reader_ = nullptr;
    std::map<std::string, EndpointNode*> endpoints_;
    PlainWriter writer_;
    std::unique_ptr<notifier::NotifierCore> core_;
    store::Ticket synced_ = 0;
    Timestamp unsynced_since_;
    Timestamp timer_at_;
    std::uint64_t timer_ = 0;  // Only the newest one counts.
    std::uint64_t awaited_head_ = 0;
};

}  // namespace onput::sim
