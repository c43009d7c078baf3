#include "tests/services/queue/station.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::queue {

Station::Station(CoreOptions options)
    : now(from_seconds(1'800'000'000)), options_(std::move(options)) {
    start();
}

void Station::start() {
    options_.receipt_key = "drawn by life " + std::to_string(seed_);
    readable_ = std::make_unique<store::ReadableView>(store_, nullptr);
    core_ = std::make_unique<Core>(*readable_, Random(seed_++), options_);
    Effects effects;
    const auto restored = ready().restore(now, effects);
    ONPUT_CHECK(restored.has_value());
    timer_at_ = monotonic_;  // A first turn ends, in any case.
}

void Station::restart() {
    core_.reset();
    store_.crash();
    answers.clear();
    grants.clear();
    is_syncing_ = true;
    start();
    core_->check_invariants();
}

Core& Station::ready() {
    core_->on_clock(now, monotonic_);
    return *core_;
}

Caller Station::caller(const std::string& account) const {
    return {.principal = {.account = account, .id = "tester"}, .now = now};
}

void Station::apply(Effects effects) {
    for (auto& change : effects.changes) {
        const auto committed = store_.commit(std::move(change.batch));
        ONPUT_CHECK(committed.has_value());
    }
    for (auto& answer : effects.answers) answers[answer.wait] = std::move(answer.received);
    for (const auto& worker : effects.lanes_closed) lanes.push_back("- " + worker);
    for (const auto& lane : effects.lanes_opened) {
        lanes.push_back("+ " + lane.worker_id + " " + lane.endpoint);
    }
    for (auto& sent : effects.grants) {
        // Not yet durable: not yet sent.
        if (is_syncing_) core_->sent(sent, now);
        grants.push_back(std::move(sent));
    }
}

void Station::end_turn() {
    Effects effects;
    const auto served = ready().end_turn(now, effects);
    ONPUT_CHECK(served.has_value());
    apply(std::move(effects));
    if (is_syncing_) {
        store_.sync();
        core_->outbox().on_durable(core_->outbox().last());
    }
    if (is_checking_) core_->check_invariants();
    timer_at_ = monotonic_ + std::max(Duration(), core_->next_wakeup(now) - now);
}

void Station::send(const Control& message) {
    Effects effects;
    static_cast<void>(ready().control(message, now, effects));  // Refusals are for the log.
    apply(std::move(effects));
    end_turn();
}

void Station::pass(Duration time) {
    const Duration until = monotonic_ + time;
    while (timer_at_ <= until) {
        stop(std::max(Duration(), timer_at_ - monotonic_));
        end_turn();
    }
    stop(until - monotonic_);
}

void Station::create_queue(const std::string& name, Attributes attributes) {
    const auto created =
        ask(schema::CreateQueue{.name = name, .attributes = std::move(attributes)});
    ONPUT_CHECK(created.has_value());
}

std::string Station::send(const std::string& queue, const std::string& body) {
    schema::SendMessages request{.name = queue};
    request.entries.emplace_back().body = body;
    const auto sent = ask(request);
    ONPUT_CHECK(sent && sent->entries.size() == 1 && sent->entries[0].error_reason.empty());
    return sent->entries[0].message_id;
}

std::vector<schema::ReceivedMessage> Station::receive(const std::string& queue,
                                                      std::uint32_t messages_max) {
    const WaitId wait = wait_for(queue, 0, {}, messages_max);
    ONPUT_CHECK(answers.contains(wait));
    return answers[wait].messages;
}

WaitId Station::wait_for(const std::string& queue, std::uint32_t wait_ms,
                         const std::string& wait_id, std::uint32_t messages_max) {
    schema::ReceiveMessages request;
    request.name = queue;
    request.messages_max = messages_max;
    request.wait_ms = wait_ms;
    request.wait_id = wait_id;
    const auto wait = ask(request);
    ONPUT_CHECK(wait.has_value());
    return *wait;
}

schema::EntryResult Station::remove(const std::string& queue, const std::string& receipt) {
    schema::RemoveMessages request{.name = queue};
    request.entries.push_back({.id = "1", .receipt_handle = receipt});
    const auto done = ask(request);
    ONPUT_CHECK(done && done->entries.size() == 1);
    return done->entries[0];
}

schema::EntryResult Station::change_visibility(const std::string& queue, const std::string& receipt,
                                               std::uint32_t visibility_s) {
    schema::ChangeVisibility request{.name = queue};
    request.entries.push_back({.id = "1", .receipt_handle = receipt, .visibility_s = visibility_s});
    const auto done = ask(request);
    ONPUT_CHECK(done && done->entries.size() == 1);
    return done->entries[0];
}

std::string Station::attribute(const std::string& queue, const std::string& name) {
    const auto info = ask(schema::DescribeQueue{.name = queue});
    ONPUT_CHECK(info.has_value());
    const auto found = info->attributes.find(name);
    return found == info->attributes.end() ? "(none)" : found->second;
}

schema::FunctionInfo Station::put_function(schema::FunctionInfo function) {
    const auto put = ask(schema::PutFunction{.function = std::move(function)});
    ONPUT_CHECK(put.has_value());
    return *put;
}

void Station::invoke(const std::string& function, std::uint64_t number, const std::string& body) {
    schema::Deliver request{
        .source = "journal",
        .service = "s3.amazonaws.com",
        .destination_arn = "arn:aws:lambda:us-east-1:000000000000:function:" + function};
    schema::DeliverItem item;
    item.number = number;
    item.message_id = "message-" + std::to_string(number);
    item.event_id = "event-" + std::to_string(number);
    item.body = body;
    item.source_arn = "arn:aws:s3:::photos";
    item.source_account = test_account;
    item.trace = {.trace_id = "trace-" + std::to_string(number), .depth = 0};
    request.items.push_back(item);
    const auto delivered = ask(request);
    ONPUT_CHECK(delivered && delivered->refused.empty() && delivered->through == number);
}

std::string Station::story(const std::string& trace_id) {
    schema::QueueTraceQuery query;
    query.trace_id = trace_id;
    const auto told = ask(query);
    ONPUT_CHECK(told.has_value());
    std::string text;
    for (const auto& step : told->steps) text += step.what + "(" + step.detail + ") ";
    return text;
}

double Station::metric(const std::string& name) const {
    for (const auto& metric : core_->metrics(now)) {
        if (metric.name == name) return metric.value;
    }
    return -1;
}

// --- TestWorker -------------------------------------------------------------------------------

std::vector<schema::LaneGrant> TestWorker::collect() {
    std::vector<schema::LaneGrant> mine;
    for (auto& sent : station_.grants) {
        if (sent.worker_id != id_ || sent.epoch != epoch) continue;
        for (auto& grant : sent.grants) mine.push_back(std::move(grant));
        sent.grants.clear();
    }
    std::erase_if(station_.grants, [](const auto& sent) { return sent.grants.empty(); });
    return mine;
}

std::vector<schema::LaneGrant> TestWorker::look() {
    auto mine = collect();
    for (const auto& grant : mine) held.push_back(grant.lease);
    received_ += mine.size();
    ONPUT_CHECK(held.size() <= places_ + 1);  // A small job beside large ones.
    return mine;
}

void TestWorker::lose() {
    static_cast<void>(collect());
}

void TestWorker::hello() {
    schema::LaneHello message;
    message.worker_id = id_;
    message.epoch = epoch;
    message.endpoint = "ipc:///" + id_;
    message.worker = kind;
    message.queues = queues;
    message.account = test_account;
    const auto holds = static_cast<std::uint32_t>(held.size());
    message.credit = holds < places_ ? places_ - holds : 0;
    message.places = places_;
    message.leases = held;
    message.grants_received = received_;
    message.call_endpoint = call_endpoint;
    message.call_places = call_endpoint.empty() ? 0 : 4;
    station_.send(message);
}

void TestWorker::ack(std::uint64_t lease, const std::string& summary) {
    ack(lease, schema::JobOutcome{.summary = summary});
}

void TestWorker::ack(std::uint64_t lease, const schema::JobOutcome& outcome) {
    std::erase(held, lease);
    schema::LaneAck message{.worker_id = id_, .epoch = epoch, .leases = {lease}};
    if (outcome != schema::JobOutcome{}) message.outcomes.push_back(outcome);
    station_.send(message);
}

void TestWorker::nack(std::uint64_t lease, const std::string& code, bool is_permanent,
                      bool is_counted) {
    nack({.lease = lease,
          .is_counted = is_counted,
          .is_permanent = is_permanent,
          .error_code = code,
          .error_message = "it went wrong"});
}

void TestWorker::nack(schema::LaneNack message) {
    std::erase(held, message.lease);
    message.worker_id = id_;
    message.epoch = epoch;
    station_.send(message);
}

void TestWorker::extend(std::uint64_t lease, std::uint32_t visibility_ms) {
    station_.send(schema::LaneExtend{
        .worker_id = id_, .epoch = epoch, .leases = {lease}, .visibility_ms = visibility_ms});
}

void TestWorker::bye(std::vector<std::uint64_t> unstarted) {
    for (const std::uint64_t lease : unstarted) std::erase(held, lease);
    station_.send(schema::LaneBye{.worker_id = id_,
                                  .epoch = epoch,
                                  .unstarted = std::move(unstarted),
                                  .running = held,
                                  .names_running = true});
}

void TestWorker::start_anew() {
    static_cast<void>(collect());
    ++epoch;
    held.clear();
    received_ = 0;
    hello();
}

}  // namespace onput::queue
