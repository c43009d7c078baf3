// QueueService: the queue service on its host (common/service/host.hpp): the table of its methods
// is the core's (Core::methods); here are the sockets of lanes, and receives that wait.
//
//     requests ─┬─> host ──> core ──> commit, sync ─┬─> replies, grants, answers
//     controls ─┘                                   └─> outbox ──> notifier
//
// No reply waits for the notifier.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/service/host.hpp"
#include "services/queue/config.hpp"
#include "services/queue/core.hpp"

namespace onput::queue {

class QueueService final : public service::Host<Core> {
public:
    // Opens the store, restores the core and binds the endpoints. `platform` outlives it.
    static Result<std::unique_ptr<QueueService>> open(service::Platform& platform,
                                                      const Config& config);
    ~QueueService() override { end_calls(); }

    [[nodiscard]] std::vector<std::string> waiting_for_peers() const override;

private:
    QueueService(service::Platform& platform, const Config& config);
    Result<void> start(const Config& config);

    [[nodiscard]] service::Methods methods() override;
    void hand_on(Effects effects) override;

    void on_receive(transport::Request& request, const Caller& caller);
    void on_control(const Control& message);
    void open_lane(const LaneOpening& lane);
    void answer(const Answer& answer);

    std::unique_ptr<transport::LaneHub> hub_;
    std::unordered_map<WaitId, transport::ReplyTo> waiting_;
};

}  // namespace onput::queue
