#include "tests/sim/notifier_node.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "tests/sim/queue_node.hpp"
#include "tests/sim/reader_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration heartbeat_interval = seconds(1);
constexpr Duration ack_sync_interval = milliseconds(200);
constexpr Duration deliver_timeout = seconds(30);

template <typename T>
T must(Result<T> result) {
    ONPUT_CHECK(result.has_value());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace

Result<std::string> PlainWriter::queue_body(const schema::TopicMessage& message,
                                            const notifier::Topic&, const notifier::Subscription&) {
    return message.message;
}

Result<notifier::OutboundMessage> PlainWriter::outbound(
    const schema::TopicMessage& message, const notifier::Topic&,
    const notifier::Subscription& subscription) {
    return notifier::HttpRequest{.url = subscription.endpoint, .body = message.message};
}

void NotifierNode::open() {
    core_ = std::make_unique<notifier::NotifierCore>(notifier::CoreOptions{}, store_,
                                                     Random(world_.random.next()), writer_);
    awaited_head_ = 0;
    timer_at_ = {};
    unsynced_since_ = {};
    ++timer_;
    notifier::Effects effects;
    must(core_->restore(effects));
    every(heartbeat_interval, [this] { publish_heartbeat(); });
    perform(std::move(effects));
    sync();
    synced_ = store_.last_ticket();
}

void NotifierNode::append(const schema::AppendEvents& request,
                          const std::vector<std::string>& events,
                          Answer<schema::EventsAppended> answer) {
    const std::vector<std::string_view> views(events.begin(), events.end());
    notifier::Effects effects;
    auto appended = core_->append(request, views,
                                  {.principal = {}, .trace = {}, .now = world_.wall()}, effects);
    perform(std::move(effects));
    when_durable([answer = std::move(answer), appended] { answer(appended); });
}

void NotifierNode::fetch(const schema::FetchJournal& request,
                         Answer<notifier::FetchedPage> answer) {
    when_durable(
        [answer = std::move(answer), fetched = core_->fetch(request)] { answer(fetched); });
}

void NotifierNode::find(const schema::FindJournal& request,
                        Answer<schema::JournalPosition> answer) {
    when_durable([answer = std::move(answer), found = core_->find(request)] { answer(found); });
}

void NotifierNode::perform(notifier::Effects effects) {
    if (!effects.writes.empty() && store_.last_ticket() == synced_) {
        unsynced_since_ = world_.wall();
    }
    for (auto& batch : effects.writes) commit(std::move(batch));
    for (const auto& lost : effects.undeliverable) {
        world_.broken("an event was given up: " + lost.error);
    }
    if (core_->head() == awaited_head_) return;
    awaited_head_ = core_->head();
    when_durable([this, head = core_->head(), records = std::move(effects.published)] {
        core_->on_durable(head);
        publish(records);
    });
}

void NotifierNode::publish(const std::vector<schema::JournalRecord>& records) {
    for (const auto& record : records) {
        changes_.published(record);
        network_.publish(*reader_, [reader = reader_, epoch = core_->epoch(), record] {
            reader->on_live(epoch, record);
        });
    }
}

void NotifierNode::publish_heartbeat() {
    const schema::BusHead head = core_->durable_head(world_.wall());
    if (head.sequence == 0 && core_->head() > 0) return;
    network_.publish(*reader_, [reader = reader_, head] { reader->on_heartbeat(head); });
}

void NotifierNode::send_due() {
    for (auto& delivery : must(core_->due(world_.wall()))) {
        world_.note("notifier delivers " + std::to_string(delivery.message.items.size()) + " to " +
                    delivery.message.destination_arn);
        network_.call<schema::Delivered>(
            {.from = *this, .to = *queue_, .timeout = deliver_timeout},
            [queue = queue_, message = delivery.message](auto answer) {
                queue->deliver(message, std::move(answer));
            },
            [this, id = delivery.id](const Result<schema::Delivered>& reply) {
                on_answer({.id = id, .result = reply});
            });
    }
}

void NotifierNode::on_answer(const notifier::DeliveryAnswer& answer) {
    notifier::Effects effects;
    must(core_->on_delivered(answer, world_.wall(), effects));
    perform(std::move(effects));
}

void NotifierNode::on_turn_end() {
    const Timestamp now = world_.wall();
    notifier::Effects effects;
    if (now >= core_->next_wakeup(now)) must(core_->on_time(now, effects));
    perform(std::move(effects));
    send_due();
    core_->check_invariants();
    const bool is_late = now - unsynced_since_ >= ack_sync_interval || now < unsynced_since_;
    if (store_.last_ticket() > synced_ && (held() > 0 || is_late)) {
        synced_ = store_.last_ticket();
        sync();
    }
    arm_timer();
}

void NotifierNode::arm_timer() {
    const Timestamp now = world_.wall();
    Timestamp at = core_->next_wakeup(now);
    if (store_.last_ticket() > synced_) at = std::min(at, unsynced_since_ + ack_sync_interval);
    at = std::max(at, now);
    if (timer_at_ == at) return;
    timer_at_ = at;
    const std::uint64_t timer = ++timer_;
    after(at - now, [this, timer] {
        if (timer == timer_) timer_at_ = {};
    });
}

bool NotifierNode::is_idle() const {
    if (!core_ || held() > 0) return false;
    const auto list = core_->list_destinations();
    return std::ranges::all_of(list.destinations, [](const schema::DestinationState& destination) {
        return destination.owed == 0;
    });
}

std::vector<schema::JournalRecord> NotifierNode::journal() const {
    std::vector<schema::JournalRecord> records;
    while (records.size() < core_->head()) {
        schema::FetchJournal request;
        request.from_sequence = records.size() + 1;
        const auto fetched = core_->fetch(request);
        ONPUT_CHECK(fetched && !fetched->records.empty());
        for (const auto& bytes : fetched->records) {
            records.push_back(*schema::decode<schema::JournalRecord>(bytes));
        }
    }
    return records;
}

}  // namespace onput::sim
