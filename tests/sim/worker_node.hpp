// A speech worker on the real LeaseTable, as common/worker/job_worker.cpp and
// services/tts/runner.cpp drive it: its job downloads a text, takes a while, uploads the result and
// acknowledges. It also serves the plain queue "bulk".
#pragma once

#include <optional>
#include <string>

#include "common/worker/lease_table.hpp"
#include "services/queue/core.hpp"
#include "tests/sim/handovers.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

class QueueNode;

class WorkerNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Handovers& handovers;
        QueueNode& queue;
        Node& storage;
        Changes& changes;
    };
    WorkerNode(const Parts& parts, std::string name);

    // Over its lane.
    void receive(const schema::LaneGrants& grants);
    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    // SIGTERM: finishes what runs, then starts again.
    void drain();
    void cut(Duration time);

    [[nodiscard]] bool is_idle() const {
        return !leases_ || leases_->running() + leases_->waiting() == 0;
    }

private:
    void on_start() override;
    void on_crash() override;

    void say(const queue::Control& message);
    void take(const schema::LaneGrants& grants);
    void start_jobs();
    void run(const worker::LaneJob& job);
    struct Text {
        schema::ResultSource source;
        std::string bytes = {};
    };
    void speak(const worker::LaneJob& job, const Text& text);
    void upload(const worker::LaneJob& job, const Text& text);
    void finish(std::uint64_t lease, Result<std::string> summary);
    void fail_job(std::uint64_t lease, Error error);

    Parts parts_;
    std::unique_ptr<transport::RequestClient> storage_;
    Pipe to_queue_;
    Pipe from_queue_;
    std::optional<worker::LeaseTable> leases_;
    std::string endpoint_;
    std::string worker_id_;
    std::uint64_t epoch_ = 0;
};

}  // namespace onput::sim
