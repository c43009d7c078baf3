#include "common/service/turns.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "common/base/printable.hpp"
#include "common/runtime/health.hpp"

namespace onput::service {

Error for_caller(Error error) {
    if (error.code == ErrorCode::resource_exhausted && error.reason.empty()) {
        error.reason = "storage_full";
    }
    return error;
}

namespace {

void log_gap(const store::ReadableView::Gap& gap) {
    log::error("rows cannot be read and are left out: stop the service, run onput fsck --repair",
               {{"partition", gap.partition},
                {"from", printable(gap.after)},
                {"before", printable(gap.before)},
                {"error", gap.reason}});
}

}  // namespace

// --- Start and end ----------------------------------------------------------------------------

Turns::Turns(Platform& platform, HostOptions options)
    : platform_(platform), loop_(platform.loop()), options_(std::move(options)) {}

Turns::~Turns() = default;

Result<void> Turns::open_store() {
    store::Store::Events events;
    events.on_durable = [this](store::Ticket durable) {
        loop_.post([this, durable] { gate_->on_durable(durable); });
    };
    events.on_failed = [this](Error error) {
        loop_.post([this, error = std::move(error)] { platform_.fail(error); });
    };
    ONPUT_TRY(store_, platform_.open_store(options_.store, std::move(events)));
    readable_ = std::make_unique<store::ReadableView>(*store_, log_gap);
    gate_ = std::make_unique<runtime::ReplyGate>(*store_);
    backups_ = std::make_unique<Backups>(Backups::Parts{.platform = platform_,
                                                        .gate = *gate_,
                                                        .rows = *store_,
                                                        .directory = options_.store.directory,
                                                        .blobs = [this] { return backup_blobs(); },
                                                        .room = [this] { return room(); }});
    if (!options_.notifier_endpoint.empty()) {
        notifier_ = platform_.connect(options_.notifier_endpoint);
    }
    return {};
}

Result<void> Turns::listen() {
    methods_ = methods();
    look_at_disk();
    ONPUT_TRY(server_, platform_.serve(options_.endpoints, [this](transport::Request request) {
        on_request(std::move(request));
    }));
    loop_.at_turn_end([this] { end_turn(); });
    loop_.every(room_interval, [this] { look_at_disk(); });
    loop_.every(backup_check_interval, [this] { backups_->check(); });
    loop_.post([] {});  // A first turn ends, in any case.
    return {};
}

void Turns::look_at_disk() {
    Room* disk = room();
    if (disk == nullptr) return;
    const bool was_there = disk->is_there();
    // A disk that does not answer has its own way of saying so: the next write fails.
    if (const auto free = platform_.free_bytes(options_.store.directory)) disk->observe(*free);
    if (disk->is_there() == was_there) return;
    const log::Fields fields{{"directory", options_.store.directory},
                             {"free_bytes", disk->free_bytes()},
                             {"free_bytes_min", disk->free_bytes_min()}};
    if (was_there) {
        log::warn("the disk is nearly full: nothing more is taken in until there is room", fields);
    } else {
        log::info("there is room on the disk again", fields);
    }
}

void Turns::relay(outbox::Outbox& outbox, std::string source) {
    if (!notifier_) return;
    relay_ = std::make_unique<outbox::Relay>(
        outbox::Relay::Parts{.loop = loop_,
                             .outbox = outbox,
                             .view = *readable_,
                             .notifier = *notifier_,
                             .source = std::move(source),
                             .service = platform_.name(),
                             .fail = [this](const Error& error) { platform_.fail(error); }});
    loop_.post([this] { relay_->pump(); });
}

void Turns::drain(std::function<void()> done) {
    drained_ = std::move(done);
    backups_->give_up("the service ends");
    on_drain();
    loop_.post([] {});
}

void Turns::finish_drain() {
    if (!drained_ || is_over_ || !is_idle()) return;
    is_over_ = true;
    // What was done in the last moment becomes durable as well.
    needs_sync_ = true;
    gate_->when_durable([this] { drained_(); });
}

std::vector<std::string> Turns::waiting_for() const {
    auto waiting = waiting_for_peers();
    if (const Room* disk = room(); disk != nullptr && !disk->is_there()) {
        waiting.push_back(fmt::format("room on the disk of {}: {} MiB are free, {} MiB are needed",
                                      options_.store.directory, disk->free_bytes() >> 20,
                                      disk->free_bytes_min() >> 20));
    }
    return waiting;
}

std::vector<std::string> Turns::waiting_for_peers() const {
    if (!notifier_ || notifier_->is_connected()) return {};
    return {"the notifier at " + options_.notifier_endpoint};
}

std::vector<schema::Metric> Turns::metrics() const {
    std::vector<schema::Metric> all;
    add_core_metrics(all);
    add_metrics(all);
    all.push_back({options_.metrics.replies_held, static_cast<double>(gate_->held())});
    if (const Room* disk = room()) {
        all.push_back({"onput_disk_has_room", disk->is_there() ? 1.0 : 0.0});
    }
    all.push_back({"onput_row_gaps", static_cast<double>(readable_->gaps())});
    runtime::add_histogram({.family = options_.metrics.fsync}, store_->sync_times(), all);
    return all;
}

// --- Requests ---------------------------------------------------------------------------------

void Turns::on_request(transport::Request request) {
    if (runtime::answer_status(request, *server_, {platform_.name(), platform_.started_at()},
                               *this)) {
        return;
    }
    ++requests_;
    if (request.header.method == schema::ServiceBackup::method) return on_backup(request);
    const auto* method = methods_.find(request.header.method);
    if (method == nullptr) {
        return reply_now(request.reply_to,
                         fail(ErrorCode::unimplemented,
                              platform_.name() + " has no method " + request.header.method));
    }
    if (drained_) {
        return reply_now(request.reply_to,
                         fail(ErrorCode::unavailable, platform_.name() + " is shutting down"));
    }
    const Caller caller{.principal = std::move(request.header.principal),
                        .trace = std::move(request.header.trace),
                        .now = now(),
                        .trace_header = std::move(request.header.trace_header),
                        .access = std::move(request.header.access)};
    (*method)(request, caller);
}

void Turns::on_backup(const transport::Request& request) {
    const auto message = schema::decode<schema::ServiceBackup>(request.body);
    if (!message) return reply_now(request.reply_to, std::unexpected(message.error()));
    if (drained_ && message->step != schema::BackupStep::abandon) {
        return reply_now(request.reply_to,
                         fail(ErrorCode::unavailable, platform_.name() + " is shutting down"));
    }
    backups_->on_request(
        *message, [this, to = request.reply_to](const auto& reply) { reply_now(to, reply); });
}

void Turns::reply(const transport::ReplyTo& to, Result<transport::Reply> reply) {
    // It waits for every commit before it, those that may sync late included.
    needs_sync_ = true;
    gate_->when_durable(
        [this, to, held = std::move(reply)]() mutable { reply_now(to, std::move(held)); });
}

void Turns::reply_after(store::Ticket ticket, const transport::ReplyTo& to,
                        Result<transport::Reply> reply) {
    // One that may sync late is waited for here.
    needs_sync_ = needs_sync_ || store_->durable() < ticket;
    gate_->when_durable(
        ticket, [this, to, held = std::move(reply)]() mutable { reply_now(to, std::move(held)); });
}

void Turns::reply_now(const transport::ReplyTo& to, Result<transport::Reply> reply) {
    if (!reply) reply = std::unexpected(for_caller(std::move(reply).error()));
    server_->reply(to, std::move(reply));
}

// --- Turns ------------------------------------------------------------------------------------

Result<void> Turns::commit(store::Batch batch, Sync sync) {
    if (batch.empty()) return {};
    const bool is_first = store_->last_ticket() == synced_;
    before_commit(batch);
    const auto ticket = store_->commit(std::move(batch));
    if (!ticket) {
        if (ticket.error().code != ErrorCode::resource_exhausted) platform_.fail(ticket.error());
        log::warn("commit refused", {{"error", ticket.error().message}});
        return std::unexpected(for_caller(ticket.error()));
    }
    after_commit(*ticket);
    if (is_first) unsynced_since_ = now();
    if (sync == Sync::soon) needs_sync_ = true;
    return {};
}

void Turns::end_turn() {
    end_core_turn();
    on_turn_end();
    follow();
    finish_drain();
    sync_if_needed();
    arm_timer();
}

void Turns::follow() {
    const std::uint64_t last = last_number();
    if (last == followed_) return;
    followed_ = last;
    gate_->when_durable([this, last] {
        on_number_durable(last);
        if (relay_) relay_->pump();
    });
}

void Turns::sync_if_needed() {
    const store::Ticket last = store_->last_ticket();
    const Timestamp at = now();
    const bool is_late = at - unsynced_since_ >= lazy_sync_interval || at < unsynced_since_;
    if (last > synced_ && (needs_sync_ || is_late)) {
        synced_ = last;
        store_->sync();
    }
    needs_sync_ = false;
}

void Turns::arm_timer() {
    const Timestamp at = now();
    Timestamp next = next_wakeup();
    if (store_->last_ticket() > synced_) {
        next = std::min(next, unsynced_since_ + lazy_sync_interval);
    }
    // A core that is about to end is not given what it waits for, and must not make the loop spin.
    if (drained_) next = std::max(next, at + drain_turn_interval);
    // An earlier timer than needed does no harm, and most turns only move the need further away.
    if (next >= timer_at_) return;
    loop_.cancel(timer_);
    timer_at_ = next;
    // The turn that the timer makes is all that is wanted of it.
    timer_ = loop_.after(std::max(Duration::zero(), next - at),
                         [this] { timer_at_ = Timestamp::max(); });
}

}  // namespace onput::service
