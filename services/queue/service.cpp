#include "services/queue/service.hpp"

#include <array>
#include <utility>

#include "common/base/log.hpp"
#include "common/runtime/health.hpp"
#include "common/store/rocks_store.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {

// --- Start and end ----------------------------------------------------------------------------

Result<std::unique_ptr<runtime::Service>> QueueService::open(runtime::Process& process,
                                                             const Config& config) {
    // The constructor is private: only an opened service is one.
    std::unique_ptr<QueueService> service(new QueueService(process));
    ONPUT_TRY_VOID(service->start(config));
    return service;
}

QueueService::~QueueService() = default;

Result<void> QueueService::open_store(const Config& config) {
    transport::Loop& loop = process_.loop();
    store::Store::Events events;
    events.on_durable = [this, &loop](store::Ticket durable) {
        loop.post([this, durable] { gate_->on_durable(durable); });
    };
    events.on_failed = [this, &loop](Error error) {
        loop.post([this, error = std::move(error)] { process_.fail(error); });
    };
    ONPUT_TRY(store_, store::open_rocks_store({.directory = config.data}, std::move(events)));
    gate_ = std::make_unique<runtime::ReplyGate>(*store_);
    const Topics topics =
        config.notifier_endpoint.empty() ? Topics::unreachable : Topics::reachable;
    core_ = std::make_unique<Core>(
        *store_, process_.random(),
        CoreOptions{.region = config.region, .account = config.account, .topics = topics});
    const Timestamp began_at = wall_now();
    if (auto restored = core_->restore(began_at); !restored) {
        return std::unexpected(std::move(restored).error().with_context("restore the queues"));
    }
    log::info("queues restored", {{"took_ms", (wall_now() - began_at).count() / 1000},
                                  {"events_waiting", core_->outbox().waiting()}});
    return {};
}

Result<void> QueueService::start(const Config& config) {
    transport::Loop& loop = process_.loop();
    ONPUT_TRY_VOID(open_store(config));
    connect_notifier(config.notifier_endpoint);
    ONPUT_TRY(server_, transport::RequestServer::bind(
                           loop, config.endpoints,
                           [this](const transport::Request& request) { on_request(request); }));
    ONPUT_TRY(hub_, transport::LaneHub::bind(
                        loop, config.lane_endpoints,
                        [this](const transport::LaneControl& message) { on_control(message); }));
    loop.at_turn_end([this] { on_turn_end(); });
    arm_timer();
    return {};
}

void QueueService::connect_notifier(const std::string& endpoint) {
    followed_event_ = core_->outbox().last();
    if (endpoint.empty()) return;
    notifier_endpoint_ = endpoint;
    notifier_ = transport::RequestClient::connect(process_.loop(), endpoint);
    relay_ = std::make_unique<outbox::Relay>(
        outbox::Relay::Parts{.loop = process_.loop(),
                             .outbox = core_->outbox(),
                             .view = *store_,
                             .notifier = *notifier_,
                             .source = core_->source(),
                             .service = "queue",
                             .fail = [this](const Error& error) { process_.fail(error); }});
    process_.loop().post([this] { relay_->pump(); });
}

void QueueService::drain(std::function<void()> done) {
    // Whatever was done is answered; receives that wait see the connection go.
    is_draining_ = true;
    gate_->when_durable(std::move(done));
    store_->sync();
}

std::vector<std::string> QueueService::waiting_for() const {
    // Its work does not need the notifier, which itself starts after the queue: only an outage that
    // leaves events lying is worth a word.
    const outbox::Outbox& outbox = core_->outbox();
    const bool is_out = relay_ && relay_->has_handed_over() && outbox.failures() > 0;
    if (!is_out || outbox.waiting() == 0) return {};
    return {"the notifier at " + notifier_endpoint_ + ", which is owed " +
            std::to_string(outbox.waiting()) + " events"};
}

std::vector<schema::Metric> QueueService::metrics() const {
    auto metrics = core_->metrics(process_.loop().now());
    metrics.push_back({"onput_queue_replies_held", static_cast<double>(gate_->held())});
    runtime::add_histogram({.family = "onput_queue_fsync_seconds"}, store_->sync_times(), metrics);
    return metrics;
}

// --- Requests ---------------------------------------------------------------------------------

QueueService::Handler QueueService::find_handler(std::string_view method) {
    using namespace schema;
    static constexpr std::array<std::pair<std::string_view, Handler>, 19> handlers{{
        {SendMessages::method, &QueueService::handle<SendMessages>},
        {ReceiveMessages::method, &QueueService::on_receive},
        {RemoveMessages::method, &QueueService::handle<RemoveMessages>},
        {Deliver::method, &QueueService::handle<Deliver>},
        {ChangeVisibility::method, &QueueService::handle<ChangeVisibility>},
        {CancelReceive::method, &QueueService::handle<CancelReceive>},
        {CreateQueue::method, &QueueService::handle<CreateQueue>},
        {DeleteQueue::method, &QueueService::handle<DeleteQueue>},
        {ListQueues::method, &QueueService::handle<ListQueues>},
        {DescribeQueue::method, &QueueService::handle<DescribeQueue>},
        {SetQueueAttributes::method, &QueueService::handle<SetQueueAttributes>},
        {PurgeQueue::method, &QueueService::handle<PurgeQueue>},
        {PeekMessages::method, &QueueService::handle<PeekMessages>},
        {AuthorizeDelivery::method, &QueueService::handle<AuthorizeDelivery>},
        {QueueTraceQuery::method, &QueueService::handle<QueueTraceQuery>},
        {PutFunction::method, &QueueService::handle<PutFunction>},
        {GetFunction::method, &QueueService::handle<GetFunction>},
        {ListFunctions::method, &QueueService::handle<ListFunctions>},
        {DeleteFunction::method, &QueueService::handle<DeleteFunction>},
    }};
    for (const auto& [name, handler] : handlers) {
        if (name == method) return handler;
    }
    return nullptr;
}

void QueueService::on_request(const transport::Request& request) {
    if (runtime::answer_status(request, *server_, process_, *this)) return;
    const Handler handler = find_handler(request.header.method);
    if (handler == nullptr) {
        return reply(request.reply_to,
                     fail(ErrorCode::unimplemented, "no such method: " + request.header.method));
    }
    if (is_draining_) {
        return reply(request.reply_to, fail(ErrorCode::unavailable, "the queue service is ending"));
    }
    (this->*handler)(request, {.principal = request.header.principal,
                               .trace = request.header.trace,
                               .now = process_.loop().now()});
}

template <schema::Message M>
void QueueService::handle(const transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<M>(request.body);
    if (!message) return reply(request.reply_to, std::unexpected(message.error()));
    Effects effects;
    const auto result = core_->execute(*message, caller, effects);
    if (!result) check_store(result.error());
    apply(std::move(effects));
    if (!result) return reply(request.reply_to, std::unexpected(result.error()));
    reply(request.reply_to, schema::encode(*result));
}

void QueueService::on_receive(const transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::ReceiveMessages>(request.body);
    if (!message) return reply(request.reply_to, std::unexpected(message.error()));
    Effects effects;
    const auto wait = core_->execute(*message, caller, effects);
    if (!wait) check_store(wait.error());
    if (wait) waiting_.emplace(*wait, request.reply_to);
    apply(std::move(effects));
    if (!wait) reply(request.reply_to, std::unexpected(wait.error()));
}

void QueueService::reply(const transport::ReplyTo& to, Result<std::string> body) {
    gate_->when_durable([this, to, body = std::move(body)]() mutable {
        if (!body) return server_->reply(to, std::unexpected(std::move(body).error()));
        server_->reply(to, transport::Reply{.body = *std::move(body), .attachments = {}});
    });
}

void QueueService::answer(const Answer& answer) {
    const auto found = waiting_.find(answer.wait);
    if (found == waiting_.end()) return;
    server_->reply(found->second,
                   transport::Reply{.body = schema::encode(answer.received), .attachments = {}});
    waiting_.erase(found);
}

// --- Lanes ------------------------------------------------------------------------------------

void QueueService::on_control(const Control& message) {
    Effects effects;
    const auto result = core_->control(message, process_.loop().now(), effects);
    if (!result) {
        check_store(result.error());
        log::warn("a worker was refused", {{"error", result.error().message}});
    }
    apply(std::move(effects));
}

// --- Turns ------------------------------------------------------------------------------------

void QueueService::on_turn_end() {
    Effects effects;
    if (const auto served = core_->serve(process_.loop().now(), effects); !served) {
        check_store(served.error());
    }
    apply(std::move(effects));
    follow_outbox();
    if (needs_sync_) store_->sync();
    needs_sync_ = false;
    arm_timer();
}

void QueueService::follow_outbox() {
    const std::uint64_t last = core_->outbox().last();
    if (last == followed_event_) return;
    followed_event_ = last;
    gate_->when_durable([this, last] {
        core_->outbox().on_durable(last);
        if (relay_) relay_->pump();
    });
}

void QueueService::arm_timer() {
    const Timestamp now = process_.loop().now();
    const Timestamp next = core_->next_wakeup(now);
    // An earlier timer than needed does no harm, and most turns only move the need further away.
    if (next >= timer_at_) return;
    process_.loop().cancel(timer_);
    timer_at_ = next;
    timer_ = process_.loop().after(std::max(Duration::zero(), next - now), [this] {
        timer_at_ = Timestamp::max();
        Effects effects;
        if (const auto done = core_->on_time(process_.loop().now(), effects); !done) {
            check_store(done.error());
        }
        apply(std::move(effects));
    });
}

void QueueService::apply(Effects effects) {
    if (!effects.writes.empty()) commit(std::move(effects.writes));
    const bool is_all = effects.answers.empty() && effects.grants.empty() &&
                        effects.lanes_closed.empty() && effects.lanes_opened.empty();
    if (is_all) return;
    gate_->when_durable([this, rest = std::move(effects)]() mutable { hand_on(std::move(rest)); });
}

void QueueService::commit(store::Batch batch) {
    const auto committed = store_->commit(std::move(batch));
    if (!committed) process_.fail(committed.error());
    needs_sync_ = true;
}

void QueueService::hand_on(Effects effects) {
    for (const std::string& worker : effects.lanes_closed) {
        hub_->disconnect(worker);
        log::info("lane closed", {{"worker", worker}});
    }
    for (const LaneOpening& lane : effects.lanes_opened) {
        const auto connected = hub_->connect(lane.worker_id, lane.endpoint);
        if (!connected) core_->lane_failed(lane.worker_id);
        log::write(connected ? log::Level::info : log::Level::warn, "lane opened",
                   {{"worker", lane.worker_id},
                    {"endpoint", lane.endpoint},
                    {"error", connected ? std::string() : connected.error().message}});
    }
    for (const schema::LaneGrants& grants : effects.grants) {
        core_->sent(grants, process_.loop().now());
        hub_->send(grants.worker_id, grants);
    }
    for (const Answer& received : effects.answers) answer(received);
}

void QueueService::check_store(const Error& error) {
    if (is_store_fault(error)) process_.fail(error);
}

}  // namespace onput::queue
