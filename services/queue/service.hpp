// QueueService: the shell of the queue service. It decodes, calls the core, commits and replies; it
// decides nothing.
//
//     turn:  requests, controls, timer --> core --> store.commit ... at the end: serve, sync once
//            store durable --> ReplyGate --> replies, answers to waiting receives, grants;
//                              Relay --> the notifier, for which nothing waits
//
// Loop thread only. A fault of the store ends the process: its supervisor starts it again from what
// is durable.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/outbox/relay.hpp"
#include "common/runtime/reply_gate.hpp"
#include "common/runtime/service.hpp"
#include "common/store/store.hpp"
#include "common/transport/lane.hpp"
#include "common/transport/request.hpp"
#include "services/queue/config.hpp"
#include "services/queue/core.hpp"

namespace onput::queue {

class QueueService final : public runtime::Service {
public:
    // Opens the store, puts the core's state back and binds the endpoints.
    static Result<std::unique_ptr<runtime::Service>> open(runtime::Process& process,
                                                          const Config& config);

    ~QueueService() override;
    void drain(std::function<void()> done) override;
    [[nodiscard]] std::vector<std::string> waiting_for() const override;
    [[nodiscard]] std::vector<schema::Metric> metrics() const override;

private:
    explicit QueueService(runtime::Process& process) : process_(process) {}

    Result<void> start(const Config& config);
    Result<void> open_store(const Config& config);
    void connect_notifier(const std::string& endpoint);

    using Handler = void (QueueService::*)(const transport::Request&, const Caller&);
    static Handler find_handler(std::string_view method);
    void on_request(const transport::Request& request);
    template <schema::Message M>
    void handle(const transport::Request& request, const Caller& caller);
    void on_receive(const transport::Request& request, const Caller& caller);

    void on_control(const Control& message);
    void on_turn_end();
    void arm_timer();
    void follow_outbox();

    // Commits the effects and hands on the rest once it is durable.
    void apply(Effects effects);
    void commit(store::Batch batch);
    void hand_on(Effects effects);
    void answer(const Answer& answer);
    void reply(const transport::ReplyTo& to, Result<std::string> body);
    // Ends the process when the store failed us.
    void check_store(const Error& error);

    runtime::Process& process_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<runtime::ReplyGate> gate_;
    std::unique_ptr<Core> core_;
    std::unique_ptr<transport::RequestServer> server_;
    std::unique_ptr<transport::LaneHub> hub_;
    std::unique_ptr<outbox::Relay> relay_;  // Nothing: no notifier is configured.
    std::string notifier_endpoint_;
    std::uint64_t followed_event_ = 0;  // The newest of the outbox that was waited for.

    std::unordered_map<WaitId, transport::ReplyTo> waiting_;
    transport::TimerId timer_;
    Timestamp timer_at_ = Timestamp::max();
    bool needs_sync_ = false;
    bool is_draining_ = false;
    // Last: at its end it answers open calls, and those callbacks use all of the above.
    std::unique_ptr<transport::RequestClient> notifier_;
};

}  // namespace onput::queue
