#include "services/notifier/service.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>

#include "common/base/log.hpp"
#include "common/runtime/health.hpp"
#include "common/store/rocks_store.hpp"
#include "services/notifier/signing_key.hpp"

namespace onput::notifier {
namespace {

Result<schema::TopicInfo> answer(const TopicBook& topics, const schema::GetTopic& request,
                                 const Caller& caller) {
    return topics.get(request, caller);
}
Result<schema::TopicList> answer(const TopicBook& topics, const schema::ListTopics& request,
                                 const Caller& caller) {
    return topics.list(request, caller);
}
Result<schema::SubscriptionInfo> answer(const TopicBook& topics,
                                        const schema::GetSubscription& request,
                                        const Caller& caller) {
    return topics.get_subscription(request, caller);
}
Result<schema::SubscriptionList> answer(const TopicBook& topics,
                                        const schema::ListSubscriptions& request,
                                        const Caller& caller) {
    return topics.list_subscriptions(request, caller);
}

}  // namespace

Caller caller_of(const transport::Request& request, Timestamp now) {
    return {.principal = request.header.principal, .trace = request.header.trace, .now = now};
}

std::string described(const Error& error) {
    return std::string(to_string(error.code)) + ": " + error.message;
}

Result<std::unique_ptr<runtime::Service>> NotifierService::open(runtime::Process& process,
                                                                const Config& config) {
    auto service = std::make_unique<NotifierService>(process, config);
    ONPUT_TRY_VOID(service->start());
    return service;
}

NotifierService::NotifierService(runtime::Process& process, const Config& config)
    : process_(process), config_(config) {}

NotifierService::~NotifierService() {
    // Open calls are answered now, while everything that their callbacks touch still exists.
    outbound_.reset();
    queue_.reset();
}

Result<void> NotifierService::start() {
    transport::Loop& loop = process_.loop();
    store::Store::Events events{.on_durable =
                                    [this, &loop](store::Ticket durable) {
                                        loop.post([this, durable] { gate_->on_durable(durable); });
                                    },
                                .on_failed =
                                    [this, &loop](const Error& error) {
                                        loop.post([this, error] { process_.fail(error); });
                                    }};
    ONPUT_TRY(store_, store::open_rocks_store({.directory = config_.data}, std::move(events)));
    ONPUT_TRY_VOID(protect_directory(config_.data));
    ONPUT_TRY(auto key, load_or_make_signing_key(*store_, config_.region, loop.now()));
    writer_ = std::make_unique<SigningWriter>(config_.notification_options(), std::move(key));
    ONPUT_TRY(outbound_, Outbound::start(loop, config_.outbound_options()));
    gate_ = std::make_unique<runtime::ReplyGate>(*store_);
    core_ = std::make_unique<NotifierCore>(config_.core_options(), *store_,
                                           Random(process_.random().next()), *writer_);
    Effects effects;
    ONPUT_TRY_VOID(core_->restore(effects));
    ONPUT_TRY(bus_, transport::BusPublisher::bind(loop, config_.bus_endpoints));
    queue_ = transport::RequestClient::connect(loop, config_.queue_endpoint);
    ONPUT_TRY(server_, transport::RequestServer::bind(
                           loop, config_.endpoints,
                           [this](const transport::Request& request) { on_request(request); }));
    loop.at_turn_end([this] { on_turn_end(); });
    loop.every(heartbeat_interval, [this] { publish_heartbeat(); });
    perform(std::move(effects));
    // What the store showed at start is only sent once it is durable, as everything is.
    store_->sync();
    synced_ = store_->last_ticket();
    log::info("notifier started", {{"epoch", core_->epoch()}, {"head", core_->head()}});
    return {};
}

NotifierService::Handler NotifierService::find_handler(std::string_view method) {
    using Self = NotifierService;
    static constexpr std::array<std::pair<std::string_view, Handler>, 20> handlers{{
        {schema::AppendEvents::method, &NotifierService::on_append},
        {schema::FetchJournal::method, &NotifierService::on_fetch},
        {schema::FindJournal::method, &NotifierService::on_find},
        {schema::ListDestinations::method, &NotifierService::on_list},
        {schema::TraceQuery::method, &NotifierService::on_trace},
        {schema::CheckDestinations::method, &NotifierService::on_check},
        {schema::PublishMessages::method, &Self::on_command<schema::PublishMessages>},
        {schema::CreateTopic::method, &Self::on_command<schema::CreateTopic>},
        {schema::DeleteTopic::method, &Self::on_command<schema::DeleteTopic>},
        {schema::SetTopicAttribute::method, &Self::on_command<schema::SetTopicAttribute>},
        {schema::ChangeTopicTags::method, &Self::on_command<schema::ChangeTopicTags>},
        {schema::Subscribe::method, &Self::on_command<schema::Subscribe>},
        {schema::ConfirmSubscription::method, &Self::on_command<schema::ConfirmSubscription>},
        {schema::Unsubscribe::method, &Self::on_command<schema::Unsubscribe>},
        {schema::SetSubscriptionAttribute::method,
         &Self::on_command<schema::SetSubscriptionAttribute>},
        {schema::GetTopic::method, &Self::on_question<schema::GetTopic>},
        {schema::ListTopics::method, &Self::on_question<schema::ListTopics>},
        {schema::GetSubscription::method, &Self::on_question<schema::GetSubscription>},
        {schema::ListSubscriptions::method, &Self::on_question<schema::ListSubscriptions>},
        {schema::GetSigningCertificate::method, &NotifierService::on_certificate},
    }};
    for (const auto& [name, handler] : handlers) {
        if (name == method) return handler;
    }
    return nullptr;
}

void NotifierService::on_request(const transport::Request& request) {
    if (runtime::answer_status(request, *server_, process_, *this)) return;
    const Handler handler = find_handler(request.header.method);
    if (handler == nullptr) {
        return refuse(request.reply_to, {.code = ErrorCode::unimplemented,
                                         .message = "no such method: " + request.header.method,
                                         .reason = {},
                                         .details = {}});
    }
    if (drained_) {
        return refuse(request.reply_to, {.code = ErrorCode::unavailable,
                                         .message = "the notifier is stopping",
                                         .reason = {},
                                         .details = {}});
    }
    (this->*handler)(request);
}

void NotifierService::refuse(const transport::ReplyTo& to, Error error) {
    reply_when_durable(to, std::unexpected(std::move(error)));
}

void NotifierService::reply_when_durable(const transport::ReplyTo& to,
                                         Result<transport::Reply> reply) {
    has_reply_waiting_ = true;
    // std::function wants to copy what it holds, and frames cannot be copied.
    auto held = std::make_shared<Result<transport::Reply>>(std::move(reply));
    gate_->when_durable([this, to, held] { server_->reply(to, std::move(*held)); });
}

void NotifierService::on_append(const transport::Request& request) {
    const auto message = schema::decode<schema::AppendEvents>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    std::vector<std::string_view> events;
    events.reserve(request.attachments.size());
    for (const auto& frame : request.attachments) events.push_back(frame.view());
    Effects effects;
    const auto appended =
        core_->append(*message, events, caller_of(request, process_.loop().now()), effects);
    if (!appended) {
        // The outbox will send the same again: a person must look at it.
        log::error("events refused", {{"source", message->source},
                                      {"events", message->numbers.size()},
                                      {"error", described(appended.error())}});
    }
    perform(std::move(effects));
    reply_when_durable(request.reply_to, to_reply(appended));
}

void NotifierService::on_fetch(const transport::Request& request) {
    const auto message = schema::decode<schema::FetchJournal>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    auto fetched = core_->fetch(*message);
    if (!fetched) return refuse(request.reply_to, std::move(fetched).error());
    transport::Reply reply{.body = schema::encode(fetched->page), .attachments = {}};
    for (auto& record : fetched->records) reply.attachments.emplace_back(std::move(record));
    reply_when_durable(request.reply_to, std::move(reply));
}

void NotifierService::on_find(const transport::Request& request) {
    const auto message = schema::decode<schema::FindJournal>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    auto position = core_->find(*message);
    if (position) position->bus_endpoint = config_.bus_endpoint_for_readers();
    reply_when_durable(request.reply_to, to_reply(position));
}

void NotifierService::on_list(const transport::Request& request) {
    reply_when_durable(request.reply_to,
                       to_reply(Result<schema::DestinationList>(core_->list_destinations())));
}

void NotifierService::on_trace(const transport::Request& request) {
    const auto message = schema::decode<schema::TraceQuery>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    reply_when_durable(request.reply_to, to_reply(core_->trace(*message)));
}

void NotifierService::on_certificate(const transport::Request& request) {
    const NotificationWriter& writer = writer_->writer();
    reply_when_durable(request.reply_to,
                       to_reply(Result<schema::SigningCertificate>(schema::SigningCertificate{
                           .name = writer.certificate_name(), .pem = writer.certificate_pem()})));
}

template <typename M>
void NotifierService::on_command(const transport::Request& request) {
    const auto message = schema::decode<M>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    Effects effects;
    const auto answered =
        core_->apply(*message, caller_of(request, process_.loop().now()), effects);
    perform(std::move(effects));
    reply_when_durable(request.reply_to, to_reply(answered));
}

template <typename M>
void NotifierService::on_question(const transport::Request& request) {
    const auto message = schema::decode<M>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    reply_when_durable(
        request.reply_to,
        to_reply(answer(core_->topics(), *message, caller_of(request, process_.loop().now()))));
}

void NotifierService::perform(Effects effects) {
    if (!effects.writes.empty() && store_->last_ticket() == synced_) {
        unsynced_since_ = process_.loop().now();
    }
    for (auto& batch : effects.writes) must(store_->commit(std::move(batch)));
    for (const auto& lost : effects.undeliverable) {
        log::error("message not delivered", {{"destination", lost.arn},
                                             {"event", lost.event_id},
                                             {"sequence", lost.sequence},
                                             {"error", lost.error}});
    }
    if (core_->head() == awaited_head_) return;
    awaited_head_ = core_->head();
    auto published =
        std::make_shared<std::vector<schema::JournalRecord>>(std::move(effects.published));
    gate_->when_durable(
        [this, head = core_->head(), published] { on_appended_durable(head, *published); });
}

void NotifierService::on_appended_durable(std::uint64_t head,
                                          const std::vector<schema::JournalRecord>& published) {
    core_->on_durable(head);
    for (const auto& record : published) {
        bus_->publish(record.topic,
                      {.epoch = core_->epoch(),
                       .sequence = record.sequence,
                       .time = record.time,
                       .type = record.type},
                      record.body);
    }
    published_ += published.size();
}

void NotifierService::publish_heartbeat() {
    const schema::BusHead head = core_->durable_head(process_.loop().now());
    // In the first moments of a life the head is not known to be durable yet: say nothing, rather
    // than that the journal is empty.
    if (head.sequence == 0 && core_->head() > 0) return;
    bus_->publish_head(head);
}

void NotifierService::on_turn_end() {
    const Timestamp now = process_.loop().now();
    Effects effects;
    if (now >= core_->next_wakeup(now)) must(core_->on_time(now, effects));
    perform(std::move(effects));
    send_due();
    const bool is_late = now - unsynced_since_ >= ack_sync_interval || now < unsynced_since_;
    if (store_->last_ticket() > synced_ && (has_reply_waiting_ || is_late)) {
        synced_ = store_->last_ticket();
        store_->sync();
    }
    has_reply_waiting_ = false;
    arm_timer();
}

void NotifierService::arm_timer() {
    const Timestamp now = process_.loop().now();
    // A process that stops sends nothing any more, so it need not wake for it.
    Timestamp at = drained_ ? now + heartbeat_interval : core_->next_wakeup(now);
    if (store_->last_ticket() > synced_) at = std::min(at, unsynced_since_ + ack_sync_interval);
    at = std::max(at, now);
    if (has_timer_ && timer_at_ == at) return;
    if (has_timer_) process_.loop().cancel(timer_);
    has_timer_ = true;
    timer_at_ = at;
    // The turn that the timer makes is all that is wanted of it.
    timer_ = process_.loop().after(at - now, [this] { has_timer_ = false; });
}

void NotifierService::drain(std::function<void()> done) {
    drained_ = std::move(done);
    process_.loop().after(outside_drain_max, [this] {
        waits_for_outside_ = false;
        finish_drain_if_idle();
    });
    finish_drain_if_idle();
}

void NotifierService::finish_drain_if_idle() {
    if (!drained_ || open_deliveries_ > 0 || !checks_.empty()) return;
    if (open_outside_ > 0 && waits_for_outside_) return;
    // What was acknowledged in the last moment becomes durable as well.
    has_reply_waiting_ = true;
    gate_->when_durable([done = drained_] { done(); });
}

std::vector<std::string> NotifierService::waiting_for() const {
    std::vector<std::string> lacking;
    if (!queue_->is_connected()) {
        lacking.push_back("the queue service at " + config_.queue_endpoint);
    }
    return lacking;
}

std::vector<schema::Metric> NotifierService::metrics() const {
    auto metrics = core_->metrics(process_.loop().now());
    const auto add = [&metrics](std::string name, std::uint64_t value) {
        metrics.push_back({.name = std::move(name), .value = static_cast<double>(value)});
    };
    add("onput_bus_published_total", published_);
    add("onput_bus_hwm_drops_total", bus_->drops());
    add("onput_deliveries_open", open_deliveries_ + open_outside_);
    add("onput_replies_held", gate_->held());
    runtime::add_histogram({.family = "onput_journal_fsync_seconds"}, store_->sync_times(),
                           metrics);
    return metrics;
}

}  // namespace onput::notifier
