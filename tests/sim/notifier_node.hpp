// The notifier process: its real core, driven as services/notifier/service.cpp does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/notifier/core.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/network.hpp"

namespace onput::sim {

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
    NotifierNode(World& world, Network& network, Changes& changes)
        : DurableNode(world, "notifier"), network_(network), changes_(changes) {}
    void connect(QueueNode& queue, ReaderNode& reader) {
        queue_ = &queue;
        reader_ = &reader;
    }

    void append(const schema::AppendEvents& request, const std::vector<std::string>& events,
                Answer<schema::EventsAppended> answer);
    void fetch(const schema::FetchJournal& request, Answer<notifier::FetchedPage> answer);
    void find(const schema::FindJournal& request, Answer<schema::JournalPosition> answer);

    // Nothing is owed to anyone.
    [[nodiscard]] bool is_idle() const;
    [[nodiscard]] std::vector<schema::JournalRecord> journal() const;

private:
    void open() override;
    void close() override { core_.reset(); }
    void on_turn_end() override;

    void perform(notifier::Effects effects);
    void publish(const std::vector<schema::JournalRecord>& records);
    void publish_heartbeat();
    void send_due();
    void on_answer(const notifier::DeliveryAnswer& answer);
    void arm_timer();

    Network& network_;
    Changes& changes_;
    QueueNode* queue_ = nullptr;
    ReaderNode* reader_ = nullptr;
    PlainWriter writer_;
    std::unique_ptr<notifier::NotifierCore> core_;
    store::Ticket synced_ = 0;
    Timestamp unsynced_since_;
    Timestamp timer_at_;
    std::uint64_t timer_ = 0;  // Only the newest one counts.
    std::uint64_t awaited_head_ = 0;
};

}  // namespace onput::sim
