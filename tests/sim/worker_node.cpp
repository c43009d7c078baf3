#include "tests/sim/worker_node.hpp"

#include <algorithm>

#include "common/worker/job_worker.hpp"
#include "common/worker/s3_event.hpp"
#include "tests/sim/queue_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration lease_extension = seconds(30);

transport::CallOptions as_worker() {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    return options;
}

std::string lease_name(std::uint64_t lease) {
    return "lane-" + std::to_string(lease);
}

}  // namespace

WorkerNode::WorkerNode(const Parts& parts, std::string name)
    : Node(parts.world, std::move(name)),
      parts_(parts),
      storage_(parts.requests.connect(*this, parts.storage)),
      to_queue_(parts.world, parts.queue),
      from_queue_(parts.world, *this) {}

void WorkerNode::on_start() {
    // Either the same name with a new epoch, or another name: then its old leases end by silence.
    if (worker_id_.empty() || world_.chance(500)) {
        worker_id_ = name() + "-" + std::to_string(life());
    }
    epoch_ = life();
    endpoint_ = "ipc://" + name() + "/" + std::to_string(life());
    leases_.emplace(
        worker::LaneIdentity{.worker_id = worker_id_,
                             .epoch = epoch_,
                             .endpoint = endpoint_,
                             .worker = "tts",
                             .queues = {"bulk", heavy},
                             .account = account},
        static_cast<std::uint32_t>(1 + world_.random.below(world_.chance(250) ? 8 : 4)));
    say(leases_->hello());
    every(schema::lane_heartbeat, [this] {
        if (!leases_->is_draining() || leases_->running() > 0) say(leases_->hello());
    });
    every(lease_extension / 3, [this] {
        auto extend = leases_->extend(lease_extension);
        if (!extend.leases.empty()) say(std::move(extend));
    });
}

void WorkerNode::on_crash() {
    parts_.handovers.died(worker_id_, epoch_);
    if (leases_) {
        for (const auto lease : leases_->hello().leases) {
            parts_.handovers.released(lease_name(lease));
        }
    }
    leases_.reset();
    endpoint_.clear();
}

void WorkerNode::cut(Duration time) {
    to_queue_.cut(time);
    from_queue_.cut(time);
    parts_.handovers.cut_off(worker_id_);
}

void WorkerNode::drain() {
    if (!leases_ || leases_->is_draining()) return;
    world_.note(name() + " drains");
    const auto bye = leases_->drain();
    for (const auto lease : bye.unstarted) parts_.handovers.released(lease_name(lease));
    say(bye);
    if (leases_->running() == 0) fail("drained");
}

void WorkerNode::say(const queue::Control& message) {
    to_queue_.send([queue = &parts_.queue, message] { queue->control(message); });
}

void WorkerNode::receive(const schema::LaneGrants& grants) {
    from_queue_.send([this, living = life(), grants] {
        if (living == life()) take(grants);
    });
}

void WorkerNode::take(const schema::LaneGrants& grants) {
    const auto before = leases_->hello().leases;
    leases_->on_grants(grants);
    for (const auto lease : leases_->hello().leases) {
        if (std::ranges::find(before, lease) == before.end()) {
            parts_.handovers.held(lease_name(lease));
        }
    }
    start_jobs();
}

// --- Jobs -------------------------------------------------------------------------------------

void WorkerNode::start_jobs() {
    while (const auto job = leases_->start_next()) run(*job);
}

void WorkerNode::run(const worker::LaneJob& job) {
    const std::uint64_t lease = job.grant.lease;
    const auto event = worker::parse_s3_event(job.grant.body);
    if (!event && job.grant.queue != heavy) {
        return world_.broken("a job's message is no S3 event");
    }
    if (job.function.empty()) {
        after(world_.between(milliseconds(1), seconds(3)),
              [this, lease] { finish(lease, "read"); });
        return;
    }
    schema::GetObject request;
    request.bucket = event->bucket;
    request.key = event->key;
    transport::call(*storage_, request, as_worker(),
                    [this, job, key = event->key](const Result<schema::ObjectGot>& got,
                                                  const std::vector<transport::Frame>& frames) {
                        if (!got) {
                            parts_.changes.check_refusal(inbox + "/" + key, got.error());
                            return fail_job(job.grant.lease, got.error());
                        }
                        Text text{.source = {.bucket = got->object.bucket,
                                             .key = key,
                                             .sequencer = got->object.sequencer}};
                        for (const auto& frame : frames) text.bytes += frame.view();
                        speak(job, text);
                    });
}

void WorkerNode::speak(const worker::LaneJob& job, const Text& text) {
    const bool is_long = world_.chance(50);
    const Duration takes = is_long ? world_.between(seconds(20), seconds(80))
                                   : world_.between(milliseconds(5), seconds(2));
    after(takes, [this, job, text] {
        const std::uint64_t lease = job.grant.lease;
        const std::string& key = text.source.key;
        if (is_poison(key)) {
            finish(lease, onput::fail(ErrorCode::internal, "the child crashed", "job_crashed"));
        } else if (is_refused(key)) {
            finish(lease, onput::fail(ErrorCode::invalid_argument, "not a text", "not_text"));
        } else {
            upload(job, text);
        }
    });
}

void WorkerNode::upload(const worker::LaneJob& job, const Text& text) {
    const std::string result = speech_of(text.bytes);
    schema::PutObject object;
    object.bucket = job.environment.at("OUTPUT_BUCKET");
    object.key = result_key_of(text.source.key);
    object.size_bytes = result.size();
    object.etag = "etag of " + text.bytes;
    object.idempotency_key = job.grant.message_id;
    object.source = text.source;
    parts_.changes.intended(object, result);
    auto options = as_worker();
    options.trace = job.grant.trace;
    options.attachments.push_back(transport::Frame::copy_of(result));
    transport::call(
        *storage_, object, std::move(options),
        [this, lease = job.grant.lease](const Result<schema::ObjectPut>& put, const auto&) {
            if (!put && put.error().reason == "superseded")
                return finish(lease, put.error().message);
            if (!put) return fail_job(lease, put.error());
            parts_.changes.acknowledged(put->event_id);
            // The moment in which a death costs most: the result is there and nobody knows.
            if (world_.faults.loss_permille > 0 && world_.chance(30))
                return Node::fail("at the ack");
            finish(lease, "s3://" + put->event_id);
        });
}

// As the runner of the speech worker tells errors of storage.
void WorkerNode::fail_job(std::uint64_t lease, Error error) {
    if (error.reason == "no_such_key") error.code = ErrorCode::invalid_argument;
    if (error.code == ErrorCode::timeout) error.code = ErrorCode::unavailable;
    finish(lease, std::unexpected(std::move(error)));
}

void WorkerNode::finish(std::uint64_t lease, Result<std::string> summary) {
    parts_.handovers.released(lease_name(lease));
    if (summary) {
        schema::JobOutcome outcome{.summary = std::move(*summary)};
        outcome.outputs.emplace_back().name = "speech";
        say(leases_->succeed(lease, std::move(outcome)));
    } else {
        const Error& error = summary.error();
        say(leases_->fail(lease, {.code = error.reason.empty() ? std::string(to_string(error.code))
                                                               : error.reason,
                                  .message = error.message,
                                  .is_permanent = error.code == ErrorCode::invalid_argument,
                                  .is_counted = !worker::is_of_house(error)}));
    }
    if (leases_->is_draining() && leases_->running() == 0) Node::fail("drained");
}

}  // namespace onput::sim
