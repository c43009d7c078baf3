#include "services/notifier/service.hpp"

#include <utility>

#include "common/base/log.hpp"
#include "services/notifier/restored.hpp"

namespace onput::notifier {
namespace {

Result<schema::Resend> find_resend(const NotifierCore& core, const schema::FindResend& request,
                                   const Caller&) {
    return core.resends().find(request);
}

Result<schema::ResendList> list_resends(const NotifierCore& core, const schema::ListResends&,
                                        const Caller&) {
    return core.resends().list();
}

}  // namespace

// --- Start and end ----------------------------------------------------------------------------

Result<std::unique_ptr<NotifierService>> NotifierService::open(service::Platform& platform,
                                                               const Config& config,
                                                               const OpenOutside& outside) {
    // The constructor is private: only an opened service is one.
    std::unique_ptr<NotifierService> service(new NotifierService(platform, config));
    ONPUT_TRY_VOID(service->start(outside));
    return service;
}

NotifierService::NotifierService(service::Platform& platform, const Config& config)
    : Host(platform, {.store = {.directory = config.data},
                      .endpoints = config.endpoints,
                      .notifier_endpoint = {},
                      .metrics = {.fsync = "onput_journal_fsync_seconds",
                                  .replies_held = "onput_replies_held"}}),
      config_(config) {}

NotifierService::~NotifierService() {
    // Open calls are answered now, while everything that their callbacks touch still exists.
    outside_.outbound.reset();
    queue_.reset();
}

Result<void> NotifierService::start(const OpenOutside& outside) {
    ONPUT_TRY_VOID(open_store());
    ONPUT_TRY(is_restored_, renew_restored_journal(store(), config_.data, new_random().hex(32)));
    ONPUT_TRY(outside_, outside(platform(), store(), config_));
    CoreOptions options = config_.core_options();
    options.boot = platform().boot();
    options.connections.new_secret = [this](std::size_t bytes) {
        return platform().new_secret(bytes);
    };
    ONPUT_TRY_VOID(restore(options, readable(), new_random(), *outside_.writer));
    ONPUT_TRY(bus_, platform().bind_bus(config_.bus_endpoints));
    queue_ = platform().connect(config_.queue_endpoint);
    checks_ = std::make_unique<Checks>(*this, *queue_);
    ONPUT_TRY_VOID(listen());
    loop().every(heartbeat_interval, [this] { publish_heartbeat(); });
    log::info("notifier started", {{"epoch", core().epoch()}, {"head", core().head()}});
    return {};
}

void NotifierService::on_drain() {
    loop().after(outside_drain_max, [this] { waits_for_outside_ = false; });
}

bool NotifierService::is_idle() const {
    if (open_deliveries_ > 0 || checks_->open() > 0) return false;
    return open_outside_ == 0 || !waits_for_outside_;
}

std::vector<std::string> NotifierService::waiting_for_peers() const {
    if (queue_->is_connected()) return {};
    return {"the queue service at " + config_.queue_endpoint};
}

void NotifierService::add_metrics(std::vector<schema::Metric>& metrics) const {
    const auto add = [&metrics](std::string name, std::uint64_t value) {
        metrics.push_back({.name = std::move(name), .value = static_cast<double>(value)});
    };
    add("onput_bus_published_total", published_);
    add("onput_bus_hwm_drops_total", bus_->drops());
    add("onput_bus_readers_cut_total", bus_->readers_cut());
    add("onput_bus_subscriptions", bus_->subscriptions());
    add("onput_deliveries_open", open_deliveries_ + open_outside_);
}

// --- Requests ---------------------------------------------------------------------------------

service::Methods NotifierService::methods() {
    using Request = transport::Request;
    const auto of_topics = []<schema::Message M, typename Run>(Run run) {
        return [run](const NotifierCore& core, const M& message, const Caller& caller) {
            return (core.topics().*run)(message, caller);
        };
    };
    service::Methods methods {
        handle<schema::AppendEvents>([this](Request& r, const Caller& c) { on_append(r, c); }),
        handle<schema::FetchJournal>([this](Request& r, const Caller&) { on_fetch(r); }),
        handle<schema::FindJournal>([this](Request& r, const Caller&) { on_find(r); }),
        handle<schema::CheckDestinations>(
            [this](Request& r, const Caller& c) { checks_->start(r, c); }),
        handle<schema::GetSigningCertificate>(
            [this](Request& r, const Caller&) { reply(r.reply_to, outside_.certificate); }),
        query<schema::ListDestinations>([](const NotifierCore& core, const auto&, const Caller&) {
            return Result<schema::DestinationList>(core.list_destinations());
        }),
        handle<schema::ResendEvents>([this](Request& r, const Caller& c) { on_resend(r, c); }),
        query<schema::FindResend>(find_resend),
        query<schema::ListResends>(list_resends),
        query<schema::TraceQuery>([](const NotifierCore& core, const auto& message, const Caller&) {
            return core.trace(message);
        }),

        apply<schema::PublishMessages>(),
        apply<schema::CreateTopic>(),
        apply<schema::DeleteTopic>(),
        apply<schema::SetTopicAttribute>(),
        apply<schema::ChangeTopicTags>(),
        apply<schema::Subscribe>(),
        apply<schema::ConfirmSubscription>(),
        apply<schema::Unsubscribe>(),
        apply<schema::SetSubscriptionAttribute>(),
        query<schema::GetTopic>(of_topics.template operator()<schema::GetTopic>(&TopicBook::get)),
        query<schema::ListTopics>(
            of_topics.template operator()<schema::ListTopics>(&TopicBook::list)),
        query<schema::GetSubscription>(
            of_topics.template operator()<schema::GetSubscription>(&TopicBook::get_subscription)),
        query<schema::ListSubscriptions>(of_topics.template operator()<schema::ListSubscriptions>(
            &TopicBook::list_subscriptions)),
    };
    add_event_methods(methods);
    return methods;
}

void NotifierService::on_append(const transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::AppendEvents>(request.body);
    if (!message) return reply(request.reply_to, std::unexpected(message.error()));
    std::vector<std::string_view> events;
    events.reserve(request.attachments.size());
    for (const auto& frame : request.attachments) events.push_back(frame.view());
    const auto appended = execute([&](NotifierCore& core, Effects& effects) {
        return core.append(*message, events, caller, effects);
    });
    // That the disk is full is said once, by the host.
    if (!appended && core().has_room()) {
        // The outbox will send the same again: a person must look at it.
        log::error("events refused", {{"source", message->source},
                                      {"events", message->numbers.size()},
                                      {"code", to_string(appended.error().code)},
                                      {"error", appended.error().message}});
    }
    reply(request.reply_to, appended);
}

void NotifierService::on_resend(const transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::ResendEvents>(request.body);
    if (!message) return reply(request.reply_to, std::unexpected(message.error()));
    std::vector<std::string_view> events;
    events.reserve(request.attachments.size());
    for (const auto& frame : request.attachments) events.push_back(frame.view());
    reply(request.reply_to, execute([&](NotifierCore& core, Effects& effects) {
              return core.resend(*message, events, caller, effects);
          }));
}

void NotifierService::on_fetch(const transport::Request& request) {
    const auto message = schema::decode<schema::FetchJournal>(request.body);
    auto fetched = message ? core().fetch(*message) : std::unexpected(message.error());
    if (!fetched) return reply(request.reply_to, std::unexpected(std::move(fetched).error()));
    transport::Reply page{.body = schema::encode(fetched->page)};
    for (auto& record : fetched->records) page.attachments.emplace_back(std::move(record));
    reply(request.reply_to, std::move(page));
}

void NotifierService::on_find(const transport::Request& request) {
    const auto message = schema::decode<schema::FindJournal>(request.body);
    auto position = message ? core().find(*message) : std::unexpected(message.error());
    if (position) position->bus_endpoint = config_.bus_endpoint_for_readers();
    reply(request.reply_to, position);
}

// --- The bus ----------------------------------------------------------------------------------

void NotifierService::hand_on(Effects effects) {
    for (const auto& lost : effects.undeliverable) {
        log::error("message not delivered", {{"destination", lost.arn},
                                             {"event", lost.event_id},
                                             {"sequence", lost.sequence},
                                             {"error", lost.error}});
    }
    for (const auto& record : effects.published) {
        bus_->publish(record.topic,
                      {.epoch = core().epoch(),
                       .sequence = record.sequence,
                       .time = record.time,
                       .type = record.type},
                      record.body);
    }
    published_ += effects.published.size();
}

void NotifierService::publish_heartbeat() {
    const schema::BusHead head = core().durable_head(now());
    // In the first moments of a life the head is not known to be durable yet: say nothing, rather
    // than that the journal is empty.
    if (head.sequence == 0 && core().head() > 0) return;
    bus_->publish_head(head);
    if (!is_restored_) return;
    if (auto ended = end_restored(config_.data); !ended) platform().fail(ended.error());
    is_restored_ = false;
}

}  // namespace onput::notifier
