#include "services/queue/core.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

// With workers about, the core wants to be called once per heartbeat. Not having been called for
// longer than this says that the clock was set or the process was stopped.
constexpr Duration gap_min = schema::lane_heartbeat * 3 / 2;

// Of one turn; what comes after them is for the next one.
constexpr std::size_t batch_rounds_max = 256;

// More queues than this are not shown one by one.
constexpr std::size_t metric_queues_max = 200;

void add_queue_metrics(const Queue& queue, Timestamp now, std::vector<schema::Metric>& metrics) {
    const std::string name = (queue.function ? "function/" : "") + queue.name;
    const auto add = [&](std::string_view state, MessageState which) {
        metrics.push_back({.name = "onput_queue_messages{queue=\"" + name + "\",state=\"" +
                                   std::string(state) + "\"}",
                           .value = static_cast<double>(queue.messages.count(which))});
    };
    add("visible", MessageState::visible);
    add("in_flight", MessageState::in_flight);
    add("delayed", MessageState::hidden);
    const auto oldest = queue.messages.peek(1);
    const Duration age = oldest.empty() ? Duration() : now - oldest.front().status.sent_at;
    metrics.push_back({.name = "onput_queue_oldest_seconds{queue=\"" + name + "\"}",
                       .value = static_cast<double>(age.count()) / 1e6});
}

}  // namespace

Core::Core(const store::View& view, Random random, CoreOptions options)
    : view_(view),
      random_(random),
      options_(std::move(options)),
      age_(std::string(partition), age_key(), options_.boot),
      room_(options_.free_bytes_min),
      counters_(options_.receipt_key),
      catalogue_(options_.region),
      job_log_(view_, age_.clock()),
      notifications_(random_, options_.topics),
      speech_task_log_(view_, notifications_),
      messages_({.view = view_,
                 .random = random_,
                 .catalogue = catalogue_,
                 .counters = counters_,
                 .workers = workers_,
                 .log = job_log_,
                 .agenda = agenda_,
                 .notifications = notifications_,
                 .speech_tasks = speech_task_log_,
                 .age = age_.clock(),
                 .messages_max = options_.messages_max}),
      dispatcher_(messages_, catalogue_, counters_, workers_, agenda_, options_.in_flight_max),
      lanes_(messages_, catalogue_, workers_, dispatcher_),
      deliveries_(view_, random_, messages_, catalogue_),
      move_tasks_(
          {.view = view_, .catalogue = catalogue_, .messages = messages_, .age = age_.clock()}),
      queue_commands_({.catalogue = catalogue_,
                       .counters = counters_,
                       .messages = messages_,
                       .dispatcher = dispatcher_,
                       .sweeper = sweeper_,
                       .move_tasks = move_tasks_}),
      message_commands_(catalogue_, counters_, messages_, dispatcher_, random_),
      dead_letter_commands_({.view = view_,
                             .catalogue = catalogue_,
                             .counters = counters_,
                             .tasks = move_tasks_,
                             .random = random_}),
      functions_({.catalogue = catalogue_,
                  .counters = counters_,
                  .workers = workers_,
                  .dispatcher = dispatcher_,
                  .messages = messages_,
                  .random = random_,
                  .topics = options_.topics}),
      function_versions_({.catalogue = catalogue_,
                          .counters = counters_,
                          .random = random_,
                          .functions = functions_}),
      function_permissions_(functions_, random_),
      function_urls_(functions_, catalogue_, random_),
      event_sources_({.view = view_,
                      .catalogue = catalogue_,
                      .counters = counters_,
                      .messages = messages_,
                      .dispatcher = dispatcher_,
                      .workers = workers_,
                      .random = random_}),
      layers_(view_, random_, options_.region),
      lexicons_(view_, options_.region),
      logs_({.view = view_,
             .counters = counters_,
             .age = age_.clock(),
             .region = options_.region,
             .limits = options_.log_limits}),
      log_reader_(view_, logs_),
      speech_tasks_({.view = view_,
                     .catalogue = catalogue_,
                     .counters = counters_,
                     .messages = messages_,
                     .log = speech_task_log_,
                     .random = random_}) {}

// --- Restart ----------------------------------------------------------------------------------

Result<void> Core::restore(Timestamp now, Effects&) {
    last_seen_ = now;
    expiry_at_ = now;
    ONPUT_TRY(const auto counters, view_.get(partition, counters_key()));
    if (counters) {
        ONPUT_TRY(const auto reserved, schema::decode<CountersRecord>(*counters));
        counters_.restore(reserved);
    }
    ONPUT_TRY_VOID(age_.restore(view_));
    ONPUT_TRY_VOID(restore_catalogue());
    ONPUT_TRY_VOID(event_sources_.restore());
    ONPUT_TRY_VOID(job_log_.restore());
    ONPUT_TRY_VOID(logs_.restore());
    ONPUT_TRY_VOID(notifications_.restore(view_));
    std::vector<Queue*> queues;
    catalogue_.for_each([&queues](Queue& queue) { queues.push_back(&queue); });
    // In order of number, so that the same rows always give the same state.
    std::ranges::sort(queues, {}, [](const Queue* queue) { return queue->number; });
    for (Queue* queue : queues) ONPUT_TRY_VOID(messages_.restore(*queue, now));
    ONPUT_TRY_VOID(move_tasks_.restore(now));
    ONPUT_TRY(const QueueNumber last_queue, restore_sweeps());
    if (view_.is_complete()) return {};
    CountersRecord seen = messages_.seen();
    seen.queues = last_queue.get();
    counters_.skip(seen);
    return {};
}

Result<void> Core::restore_catalogue() {
    ONPUT_TRY_VOID(for_each_row(view_, queue_rows(), [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto record, schema::decode<QueueRecord>(row.value));
        ONPUT_TRY(auto settings, parse_settings(record.attributes, auth::PolicySource::store));
        catalogue_.add(std::move(record), std::move(settings));
        return {};
    }));
    return for_each_row(view_, function_rows(), [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto record, schema::decode<FunctionRecord>(row.value));
        Queue& queue = catalogue_.add(std::move(record));
        FunctionPermissions::restore(queue);
        return {};
    });
}

Result<QueueNumber> Core::restore_sweeps() {
    QueueNumber last(0);
    catalogue_.for_each([&](const Queue& queue) {
        last = std::max(last, queue.number);
        if (queue.record.purged_through == 0) return;
        sweeper_.add(queue.number, MessageNumber(queue.record.purged_through));
    });
    // Messages of queues that are gone: look at the first row of each queue number there is.
    QueueNumber next(0);
    while (true) {
        ONPUT_TRY(const auto rows, view_.scan_keys(partition, message_rows_from(next), 1));
        if (rows.empty()) return last;
        const auto key = parse_message_key(rows.front());
        if (!key) return fail(ErrorCode::corruption, "a key of a message");
        // A queue whose row cannot be read is not gone: a repair may bring it back.
        if (view_.is_complete() && catalogue_.find(key->queue) == nullptr) {
            sweeper_.add(key->queue, MessageNumber(UINT64_MAX));
        }
        last = std::max(last, key->queue);
        next = QueueNumber(key->queue.get() + 1);
    }
}

// --- Commands ---------------------------------------------------------------------------------

void Core::observe(Timestamp now) {
    if (now < last_seen_ || now - last_seen_ > gap_min) lanes_.restart_silence(now);
    last_seen_ = now;
}

void Core::begin(Timestamp now, Effects& effects) {
    age_.keep_jump([&]() -> store::Batch& { return effects.batch(); });
    observe(now);
    messages_.begin();
}

Caller Core::begin(const Caller& caller, Effects& effects) {
    begin(caller.now, effects);
    Caller known = caller;
    if (known.principal.account.empty() && !known.principal.id.empty()) {
        known.principal.account = options_.account;
    }
    return known;
}

Result<void> Core::control(const Control& message, Timestamp now, Effects& effects) {
    begin(now, effects);
    if (const auto* ack = std::get_if<schema::LaneAck>(&message)) {
        return lanes_.ack(*ack, now, effects);
    }
    if (const auto* hello = std::get_if<schema::LaneHello>(&message)) {
        return lanes_.hello(*hello, now, effects);
    }
    if (const auto* credit = std::get_if<schema::LaneCredit>(&message)) {
        return lanes_.credit(*credit, now, effects);
    }
    if (const auto* nack = std::get_if<schema::LaneNack>(&message)) {
        return lanes_.nack(*nack, now, effects);
    }
    if (const auto* extend = std::get_if<schema::LaneExtend>(&message)) {
        return lanes_.extend(*extend, now, effects);
    }
    if (const auto* split = std::get_if<schema::LaneSplit>(&message)) {
        return lanes_.split(*split, now, effects);
    }
    return lanes_.bye(std::get<schema::LaneBye>(message), now, effects);
}

// --- Turns and time ---------------------------------------------------------------------------

Result<void> Core::end_turn(Timestamp now, Effects& effects) {
    if (now >= next_wakeup(now)) ONPUT_TRY_VOID(on_time(now, effects));
    begin(now, effects);
    age_.keep([&]() -> store::Batch& { return effects.batch(); });
    return hand_out(now, effects);
}

Result<void> Core::hand_out(Timestamp now, Effects& effects) {
    ONPUT_TRY_VOID(dispatcher_.serve(now, effects));
    // Each round takes a place of a worker for each function that gets a batch.
    for (std::size_t round = 0; round < batch_rounds_max; ++round) {
        ONPUT_TRY(const bool has_made, event_sources_.serve(now, effects));
        if (!has_made) return {};
        ONPUT_TRY_VOID(dispatcher_.serve(now, effects));
    }
    return {};
}

Result<void> Core::on_time(Timestamp now, Effects& effects) {
    begin(now, effects);
    while (const auto number = agenda_.pop_due(now)) {
        Queue* queue = catalogue_.find(*number);
        if (queue != nullptr) ONPUT_TRY_VOID(messages_.wake(*queue, now, effects));
    }
    dispatcher_.on_time(now, effects);
    ONPUT_TRY_VOID(lanes_.on_time(now, effects));
    notifications_.on_time(now, effects.batch());
    ONPUT_TRY_VOID(move_tasks_.on_time(now, effects));
    ONPUT_TRY_VOID(sweeper_.sweep(view_, effects.batch()));
    const Timestamp age = age_.clock().at(now);
    if (logs_.is_due() || now >= expiry_at_) ONPUT_TRY_VOID(logs_.on_time(age, effects));
    if (now >= expiry_at_) {
        job_log_.on_time(age, effects.batch());
        ONPUT_TRY_VOID(deliveries_.on_time(age, effects.batch()));
        ONPUT_TRY_VOID(speech_task_log_.on_time(age, effects.batch()));
        // One portion now; the rest at once after it.
        expiry_at_ = expire(now, effects) ? now : now + expiry_interval;
    }
    return {};
}

void Core::on_clock(Timestamp wall, Duration monotonic) {
    age_.observe(wall, monotonic);
    unshifted_ += age_.clock().jump();
    if (unshifted_ > -service::jump_min && unshifted_ < service::jump_min) return;
    const Duration by = std::exchange(unshifted_, Duration());
    catalogue_.for_each([by](Queue& queue) {
        queue.messages.shift(by);
        for (Waiter& waiter : queue.waiters) waiter.deadline += by;
        if (queue.armed_at) *queue.armed_at += by;
    });
    agenda_.shift(by);
    move_tasks_.shift(by);
    event_sources_.shift(by);
    dispatcher_.shift(by);
    expiry_at_ += by;
    lanes_.restart_silence(wall);
}

bool Core::expire(Timestamp now, Effects& effects) {
    bool has_more = false;
    catalogue_.for_each([&](Queue& queue) {
        if (!has_more) has_more = messages_.expire(queue, now, effects);
    });
    return has_more;
}

Timestamp Core::next_wakeup(Timestamp now) const {
    if (!sweeper_.is_done() || dispatcher_.is_clearing() || logs_.is_due()) return now;
    Timestamp next = expiry_at_;
    const auto consider = [&next](std::optional<Timestamp> time) {
        if (time) next = std::min(next, *time);
    };
    consider(agenda_.next_time());
    consider(dispatcher_.next_time());
    consider(move_tasks_.next_time());
    consider(event_sources_.next_time(now));
    consider(lanes_.next_time());
    consider(notifications_.next_time(now));
    // What waits for a time waits for a clock that may be set: that must be noticed, and be
    // durable, before a crash.
    if (!workers_.all().empty() || agenda_.next_time()) {
        consider(last_seen_ + schema::lane_heartbeat);
    }
    return next;
}

std::vector<schema::Metric> Core::metrics(Timestamp now) const {
    const MessageStats& messages = messages_.stats();
    const LaneStats& lanes = lanes_.stats();
    const auto as_double = [](std::uint64_t count) { return static_cast<double>(count); };
    std::vector<schema::Metric> metrics{
        {"onput_queue_sent_total", as_double(messages.sent)},
        {"onput_queue_leased_total", as_double(messages.leased)},
        {"onput_queue_removed_total", as_double(messages.removed)},
        {"onput_queue_returned_total", as_double(messages.returned)},
        {"onput_queue_dead_lettered_total", as_double(messages.dead_lettered)},
        {"onput_queue_expired_total", as_double(messages.expired)},
        {"onput_queue_moved_total", as_double(messages.moved)},
        {"onput_queue_all_messages", as_double(messages_.size())},
        {"onput_queue_waiting_receives", as_double(dispatcher_.waiters())},
        {"onput_queue_job_log_steps", as_double(job_log_.size())},
        {"onput_queue_notifications_total", as_double(notifications_.added())},
        {"onput_queue_log_groups", as_double(logs_.groups())},
        {"onput_queue_log_bytes", as_double(logs_.bytes())},
        {"onput_queue_log_events_total", as_double(logs_.stats().events)},
        {"onput_queue_log_expired_bytes_total", as_double(logs_.stats().expired_bytes)},
        {"onput_queue_log_dropped_bytes_total", as_double(logs_.stats().dropped_bytes)},
        {"onput_queue_outbox_waiting", as_double(outbox().waiting())},
        {"onput_queue_relay_failures", as_double(outbox().failures())},
        {"onput_lane_workers", as_double(workers_.all().size())},
        {"onput_lane_leases", as_double(workers_.leases())},
        {"onput_lane_acks_total", as_double(lanes.acks)},
        {"onput_lane_nacks_total", as_double(lanes.nacks)},
        {"onput_lane_stale_total", as_double(lanes.stale)},
        {"onput_lane_workers_lost_total", as_double(lanes.workers_lost)},
        {"onput_lane_grants_lost_total", as_double(lanes.grants_lost)},
    };
    for (const auto* names : {&catalogue_.functions(), &catalogue_.queues()}) {
        std::size_t shown = 0;
        for (const auto& [key, queue] : *names) {
            if (++shown > metric_queues_max) break;
            add_queue_metrics(*queue, now, metrics);
        }
    }
    return metrics;
}

void Core::check_invariants() const {
    outbox().check_invariants();
    std::size_t messages = 0;
    std::size_t leases = 0;
    catalogue_.for_each([&](const Queue& queue) {
        queue.messages.check_invariants();
        messages_.check_splits(queue);
        messages += queue.messages.size();
    });
    ONPUT_CHECK(messages == messages_.size());
    for (const auto& [number, worker] : workers_.all()) {
        const auto held = workers_.leases_of(number);
        ONPUT_CHECK(held.size() == worker->held);
        leases += held.size();
        for (const auto& [lease, lane_lease] : held) {
            const Queue* queue = catalogue_.find(lane_lease.queue);
            ONPUT_CHECK(queue != nullptr);
            const MessageStatus* status = queue->messages.find(lane_lease.message);
            ONPUT_CHECK(status != nullptr && status->state == MessageState::in_flight);
            ONPUT_CHECK(status->lease == lease && status->worker == number);
        }
    }
    ONPUT_CHECK(leases == workers_.leases());
}

}  // namespace onput::queue
