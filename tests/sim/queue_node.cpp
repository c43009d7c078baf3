#include "tests/sim/queue_node.hpp"

#include <algorithm>
#include <set>

#include "common/base/check.hpp"
#include "services/queue/messages/rows.hpp"
#include "tests/sim/notifier_node.hpp"
#include "tests/sim/worker_node.hpp"

namespace onput::sim {
namespace {

// As the workers' jobs, long enough to live through most stalls and short enough to end often.
constexpr std::uint32_t visibility_s = 8;

const std::string policy = R"({"Statement":[{"Effect":"Allow",)"
                           R"("Principal":{"Service":["s3.amazonaws.com","sns.amazonaws.com"]},)"
                           R"("Action":"sqs:SendMessage","Resource":"*"}]})";

std::string lease_name(std::uint64_t lease) {
    return "lane-" + std::to_string(lease);
}

}  // namespace

void QueueNode::connect(std::vector<WorkerNode*> workers, NotifierNode& notifier) {
    workers_ = std::move(workers);
    relay_.connect(notifier, [&notifier](const auto& request, const auto& events, auto answer) {
        notifier.append(request, events, std::move(answer));
    });
}

void QueueNode::open() {
    core_ =
        std::make_unique<queue::Core>(store_, Random(world_.random.next()), queue::CoreOptions{});
    ONPUT_CHECK(core_->restore(world_.wall()));
    core_->check_invariants();
    followed_event_ = core_->outbox().last();
    relay_.start(core_->outbox(), core_->source());
    timer_at_ = Timestamp::max();
    ++timer_;
    needs_sync_ = false;
    handovers_.queue_started();
    arm_timer();
}

void QueueNode::close() {
    handovers_.queue_crashed();
    core_.reset();
    waiting_.clear();
    lanes_.clear();
}

void QueueNode::set_up() {
    const auto run = [this](const auto& request) {
        queue::Effects effects;
        ONPUT_CHECK(core_->execute(request, caller(), effects).has_value());
        apply(std::move(effects));
    };
    const std::map<std::string, std::string> attributes{
        {"Policy", policy}, {"VisibilityTimeout", std::to_string(visibility_s)}};
    for (const char* name : {"changes", "bulk", "told", "unsent"}) {
        run(schema::CreateQueue{.name = name, .attributes = attributes, .tags = {}});
    }
    run(schema::CreateQueue{.name = "dead", .attributes = {}, .tags = {}});
    schema::FunctionInfo speech;
    speech.name = "speech";
    speech.worker = "tts";
    speech.environment = {{"OUTPUT_BUCKET", outbox}};
    speech.retries_max = speech_retries_max;
    speech.success_topic_arn = told_good_arn;
    speech.failure_topic_arn = told_bad_arn;
    speech.dead_letter_arn = "arn:aws:sqs:us-east-1:" + account + ":dead";
    run(schema::PutFunction{.function = speech});
    store_.sync();
    store_.complete_sync();
}

queue::Caller QueueNode::caller() const {
    return {.principal = {.account = account, .id = "AKID"}, .trace = {}, .now = world_.wall()};
}

bool QueueNode::is_fault(const Error& error) {
    return queue::is_store_fault(error);
}

double QueueNode::metric(const std::string& name) const {
    for (const auto& metric : core_->metrics(world_.wall())) {
        if (metric.name == name) return metric.value;
    }
    ONPUT_CHECK(false);
}

// --- Requests ---------------------------------------------------------------------------------

void QueueNode::deliver(const schema::Deliver& message, Answer<schema::Delivered> answer) {
    const bool is_of_topic = Tellings::is_of_topic(message);
    if (message.source.ends_with("/dlq")) {
        for (const auto& item : message.items) handovers_.may_come_twice(item.message_id);
    }
    queue::Effects effects;
    auto result = core_->execute(message, caller(), effects);
    check_store(result);
    world_.expect(!result || result->refused.empty(), "the queue refused an event");
    apply(std::move(effects));
    when_durable([this, message, is_of_topic, answer = std::move(answer), result] {
        if (result && is_of_topic) tellings_.taken(message, result->through);
        if (result && !is_of_topic) handovers_.taken(message, result->through);
        answer(result);
    });
}

void QueueNode::receive(const schema::ReceiveMessages& request,
                        Answer<schema::MessagesReceived> answer) {
    queue::Effects effects;
    const auto wait = core_->execute(request, caller(), effects);
    check_store(wait);
    if (wait) waiting_.emplace(*wait, answer);
    apply(std::move(effects));
    if (!wait) when_durable([answer, error = wait.error()] { answer(std::unexpected(error)); });
}

void QueueNode::remove(const schema::RemoveMessages& request, Answer<schema::EntriesDone> answer) {
    queue::Effects effects;
    auto result = core_->execute(request, caller(), effects);
    check_store(result);
    apply(std::move(effects));
    when_durable([this, request, answer = std::move(answer), result] {
        for (const auto& entry : request.entries) {
            const auto* lease = handovers_.find(entry.receipt_handle);
            if (result && lease != nullptr) handovers_.acknowledged(lease->message_id);
        }
        answer(result);
    });
}

// --- Lanes ------------------------------------------------------------------------------------

void QueueNode::control(const queue::Control& message) {
    const auto* ack = std::get_if<schema::LaneAck>(&message);
    const double acks = ack == nullptr ? 0 : metric("onput_lane_acks_total");
    std::visit([this](const auto& said) { handovers_.heard(said.worker_id); }, message);
    queue::Effects effects;
    check_store(core_->control(message, world_.wall(), effects));
    apply(std::move(effects));
    if (ack == nullptr || metric("onput_lane_acks_total") == acks) return;
    ONPUT_CHECK(ack->leases.size() == 1);
    const auto* lease = handovers_.find(lease_name(ack->leases.front()));
    done_.emplace_back(store_.last_ticket(), lease->message_id);
    when_durable([this, ticket = store_.last_ticket()] { tell_done(ticket); });
}

void QueueNode::tell_done(store::Ticket durable) {
    while (!done_.empty() && done_.front().first <= durable) {
        handovers_.acknowledged(done_.front().second);
        handovers_.job_done(done_.front().second);
        done_.pop_front();
    }
}

void QueueNode::on_survived(store::Ticket survives) {
    tell_done(survives);
    done_.clear();
}

void QueueNode::send(const schema::LaneGrants& grants) {
    const auto lane = lanes_.find(grants.worker_id);
    if (lane == lanes_.end()) return;
    for (WorkerNode* worker : workers_) {
        if (worker->endpoint() == lane->second) worker->receive(grants);
    }
}

// --- Turns ------------------------------------------------------------------------------------

void QueueNode::apply(queue::Effects effects) {
    if (!effects.writes.empty()) {
        commit(std::move(effects.writes));
        needs_sync_ = true;
    }
    if (is_failing()) return;
    follow(effects);
    if (effects.answers.empty() && effects.grants.empty() && effects.lanes_closed.empty() &&
        effects.lanes_opened.empty()) {
        return;
    }
    when_durable([this, rest = std::move(effects)] { hand_on(rest); });
}

// Tells the checker of every lease at the moment it is made.
void QueueNode::follow(const queue::Effects& effects) {
    const auto until = [this](Timestamp visible_at) {
        return world_.elapsed() + (visible_at - world_.wall());
    };
    for (const auto& grants : effects.grants) {
        for (const auto& grant : grants.grants) {
            handovers_.leased(lease_name(grant.lease), {.message_id = grant.message_id,
                                                        .worker_id = grants.worker_id,
                                                        .epoch = grants.epoch,
                                                        .attempt = grant.attempt,
                                                        .until = until(grant.visible_at)});
        }
    }
    for (const auto& answer : effects.answers) {
        for (const auto& message : answer.received.messages) {
            handovers_.leased(message.receipt_handle,
                              {.message_id = message.message_id,
                               .worker_id = {},
                               .attempt = message.receive_count,
                               .until = world_.elapsed() + seconds(visibility_s)});
        }
    }
}

void QueueNode::hand_on(const queue::Effects& effects) {
    for (const auto& worker : effects.lanes_closed) lanes_.erase(worker);
    for (const auto& lane : effects.lanes_opened) {
        lanes_.insert_or_assign(lane.worker_id, lane.endpoint);
    }
    // In the order of the leases: grants are grouped by worker.
    std::set<std::uint64_t> leases;
    for (const auto& grants : effects.grants) {
        for (const auto& grant : grants.grants) leases.insert(grant.lease);
    }
    for (const std::uint64_t lease : leases) handovers_.sent(lease_name(lease));
    for (const auto& grants : effects.grants) {
        core_->sent(grants, world_.wall());
        send(grants);
    }
    for (const auto& answer : effects.answers) {
        for (const auto& message : answer.received.messages) {
            handovers_.sent(message.receipt_handle);
        }
        const auto found = waiting_.find(answer.wait);
        if (found == waiting_.end()) continue;
        found->second(answer.received);
        waiting_.erase(found);
    }
}

void QueueNode::on_turn_end() {
    queue::Effects effects;
    check_store(core_->serve(world_.wall(), effects));
    apply(std::move(effects));
    if (is_failing()) return;
    follow_outbox();
    if (needs_sync_) sync();
    needs_sync_ = false;
    core_->check_invariants();
    arm_timer();
}

void QueueNode::follow_outbox() {
    const std::uint64_t last = core_->outbox().last();
    if (last == followed_event_) return;
    followed_event_ = last;
    when_durable([this, last] {
        core_->outbox().on_durable(last);
        relay_.pump();
    });
}

void QueueNode::arm_timer() {
    const Timestamp now = world_.wall();
    const Timestamp next = core_->next_wakeup(now);
    if (next >= timer_at_) return;
    timer_at_ = next;
    const std::uint64_t timer = ++timer_;
    after(std::max(Duration::zero(), next - now), [this, timer] {
        if (timer != timer_) return;
        timer_at_ = Timestamp::max();
        queue::Effects effects;
        check_store(core_->on_time(world_.wall(), effects));
        apply(std::move(effects));
    });
}

bool QueueNode::is_idle() const {
    return core_ && held() == 0 && core_->outbox().waiting() == 0 &&
           metric("onput_queue_all_messages") == 0;
}

}  // namespace onput::sim
