// NotifierService: the shell around NotifierCore. Decodes requests, commits what the core writes,
// publishes and sends what it says, and answers; decides nothing.
//
//     ROUTER requests in | XPUB the bus out | DEALER to the queue service | HTTP and SMTP out
//
// A turn commits each command's batch at once and syncs at its end if an answer waits for it.
// Events are published and sent to destinations in the moment they are durable. What destinations
// acknowledge is committed without a sync of its own: it becomes durable with the next append, or
// after ack_sync_interval; losing it in a crash only repeats deliveries: the queue recognises them,
// an endpoint outside sees the same message id again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/reply_gate.hpp"
#include "common/runtime/service.hpp"
#include "common/store/store.hpp"
#include "common/transport/bus.hpp"
#include "common/transport/request.hpp"
#include "services/notifier/config.hpp"
#include "services/notifier/core.hpp"
#include "services/notifier/delivery/check.hpp"
#include "services/notifier/outbound/outbound.hpp"
#include "services/notifier/writer.hpp"

namespace onput::notifier {

inline constexpr Duration heartbeat_interval = std::chrono::seconds(1);
inline constexpr Duration ack_sync_interval = std::chrono::milliseconds(200);
inline constexpr std::size_t open_checks_max = 1000;
// A process that stops waits so long for endpoints outside; what they took unheard is sent again.
inline constexpr Duration outside_drain_max = std::chrono::seconds(2);

class NotifierService : public runtime::Service {
public:
    static Result<std::unique_ptr<runtime::Service>> open(runtime::Process& process,
                                                          const Config& config);

    // Use open. Public for std::make_unique only.
    NotifierService(runtime::Process& process, const Config& config);
    ~NotifierService() override;

    void drain(std::function<void()> done) override;
    [[nodiscard]] std::vector<std::string> waiting_for() const override;
    [[nodiscard]] std::vector<schema::Metric> metrics() const override;

private:
    using Handler = void (NotifierService::*)(const transport::Request&);

    Result<void> start();
    static Handler find_handler(std::string_view method);
    void on_request(const transport::Request& request);
    void on_append(const transport::Request& request);
    void on_fetch(const transport::Request& request);
    void on_find(const transport::Request& request);
    void on_list(const transport::Request& request);
    void on_trace(const transport::Request& request);
    void on_check(const transport::Request& request);
    void on_certificate(const transport::Request& request);
    template <typename M>
    void on_command(const transport::Request& request);
    template <typename M>
    void on_question(const transport::Request& request);

    void refuse(const transport::ReplyTo& to, Error error);
    void reply_when_durable(const transport::ReplyTo& to, Result<transport::Reply> reply);
    // Commits, publishes when durable, logs.
    void perform(Effects effects);
    void on_appended_durable(std::uint64_t head,
                             const std::vector<schema::JournalRecord>& published);
    void publish_heartbeat();
    void send_due();
    void send_queue(Delivery delivery);
    void on_answer(const DeliveryAnswer& answer);
    void send_outside(OutboundDelivery delivery);
    void on_outside_answer(std::uint64_t id, const OutboundResult& result);
    void finish_check(std::uint64_t id);
    void continue_check(std::uint64_t id);
    void on_check_answer(std::uint64_t id, std::size_t index, Result<schema::Delivered> answer);
    void on_turn_end();
    void arm_timer();
    void finish_drain_if_idle();
    template <typename T>
    T must(Result<T> result);

    runtime::Process& process_;
    Config config_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<runtime::ReplyGate> gate_;
    std::unique_ptr<SigningWriter> writer_;
    std::unique_ptr<NotifierCore> core_;
    std::unique_ptr<transport::BusPublisher> bus_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::unique_ptr<Outbound> outbound_;
    std::unique_ptr<transport::RequestServer> server_;

    struct OpenCheck {
        transport::ReplyTo reply_to;
        DestinationCheck check;
    };
    std::map<std::uint64_t, OpenCheck> checks_;
    std::uint64_t last_check_ = 0;

    store::Ticket synced_ = 0;        // Newest ticket that a sync was asked for.
    Timestamp unsynced_since_;        // When the oldest commit without one was made.
    bool has_reply_waiting_ = false;  // Someone waits for the next sync, not just the bus.
    transport::TimerId timer_;
    Timestamp timer_at_;
    bool has_timer_ = false;
    std::uint64_t awaited_head_ = 0;  // Newest record whose durability is waited for, or was.
    std::uint64_t published_ = 0;
    std::size_t open_deliveries_ = 0;  // To the queue service.
    std::size_t open_outside_ = 0;
    bool waits_for_outside_ = true;
    std::function<void()> drained_;
};

template <typename T>
T NotifierService::must(Result<T> result) {
    if (!result) process_.fail(result.error());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

template <schema::Message M>
Result<transport::Reply> to_reply(const Result<M>& message) {
    if (!message) return std::unexpected(message.error());
    return transport::Reply{.body = schema::encode(*message)};
}
Caller caller_of(const transport::Request& request, Timestamp now);
std::string described(const Error& error);

}  // namespace onput::notifier
