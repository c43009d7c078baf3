// MoverNode: an administrator of two queues. It sends to one, and has its messages moved to the
// other by tasks, some slow, some cancelled, started again and again, whoever dies meanwhile. A
// task that runs goes on, whatever the clock does. In the end all is to be in the other, whose
// reader has each message; QueueChecks sees to it that none is there twice.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "common/schema/dead_letters.hpp"
#include "tests/sim/handovers.hpp"
#include "tests/sim/requests.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {

inline const std::string move_source = "lost";
inline const std::string move_target = "found";

class MoverNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        const Handovers& handovers;
        ServiceNode& queue;
    };
    explicit MoverNode(const Parts& parts)
        : Node(parts.world, "mover"),
          handovers_(parts.handovers),
          queue_node_(parts.queue),
          queue_(parts.requests.connect(*this, parts.queue)) {}

    void stop() { is_stopped_ = true; }
    // Nothing is left to be moved.
    [[nodiscard]] bool is_idle() const { return is_stopped_ && is_done_; }
    // Everything that was sent has been read.
    void check_end() const;

private:
    void on_start() override { rest(); }
    void on_crash() override {}

    void rest();
    void act();
    void send();
    void start_task();
    void cancel();
    void list();
    // Of a task that runs, as the queue service told it when it was asked.
    void see_progress(const schema::MoveTaskInfo& task, Duration asked_at);

    template <schema::Message M, typename Done>
    void ask(const M& request, Done done);

    // How far a task was when it was seen last, and since when it has been there.
    struct Progress {
        std::string task;
        std::uint64_t moved = 0;
        std::uint64_t life = 0;  // Of the queue service.
        Duration since{};
    };

    const Handovers& handovers_;
    const ServiceNode& queue_node_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::set<std::string> sent_;       // Texts.
    std::set<std::string> cancelled_;  // Handles of tasks.
    std::string task_;                 // The handle of the newest, when it is known.
    Progress progress_;
    std::uint64_t texts_ = 0;
    bool is_stopped_ = false;
    bool is_done_ = false;
};

}  // namespace onput::sim
