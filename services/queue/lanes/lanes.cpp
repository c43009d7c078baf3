#include "services/queue/lanes/lanes.hpp"

#include <algorithm>
#include <array>

#include "common/base/check.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

// Errors of jobs for which storage had no room: it is hardly there at once.
constexpr std::array<std::string_view, 3> lacks_of_room{"storage_full", "storage_busy",
                                                        "slow_down"};

// The wait before retry number `attempts`: the function's delay, doubled for each further one.
Duration retry_delay(const schema::FunctionInfo& function, std::uint32_t attempts) {
    const std::uint32_t doublings = std::min(attempts - 1, 16U);
    return std::chrono::seconds(std::uint64_t{function.retry_delay_s} << doublings);
}

// What a worker says is bounded: it is kept with the job, logged, and sent to topics.
Failure failure_of(const schema::LaneNack& nack) {
    Failure failure{.code = cut_bytes(nack.error_code, failure_code_bytes_max),
                    .message = cut_bytes(nack.error_message, failure_message_bytes_max),
                    .disposition = cut_bytes(nack.disposition, failure_disposition_bytes_max)};
    if (nack.response.size() <= schema::job_response_bytes_max) failure.response = nack.response;
    if (failure.code.empty()) failure.code = "job.failed";
    return failure;
}

bool is_allowed(const schema::LaneSplit& split) {
    const auto is_short = [](const std::string& task) {
        return task.size() <= schema::part_task_bytes_max;
    };
    return !split.tasks.empty() && split.tasks.size() <= schema::job_parts_max &&
           split.plan.size() <= schema::split_plan_bytes_max &&
           std::ranges::all_of(split.tasks, is_short);
}

bool has_changed(const Worker& worker, const schema::LaneHello& hello) {
    return worker.endpoint != hello.endpoint || worker.kind != hello.worker ||
           worker.account != hello.account || worker.queues != hello.queues;
}

}  // namespace

Worker* Lanes::speaker(const std::string& id, std::uint64_t epoch, Timestamp now) {
    Worker* worker = workers_.find(id);
    if (worker == nullptr || worker->epoch != epoch) return nullptr;
    worker->heard_at = now;
    return worker;
}

const LaneLease* Lanes::held_lease(const Worker& worker, LeaseId lease) {
    const LaneLease* found = workers_.find_lease(lease);
    if (found != nullptr && found->worker == worker.number) return found;
    ++stats_.stale;
    return nullptr;
}

// --- Registration -----------------------------------------------------------------------------

Result<void> Lanes::hello(const schema::LaneHello& message, Timestamp now, Effects& effects) {
    if (message.worker_id.empty() || message.endpoint.empty()) {
        return fail(ErrorCode::invalid_argument, "a hello without a worker id or an endpoint");
    }
    Worker* worker = workers_.find(message.worker_id);
    // Late words of a process that has been replaced.
    if (worker != nullptr && message.epoch < worker->epoch) return {};
    if (worker != nullptr && message.epoch > worker->epoch) {
        ONPUT_TRY_VOID(return_all(*worker,
                                  {.code = "job.worker_lost", .message = "its worker started anew"},
                                  now, effects));
        effects.lanes_closed.push_back(worker->id);
        workers_.remove(worker->number);
        worker = nullptr;
    }
    if (worker == nullptr) {
        if (workers_.all().size() >= workers_max) {
            return fail(ErrorCode::resource_exhausted, "too many workers");
        }
        worker = &workers_.add(message.worker_id, message.epoch, now);
    }
    worker->heard_at = now;
    worker->places = message.places;
    worker->call_endpoint = message.call_endpoint;
    worker->call_places = message.call_places;
    if (has_changed(*worker, message)) register_worker(*worker, message, effects);
    return reconcile(*worker, message, now, effects);
}

void Lanes::register_worker(Worker& worker, const schema::LaneHello& message, Effects& effects) {
    if (worker.endpoint != message.endpoint) {
        effects.lanes_opened.push_back({.worker_id = worker.id, .endpoint = message.endpoint});
        // What went to another endpoint, or came from an earlier run of the queue, is not counted
        // on any more.
        worker.grants_sent = message.grants_received;
    }
    worker.endpoint = message.endpoint;
    worker.kind = message.worker;
    worker.account = message.account;
    worker.queues = message.queues;
    dispatcher_.reconsider();
}

Result<void> Lanes::reconcile(Worker& worker, const schema::LaneHello& message, Timestamp now,
                              Effects& effects) {
    const auto is_ours = [&](std::uint64_t lease) {
        const LaneLease* found = workers_.find_lease(LeaseId(lease));
        return found != nullptr && found->worker == worker.number;
    };
    std::uint32_t on_their_way = 0;
    // Nearly always it lists all that it holds, and nothing needs to be looked for.
    if (std::cmp_less(std::ranges::count_if(message.leases, is_ours), worker.held)) {
        ONPUT_TRY(on_their_way, return_lost(worker, message, now, effects));
    }
    worker.grants_sent = message.grants_received + on_their_way;
    const std::uint32_t free = std::min(message.credit, schema::lane_credit_max);
    worker.credit = free > on_their_way ? free - on_their_way : 0;
    return {};
}

Result<std::uint32_t> Lanes::return_lost(Worker& worker, const schema::LaneHello& message,
                                         Timestamp now, Effects& effects) {
    std::vector<std::uint64_t> listed = message.leases;
    std::ranges::sort(listed);
    const bool has_all_grants = message.grants_received >= worker.grants_sent;
    std::uint32_t on_their_way = 0;
    for (const auto& [lease, held] : workers_.leases_of(worker.number)) {
        if (std::ranges::binary_search(listed, lease.get())) continue;
        const bool may_come = !held.sent_at || *held.sent_at + lane_silence > now;
        if (!has_all_grants && may_come) {
            ++on_their_way;
            continue;
        }
        ++stats_.grants_lost;
        ONPUT_TRY_VOID(end_attempt(held,
                                   {.now = now,
                                    .visible_at = now,
                                    .attempt = Messages::Attempt::uncounted,
                                    .what = "released",
                                    .detail = "never reached worker " + worker.id},
                                   effects));
    }
    return on_their_way;
}

Result<void> Lanes::credit(const schema::LaneCredit& message, Timestamp now, Effects&) {
    Worker* worker = speaker(message.worker_id, message.epoch, now);
    if (worker == nullptr) return {};
    worker->credit = std::min(worker->credit + std::min(message.credit, schema::lane_credit_max),
                              schema::lane_credit_max);
    return {};
}

Result<void> Lanes::bye(const schema::LaneBye& message, Timestamp now, Effects& effects) {
    Worker* worker = speaker(message.worker_id, message.epoch, now);
    if (worker == nullptr) return {};
    worker->is_leaving = true;
    for (const std::uint64_t lease : message.unstarted) {
        const LaneLease* held = held_lease(*worker, LeaseId(lease));
        // A copy: ending the lease ends *held too.
        if (held != nullptr) ONPUT_TRY_VOID(give_back(*worker, LaneLease(*held), now, effects));
    }
    if (!message.names_running) return {};
    // What was granted in that moment is on its way to a worker that takes nothing any more, and
    // that may have ended before it could say so: by its silence the job would count as lost.
    std::vector<std::uint64_t> running = message.running;
    std::ranges::sort(running);
    for (const auto& [lease, held] : workers_.leases_of(worker->number)) {
        if (std::ranges::binary_search(running, lease.get())) continue;
        ONPUT_TRY_VOID(give_back(*worker, held, now, effects));
    }
    return {};
}

Result<void> Lanes::give_back(const Worker& leaving, const LaneLease& lease, Timestamp now,
                              Effects& effects) {
    return end_attempt(lease,
                       {.now = now,
                        .visible_at = now,
                        .attempt = Messages::Attempt::uncounted,
                        .what = "released",
                        .detail = "worker " + leaving.id + " is leaving"},
                       effects);
}

// --- Leases -----------------------------------------------------------------------------------

Result<void> Lanes::ack(const schema::LaneAck& message, Timestamp now, Effects& effects) {
    Worker* worker = speaker(message.worker_id, message.epoch, now);
    if (worker == nullptr) {
        stats_.stale += message.leases.size();
        return {};
    }
    static const schema::JobOutcome nothing_said;
    const bool has_outcomes = message.outcomes.size() == message.leases.size();
    for (std::size_t i = 0; i < message.leases.size(); ++i) {
        const LaneLease* held = held_lease(*worker, LeaseId(message.leases[i]));
        // A stale one frees no credit: the next hello says what is free.
        if (held == nullptr) continue;
        Queue* queue = catalogue_.find(held->queue);
        ONPUT_CHECK(queue != nullptr);
        const MessageNumber number = held->message;
        worker->free_place();
        ONPUT_TRY_VOID(messages_.remove(
            *queue, number, now, has_outcomes ? message.outcomes[i] : nothing_said, effects));
        ++stats_.acks;
    }
    return {};
}

std::optional<Lanes::Answered> Lanes::take_answer(const auto& message, Timestamp now) {
    Worker* worker = speaker(message.worker_id, message.epoch, now);
    if (worker == nullptr) {
        ++stats_.stale;
        return {};
    }
    const LaneLease* found = held_lease(*worker, LeaseId(message.lease));
    if (found == nullptr) return {};
    const Answered answered{.lease = *found, .queue = catalogue_.find(found->queue)};
    ONPUT_CHECK(answered.queue != nullptr);
    worker->free_place();
    return answered;
}

Result<void> Lanes::nack(const schema::LaneNack& message, Timestamp now, Effects& effects) {
    const auto answered = take_answer(message, now);
    if (!answered) return {};
    const auto& [lease, queue] = *answered;
    ++stats_.nacks;
    const Failure failure = failure_of(message);
    if (message.is_settled) return messages_.refuse(*queue, lease.message, failure, now, effects);
    if (message.is_permanent) {
        ONPUT_TRY(const bool is_dead_lettered,
                  messages_.dead_letter(*queue, lease.message, failure, now, effects));
        if (is_dead_lettered) return {};
    }
    Messages::Return back{.now = now, .visible_at = now, .what = "released"};
    back.detail = failure.code + ": " + failure.message;
    back.failure = failure;
    if (!message.is_counted) {
        back.attempt = Messages::Attempt::uncounted;
        if (std::ranges::find(lacks_of_room, failure.code) != lacks_of_room.end()) {
            back.visible_at += nack_delay;
        }
    } else {
        const std::uint32_t attempts = queue->messages.find(lease.message)->receive_count;
        back.what = "failed";
        back.visible_at +=
            queue->function ? retry_delay(queue->function->function, attempts) : nack_delay;
    }
    return end_attempt(lease, back, effects);
}

Result<void> Lanes::split(const schema::LaneSplit& message, Timestamp now, Effects& effects) {
    const auto answered = take_answer(message, now);
    if (!answered) return {};
    const auto& [lease, queue] = *answered;
    ONPUT_TRY(const bool is_whole, messages_.is_whole_job(*queue, lease.message));
    if (is_whole && is_allowed(message))
        return messages_.split(*queue, lease.message, message, now, effects);
    ++stats_.nacks;
    const Failure refused{.code = "job.bad_split",
                          .message = "its worker asked for parts that the queue does not make"};
    ONPUT_TRY(const bool is_dead_lettered,
              messages_.dead_letter(*queue, lease.message, refused, now, effects));
    if (is_dead_lettered) return {};
    return end_attempt(lease,
                       {.now = now,
                        .visible_at = now + nack_delay,
                        .what = "failed",
                        .detail = refused.code,
                        .failure = refused},
                       effects);
}

Result<void> Lanes::extend(const schema::LaneExtend& message, Timestamp now, Effects& effects) {
    Worker* worker = speaker(message.worker_id, message.epoch, now);
    if (worker == nullptr) {
        stats_.stale += message.leases.size();
        return {};
    }
    const auto extension =
        std::chrono::milliseconds(std::min(message.visibility_ms, extension_ms_max));
    for (const std::uint64_t lease : message.leases) {
        const LaneLease* held = held_lease(*worker, LeaseId(lease));
        if (held == nullptr) continue;
        Queue* queue = catalogue_.find(held->queue);
        ONPUT_CHECK(queue != nullptr);
        messages_.extend(*queue, held->message, now + extension, effects);
    }
    return {};
}

Result<void> Lanes::end_attempt(const LaneLease& lease, const Messages::Return& back,
                                Effects& effects) {
    Queue* queue = catalogue_.find(lease.queue);
    ONPUT_CHECK(queue != nullptr);
    const MessageStatus* status = queue->messages.find(lease.message);
    // Gone with another part of its job that has failed for good.
    if (status == nullptr) return {};
    ONPUT_CHECK(status->state == MessageState::in_flight);
    ONPUT_TRY(const bool is_one_attempt, messages_.is_batch(*queue, lease.message));
    ONPUT_TRY(const std::uint32_t most, messages_.receives_max(*queue, {lease.message, *status}));
    const bool is_last =
        queue->function &&
        ((is_one_attempt && back.attempt != Messages::Attempt::uncounted) ||
         (back.attempt == Messages::Attempt::counted && status->receives_here() >= most) ||
         (back.attempt == Messages::Attempt::lost && status->losses + 1U >= worker_losses_max));
    if (!is_last) return messages_.give_back(*queue, lease.message, back, effects);
    Failure failure = back.failure;
    if (back.attempt == Messages::Attempt::lost) {
        ONPUT_TRY(failure,
                  messages_.with_history(*queue, lease.message, *status, std::move(failure)));
    }
    ONPUT_TRY(const bool is_dead_lettered,
              messages_.dead_letter(*queue, lease.message, failure, back.now, effects));
    ONPUT_CHECK(is_dead_lettered);
    return {};
}

Result<void> Lanes::return_all(const Worker& worker, const Failure& failure, Timestamp now,
                               Effects& effects) {
    for (const auto& [lease, held] : workers_.leases_of(worker.number)) {
        // A message of a plain queue was received, as its count says; a job has not had its turn.
        const Queue* queue = catalogue_.find(held.queue);
        const bool is_job = queue != nullptr && queue->function;
        ONPUT_TRY_VOID(
            end_attempt(held,
                        {.now = now,
                         .visible_at = now,
                         .attempt = is_job ? Messages::Attempt::lost : Messages::Attempt::counted,
                         .what = "released",
                         .detail = "worker " + worker.id + ": " + failure.message,
                         .failure = failure},
                        effects));
    }
    return {};
}

// --- Time -------------------------------------------------------------------------------------

void Lanes::sent(const schema::LaneGrants& grants, Timestamp now) {
    for (const auto& grant : grants.grants) workers_.mark_sent(LeaseId(grant.lease), now);
}

void Lanes::restart_silence(Timestamp now) {
    workers_.restart_silence(now);
}

void Lanes::lane_failed(std::string_view worker_id) {
    Worker* worker = workers_.find(worker_id);
    if (worker != nullptr) worker->endpoint.clear();
}

Result<void> Lanes::on_time(Timestamp now, Effects& effects) {
    std::vector<WorkerNumber> silent;
    for (const auto& [number, worker] : workers_.all()) {
        if (worker->heard_at + lane_silence <= now) silent.push_back(number);
    }
    for (const WorkerNumber number : silent) {
        const Worker& worker = *workers_.find(number);
        ONPUT_TRY_VOID(return_all(worker,
                                  {.code = "job.worker_lost", .message = "its worker fell silent"},
                                  now, effects));
        if (!worker.is_leaving) ++stats_.workers_lost;
        effects.lanes_closed.push_back(worker.id);
        workers_.remove(number);
    }
    return {};
}

std::optional<Timestamp> Lanes::next_time() const {
    std::optional<Timestamp> next;
    for (const auto& [number, worker] : workers_.all()) {
        const Timestamp silent_at = worker->heard_at + lane_silence;
        if (!next || silent_at < *next) next = silent_at;
    }
    return next;
}

}  // namespace onput::queue
