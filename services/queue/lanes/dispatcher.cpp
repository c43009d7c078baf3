#include "services/queue/lanes/dispatcher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/queue/messages/receipt.hpp"

namespace onput::queue {
namespace {

schema::ReceivedMessage show(const Queue& queue, Leased leased, std::string_view receipt_key) {
    return {.message_id = std::move(leased.record.message_id),
            .receipt_handle = format_receipt(
                {.queue = queue.number, .message = leased.number, .lease = leased.status.lease},
                receipt_key),
            .body = std::move(leased.record.body),
            .attributes = std::move(leased.record.attributes),
            .receive_count = leased.status.receive_count,
            .sent_at = leased.status.sent_at,
            .first_received_at = leased.status.first_received_at,
            .sender_id = std::move(leased.record.sender_id),
            .trace_header = std::move(leased.record.trace_header),
            .group_id = std::move(leased.record.group_id),
            .dead_letter_source_arn = std::move(leased.record.dead_letter_source_arn)};
}

schema::LaneGrants open_grants(const Queue& queue, const Worker& worker) {
    schema::LaneGrants grants;
    grants.worker_id = worker.id;
    grants.epoch = worker.epoch;
    grants.account = queue.account;
    if (queue.function) {
        grants.function = queue.function->function.name;
        grants.timeout_s = queue.function->function.timeout_s;
        grants.environment = queue.function->function.environment;
        grants.configuration = queue.function->function.configuration;
        grants.arn = queue.function->function.arn;
        grants.handler = queue.function->function.handler;
        grants.version = queue.function->function.management.version;
    }
    return grants;
}

std::size_t bytes_of(const schema::LaneGrant& grant) {
    std::size_t bytes = grant.body.size();
    if (grant.part) bytes += grant.part->task.size();
    if (!grant.join) return bytes;
    bytes += grant.join->plan.size();
    for (const std::string& result : grant.join->results) bytes += result.size();
    return bytes;
}

void show_grant(const Queue& queue, Leased leased, schema::LaneGrant& grant) {
    grant.lease = leased.status.lease.get();
    grant.queue = queue.name;
    grant.message_id = std::move(leased.record.message_id);
    grant.event_id = std::move(leased.record.event_id);
    grant.attempt = leased.status.attempts();
    grant.visible_at = leased.status.visible_at;
    grant.trace = std::move(leased.record.trace);
    grant.body = std::move(leased.record.body);
    grant.trace_header = std::move(leased.record.trace_header);
}

}  // namespace

// --- Receives ---------------------------------------------------------------------------------

Result<WaitId> Dispatcher::receive(Queue& queue, const ReceiveTerms& terms, Timestamp now,
                                   Effects& effects) {
    if (queue.messages.count(MessageState::in_flight) >= in_flight_max_) {
        return fail(
            ErrorCode::resource_exhausted,
            fmt::format("too many messages are in flight: at most {} in one queue", in_flight_max_),
            "OverLimit");
    }
    Waiter waiter{.wait = WaitId(++last_wait_),
                  .name = terms.wait_name,
                  .messages_max = terms.messages_max,
                  .visibility = terms.visibility,
                  .deadline = now + terms.wait};
    schema::MessagesReceived received;
    // Those that wait already have the first claim.
    if (queue.waiters.empty()) {
        ONPUT_TRY(received, take(queue, waiter, now, effects));
    }
    const bool is_clearing = queue.waiters.empty() && received.messages.empty() && may_take(queue);
    if (!received.messages.empty() || (terms.wait == Duration::zero() && !is_clearing)) {
        effects.answers.push_back({waiter.wait, std::move(received)});
        return waiter.wait;
    }
    if (queue.waiters.size() >= waiters_max) {
        return fail(ErrorCode::resource_exhausted, "too many receives are waiting at this queue",
                    "OverLimit");
    }
    if (is_clearing) {
        waiter.deadline = std::max(waiter.deadline, now + clearing_wait);
        agenda_.activate(queue);
    }
    queue.waiters.push_back(waiter);
    places_.emplace(waiter.wait, Place{.queue = queue.number, .name = waiter.name});
    deadlines_.emplace(waiter.deadline, waiter.wait);
    return waiter.wait;
}

Result<schema::MessagesReceived> Dispatcher::take(Queue& queue, const Waiter& waiter, Timestamp now,
                                                  Effects& effects) {
    schema::MessagesReceived received;
    while (received.messages.size() < waiter.messages_max &&
           queue.messages.count(MessageState::in_flight) < in_flight_max_) {
        ONPUT_TRY(
            auto leased,
            messages_.lease_oldest(
                queue, {.now = now, .visibility = waiter.visibility, .worker = nullptr}, effects));
        if (!leased) break;
        received.messages.push_back(show(queue, *std::move(leased), counters_.receipt_key()));
    }
    return received;
}

Result<void> Dispatcher::serve_waiters(Queue& queue, Timestamp now, Effects& effects) {
    while (!queue.waiters.empty()) {
        const Waiter waiter = queue.waiters.front();
        ONPUT_TRY(auto received, take(queue, waiter, now, effects));
        if (received.messages.empty()) return {};
        queue.waiters.pop_front();
        places_.erase(waiter.wait);
        deadlines_.erase({waiter.deadline, waiter.wait});
        effects.answers.push_back({waiter.wait, std::move(received)});
    }
    return {};
}

void Dispatcher::answer_empty(Queue& queue, std::deque<Waiter>::iterator waiter, Effects& effects) {
    ONPUT_CHECK(waiter != queue.waiters.end());
    effects.answers.push_back({waiter->wait, {}});
    places_.erase(waiter->wait);
    deadlines_.erase({waiter->deadline, waiter->wait});
    queue.waiters.erase(waiter);
}

void Dispatcher::cancel(std::string_view wait_name, Effects& effects) {
    if (wait_name.empty()) return;
    // Rare: a client went away while it waited.
    for (auto place = places_.begin(); place != places_.end();) {
        const auto [wait, where] = *place++;
        if (where.name != wait_name) continue;
        Queue* queue = catalogue_.find(where.queue);
        ONPUT_CHECK(queue != nullptr);
        answer_empty(*queue, std::ranges::find(queue->waiters, wait, &Waiter::wait), effects);
    }
}

void Dispatcher::cancel_all(Queue& queue, Effects& effects) {
    while (!queue.waiters.empty()) answer_empty(queue, queue.waiters.begin(), effects);
}

void Dispatcher::on_time(Timestamp now, Effects& effects) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const WaitId wait = deadlines_.begin()->second;
        Queue* queue = catalogue_.find(places_.at(wait).queue);
        ONPUT_CHECK(queue != nullptr);
        answer_empty(*queue, std::ranges::find(queue->waiters, wait, &Waiter::wait), effects);
    }
    std::vector<std::string> over;
    for (const auto& [place, call] : calls_) {
        if (call.until <= now) over.push_back(place);
    }
    for (const std::string& place : over) give_back(place);
}

std::optional<Timestamp> Dispatcher::next_time() const {
    std::optional<Timestamp> next;
    if (!deadlines_.empty()) next = deadlines_.begin()->first;
    for (const auto& [place, call] : calls_) next = std::min(next.value_or(call.until), call.until);
    return next;
}

void Dispatcher::take_place(const Queue& function, std::string place, Timestamp until) {
    const auto [at, is_new] =
        calls_.try_emplace(std::move(place), Call{.function = function.number, .until = until});
    if (is_new) ++calls_of_[function.number];
}

void Dispatcher::give_back(const std::string& place) {
    const auto call = calls_.find(place);
    if (call == calls_.end()) return;
    const auto count = calls_of_.find(call->second.function);
    if (--count->second == 0) calls_of_.erase(count);
    calls_.erase(call);
    // Jobs may have waited for it.
    reconsider();
}

// --- Workers ----------------------------------------------------------------------------------

std::vector<Worker*> Dispatcher::takers_of(const Queue& queue) const {
    std::vector<Worker*> takers;
    for (const auto& [number, worker] : workers_.all()) {
        if (worker->serves(queue)) takers.push_back(worker.get());
    }
    return takers;
}

std::size_t Dispatcher::free_concurrency(const Queue& queue) const {
    if (!queue.function) return SIZE_MAX;
    const std::string& name = queue.function->function.name;
    const Queue* function = catalogue_.find_function(queue.account, name);
    if (function == nullptr) return SIZE_MAX;
    const auto& reserved = function->function->function.management.reserved_concurrency;
    if (!reserved) return SIZE_MAX;
    std::size_t running = 0;
    if (const auto calls = calls_of_.find(function->number); calls != calls_of_.end())
        running += calls->second;
    for (const Queue* version : catalogue_.versions_of(queue.account, name))
        running += version->messages.count(MessageState::in_flight);
    return *reserved > running ? *reserved - running : 0;
}

std::optional<Dispatcher::Pick> Dispatcher::pick(Queue& queue,
                                                 const std::vector<Worker*>& takers) const {
    const auto least_loaded = [&](auto can_take) {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < takers.size(); ++i) {
            const std::size_t at = (first_taker_ + i) % takers.size();
            if (!can_take(*takers[at])) continue;
            if (!best || takers[at]->held < takers[*best]->held) best = at;
        }
        return best;
    };
    if (const auto best = least_loaded([](const Worker& worker) { return worker.can_take(); })) {
        return Pick{.taker = *best, .among = next_turn(queue, takers)};
    }
    if (!queue.messages.oldest_visible(small_jobs)) return {};
    const auto best = least_loaded([](const Worker& worker) { return worker.can_take_small(); });
    if (!best) return {};
    return Pick{.taker = *best, .among = small_jobs, .is_beside = true};
}

std::span<const JobSize> Dispatcher::next_turn(Queue& queue, const std::vector<Worker*>& takers) {
    if (!queue.messages.oldest_visible(part_jobs)) return whole_jobs;
    if (!queue.messages.oldest_visible(whole_jobs)) return part_jobs;
    std::size_t places = 0;
    std::size_t parts = 0;
    for (const Worker* worker : takers) {
        places += worker->places;
        parts += worker->held_parts;
    }
    if (parts >= std::max<std::size_t>(places / parts_share, 1)) return whole_jobs;
    return queue.is_turn_of_parts ? std::span<const JobSize>(part_jobs) : whole_jobs;
}

Result<std::size_t> Dispatcher::serve_workers(Queue& queue, std::vector<Worker*>& takers,
                                              std::size_t limit, Timestamp now, Effects& effects) {
    std::size_t granted = 0;
    // The unfinished message of each taker.
    struct Frame {
        std::size_t index = SIZE_MAX;  // In effects.grants.
        std::size_t bytes = 0;
    };
    std::vector<Frame> open(takers.size());
    limit = std::min(limit, free_concurrency(queue));
    while (granted < limit &&
           (queue.function || queue.messages.count(MessageState::in_flight) < in_flight_max_)) {
        const auto picked = pick(queue, takers);
        if (!picked) break;
        Worker& worker = *takers[picked->taker];
        ONPUT_TRY(auto leased, messages_.lease_oldest(queue,
                                                      {.now = now,
                                                       .visibility = queue.lane_visibility(),
                                                       .worker = &worker,
                                                       .among = picked->among},
                                                      effects));
        if (!leased) break;
        first_taker_ = picked->taker + 1;
        if (!picked->is_beside) {
            --worker.credit;
            queue.is_turn_of_parts = leased->status.size != JobSize::part;
        }
        ++worker.grants_sent;
        ++granted;
        schema::LaneGrant grant;
        ONPUT_TRY_VOID(messages_.describe_step(queue, leased->record, grant));
        show_grant(queue, *std::move(leased), grant);
        Frame& frame = open[picked->taker];
        if (frame.index == SIZE_MAX || frame.bytes + bytes_of(grant) > grants_bytes_max ||
            effects.grants[frame.index].grants.size() >= schema::lane_grants_max) {
            frame = {.index = effects.grants.size(), .bytes = 0};
            effects.grants.push_back(open_grants(queue, worker));
        }
        frame.bytes += bytes_of(grant);
        effects.grants[frame.index].grants.push_back(std::move(grant));
    }
    return granted;
}

Result<void> Dispatcher::serve(Timestamp now, Effects& effects) {
    // Ends after a whole round in which no queue got anything granted.
    std::size_t idle = 0;
    is_clearing_ = false;
    while (idle < agenda_.active()) {
        Queue* queue = catalogue_.find(*agenda_.pop_active());
        if (queue == nullptr) continue;
        queue->is_active = false;
        ONPUT_TRY_VOID(serve_waiters(*queue, now, effects));
        if (queue->messages.count(MessageState::visible) == 0) continue;
        if (!queue->waiters.empty() && may_take(*queue)) {
            agenda_.activate(*queue);
            is_clearing_ = true;
            ++idle;
            continue;
        }
        std::vector<Worker*> takers = takers_of(*queue);
        // Nobody here to take it: a receive or reconsider() will come back to it.
        if (takers.empty()) continue;
        const std::size_t limit = agenda_.active() == 0 ? SIZE_MAX : grants_per_turn;
        ONPUT_TRY(const std::size_t granted, serve_workers(*queue, takers, limit, now, effects));
        idle = granted == 0 ? idle + 1 : 0;
        if (queue->messages.count(MessageState::visible) > 0) agenda_.activate(*queue);
        if (granted == 0 && may_take(*queue) && free_concurrency(*queue) > 0 &&
            pick(*queue, takers))
            is_clearing_ = true;
    }
    return {};
}

void Dispatcher::shift(Duration by) {
    std::set<std::pair<Timestamp, WaitId>> shifted;
    for (const auto& [deadline, wait] : deadlines_) shifted.emplace(deadline + by, wait);
    deadlines_ = std::move(shifted);
    for (auto& [place, call] : calls_) call.until += by;
}

void Dispatcher::reconsider() {
    catalogue_.for_each([this](Queue& queue) {
        if (queue.messages.count(MessageState::visible) > 0) agenda_.activate(queue);
    });
}

}  // namespace onput::queue
