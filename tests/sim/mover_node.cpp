#include "tests/sim/mover_node.hpp"

#include <utility>

#include <fmt/format.h>

namespace onput::sim {
namespace {

constexpr std::uint64_t entries_max = 8;
// Slow enough that the clock is set while tasks run.
constexpr std::uint64_t rate_max = 2;
// A task with work moves a message a second at least; a stopped process and a slow disk cost less
// than this.
constexpr Duration standstill_max = seconds(12);

std::string arn_of(const std::string& queue) {
    return fmt::format("arn:aws:sqs:us-east-1:{}:{}", account, queue);
}

}  // namespace

template <schema::Message M, typename Done>
void MoverNode::ask(const M& request, Done done) {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    transport::call(
        *queue_, request, std::move(options),
        [this, done = std::move(done)](const Result<typename M::Reply>& reply, const auto&) {
            done(reply);
            rest();
        });
}

void MoverNode::rest() {
    after(world_.between(milliseconds(50), seconds(3)), [this] { act(); });
}

void MoverNode::act() {
    const std::uint64_t kind = world_.random.below(20);
    if (is_stopped_) return kind < 10 ? start_task() : list();
    if (kind < 7) return send();
    if (kind < 13) return start_task();
    kind == 13 && !task_.empty() ? cancel() : list();
}

void MoverNode::send() {
    schema::SendMessages request{.name = move_source};
    for (std::uint64_t i = world_.random.below(entries_max) + 1; i > 0; --i) {
        auto& entry = request.entries.emplace_back();
        entry.id = std::to_string(i);
        entry.body = fmt::format("moved text {}", ++texts_);
    }
    ask(request, [this, request](const Result<schema::MessagesSent>& sent) {
        if (!sent) return;
        for (std::size_t i = 0; i < sent->entries.size(); ++i) {
            if (sent->entries[i].error_reason.empty()) sent_.insert(request.entries[i].body);
        }
    });
}

void MoverNode::start_task() {
    schema::StartMoveTask request{.source_arn = arn_of(move_source),
                                  .destination_arn = arn_of(move_target)};
    if (world_.chance(850)) {
        request.rate = static_cast<std::uint32_t>(1 + world_.random.below(rate_max));
    }
    ask(request, [this](const Result<schema::MoveTaskStarted>& started) {
        if (started) task_ = started->task_handle;
    });
}

void MoverNode::cancel() {
    ask(schema::CancelMoveTask{.task_handle = task_},
        [this, task = task_](const Result<schema::MoveTaskCancelled>& cancelled) {
            if (cancelled) cancelled_.insert(task);
        });
}

void MoverNode::list() {
    ask(schema::ListMoveTasks{.source_arn = arn_of(move_source), .tasks_max = 10},
        [this, asked_at = world_.elapsed()](const Result<schema::MoveTaskList>& list) {
            if (!list) return;
            std::size_t running = 0;
            for (const auto& task : list->tasks) {
                if (task.status != "RUNNING") continue;
                ++running;
                see_progress(task, asked_at);
                world_.expect(!cancelled_.contains(task.task_handle),
                              "a task runs that was cancelled");
            }
            world_.expect(running <= 1, "two tasks of one queue run");
            // One that found nothing to do is the last.
            is_done_ = is_stopped_ && running == 0 && !list->tasks.empty() &&
                       list->tasks.front().status == "COMPLETED" &&
                       list->tasks.front().to_move == 0;
        });
}

void MoverNode::see_progress(const schema::MoveTaskInfo& task, Duration asked_at) {
    const Progress now{.task = task.task_handle,
                       .moved = task.moved,
                       .life = queue_node_.life(),
                       .since = world_.elapsed()};
    const bool is_the_same = now.task == progress_.task && now.moved == progress_.moved &&
                             now.life == progress_.life &&
                             queue_node_.full_until() < progress_.since;
    if (!is_the_same) {
        progress_ = now;
        return;
    }
    world_.expect(asked_at - progress_.since < standstill_max, "a task runs and moves nothing");
}

void MoverNode::check_end() const {
    for (const auto& text : sent_) {
        world_.expect(handovers_.is_found(text), "a moved message never reached a reader: " + text);
    }
}

}  // namespace onput::sim
