#include "tests/sim/notifier_node.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "tests/sim/endpoint_node.hpp"
#include "tests/sim/queue_node.hpp"
#include "tests/sim/reader_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration heartbeat_interval = seconds(1);
constexpr Duration ack_sync_interval = milliseconds(200);
constexpr Duration deliver_timeout = seconds(30);
constexpr Duration outbound_timeout = seconds(15);

const std::string topic_policy =
    R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
    R"("Action":"SNS:Publish","Resource":"*"}]})";

const std::string type_header = "type";
const std::string event_header = "event";
const std::string id_header = "id";
const std::string token_header = "token";
const std::string invitation = "invitation";

std::string header_of(const notifier::HttpRequest& request, const std::string& name) {
    for (const auto& [header, value] : request.headers) {
        if (header == name) return value;
    }
    return {};
}

// As outbound/http_transfer.cpp judges an answer.
notifier::OutboundVerdict verdict_of(int status) {
    if (status >= 200 && status < 300) return notifier::OutboundVerdict::delivered;
    if (status >= 300 && status < 500) return notifier::OutboundVerdict::refused;
    return notifier::OutboundVerdict::failed;
}

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
    const bool is_invited = message.type == schema::TopicMessageType::subscription_confirmation;
    return notifier::HttpRequest{.url = subscription.endpoint,
                                 .headers = {{type_header, is_invited ? invitation : ""},
                                             {event_header, message.event_id},
                                             {id_header, message.message_id},
                                             {token_header, subscription.token}},
                                 .body = message.message};
}

void NotifierNode::connect(Peers peers) {
    queue_ = &peers.queue;
    reader_ = &peers.reader;
    endpoints_ = std::move(peers.endpoints);
}

void NotifierNode::set_up() {
    notifier::Effects effects;
    for (const char* name : {"good", "bad", "news"}) {
        must(core_->apply(
            schema::CreateTopic{.name = name, .attributes = {{"Policy", topic_policy}}}, owner(),
            effects));
    }
    perform(std::move(effects));
    store_.sync();
    while (store_.complete_sync()) {
    }
    synced_ = store_.last_ticket();
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
    tellings_.handed_over(request, events);
    const std::vector<std::string_view> views(events.begin(), events.end());
    notifier::Effects effects;
    auto appended = core_->append(request, views,
                                  {.principal = {}, .trace = {}, .now = world_.wall()}, effects);
    perform(std::move(effects));
    when_durable([this, source = request.source, answer = std::move(answer), appended] {
        if (appended) tellings_.taken_over(source, appended->through);
        answer(appended);
    });
}

// --- Topics -----------------------------------------------------------------------------------

notifier::Caller NotifierNode::owner() const {
    return {.principal = {.account = account, .id = "AKID"}, .trace = {}, .now = world_.wall()};
}

void NotifierNode::publish(const schema::PublishMessages& request,
                           Answer<schema::MessagesPublished> answer) {
    notifier::Effects effects;
    auto published = core_->apply(request, owner(), effects);
    if (published) {
        for (const auto& entry : published->entries) {
            tellings_.publishing(request.topic_arn, entry.message_id);
        }
    }
    perform(std::move(effects));
    when_durable([answer = std::move(answer), published] { answer(published); });
}

void NotifierNode::subscribe(const schema::Subscribe& request,
                             Answer<schema::SubscriptionInfo> answer) {
    notifier::Effects effects;
    auto made = core_->apply(request, owner(), effects);
    if (made) {
        for (const auto& [number, subscription] : core_->topics().subscriptions()) {
            if (subscription.arn == made->arn) tellings_.subscribed(subscription);
        }
    }
    perform(std::move(effects));
    when_durable([this, answer = std::move(answer), made] {
        if (made && !made->is_pending) tellings_.confirmed(made->arn);
        answer(made);
    });
}

void NotifierNode::confirm(const schema::ConfirmSubscription& request,
                           Answer<schema::SubscriptionInfo> answer) {
    notifier::Effects effects;
    auto made =
        core_->apply(request, {.principal = {}, .trace = {}, .now = world_.wall()}, effects);
    perform(std::move(effects));
    when_durable([this, answer = std::move(answer), made] {
        if (made) tellings_.confirmed(made->arn);
        answer(made);
    });
}

void NotifierNode::unsubscribe(const schema::Unsubscribe& request, Answer<schema::Empty> answer) {
    tellings_.removing(request.arn);
    notifier::Effects effects;
    auto removed = core_->apply(request, owner(), effects);
    perform(std::move(effects));
    when_durable([this, arn = request.arn, answer = std::move(answer), removed] {
        if (removed) tellings_.removed(arn);
        answer(removed);
    });
}

// --- The journal ------------------------------------------------------------------------------

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
        world_.note("given up for " + lost.arn + ": " + lost.error);
        // Only subscriptions have somebody who may refuse; what they miss is checked at the end.
        const bool is_excused = lost.arn.starts_with(news_arn + ":") ||
                                lost.arn.starts_with(told_good_arn + ":") ||
                                lost.arn.starts_with(told_bad_arn + ":");
        world_.expect(is_excused, "an event was given up: " + lost.error);
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
    const Timestamp now = world_.wall();
    for (auto& delivery : must(core_->due(now))) send_queue(std::move(delivery));
    notifier::Effects effects;
    const auto outside = must(core_->outbound_due(now, effects));
    perform(std::move(effects));
    for (const auto& delivery : outside) send_outside(delivery);
}

void NotifierNode::send_queue(notifier::Delivery delivery) {
    world_.note("notifier delivers " + std::to_string(delivery.message.items.size()) + " to " +
                delivery.message.destination_arn);
    if (Tellings::is_of_topic(delivery.message)) tellings_.leaves(delivery.message);
    network_.call<schema::Delivered>(
        {.from = *this, .to = *queue_, .timeout = deliver_timeout},
        [queue = queue_, message = std::move(delivery.message)](auto answer) {
            queue->deliver(message, std::move(answer));
        },
        [this, id = delivery.id](const Result<schema::Delivered>& reply) {
            on_answer({.id = id, .result = reply});
        });
}

void NotifierNode::send_outside(const notifier::OutboundDelivery& delivery) {
    const auto& request = std::get<notifier::HttpRequest>(delivery.message);
    const std::string& arn = delivery.subscription_arn;
    const bool is_invited = header_of(request, type_header) == invitation;
    const EndpointNode::Incoming incoming{.post = {.subscription_arn = arn,
                                                   .is_invitation = is_invited,
                                                   .event_id = header_of(request, event_header),
                                                   .message_id = header_of(request, id_header),
                                                   .text = request.body},
                                          .topic_arn = arn.substr(0, arn.rfind(':')),
                                          .token = header_of(request, token_header)};
    tellings_.leaves(incoming.post);
    EndpointNode* endpoint = endpoints_.at(request.url);
    network_.call<int>(
        {.from = *this, .to = *endpoint, .timeout = outbound_timeout},
        [endpoint, incoming](auto answer) { endpoint->receive(incoming, std::move(answer)); },
        [this, id = delivery.id, began = world_.elapsed()](const Result<int>& status) {
            on_status(id, status, world_.elapsed() - began);
        });
}

void NotifierNode::on_status(std::uint64_t id, const Result<int>& status, Duration latency) {
    notifier::OutboundAnswer answer{.id = id, .latency = latency};
    if (status) {
        answer.verdict = verdict_of(*status);
        answer.status_code = *status;
    }
    if (answer.verdict != notifier::OutboundVerdict::delivered) {
        answer.error =
            status ? "the endpoint answered " + std::to_string(*status) : status.error().message;
    }
    notifier::Effects effects;
    must(core_->on_sent(answer, world_.wall(), effects));
    perform(std::move(effects));
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
