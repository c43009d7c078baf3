// NotifierService: the notifier on its host (common/service/host.hpp): the table of its methods,
// the bus, and what is sent to the queue service and to the outside.
//
//     ROUTER requests in | XPUB the bus out | DEALER to the queue service | HTTP and SMTP out
//
// Events are published and sent to destinations in the moment they are durable. What destinations
// acknowledge is committed without a sync of its own (NotifierCore::on_delivered).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/service/host.hpp"
#include "services/notifier/checks.hpp"
#include "services/notifier/config.hpp"
#include "services/notifier/core.hpp"
#include "services/notifier/outside.hpp"

namespace onput::notifier {

inline constexpr Duration heartbeat_interval = std::chrono::seconds(1);
// A process that stops waits so long for endpoints outside; what they took unheard is sent again.
inline constexpr Duration outside_drain_max = std::chrono::seconds(2);

class NotifierService final : public service::Host<NotifierCore> {
public:
    // Opens the store, restores the journal and binds the endpoints. `platform` outlives it.
    static Result<std::unique_ptr<NotifierService>> open(service::Platform& platform,
                                                         const Config& config,
                                                         const OpenOutside& outside = open_outside);
    ~NotifierService() override;

    [[nodiscard]] std::vector<std::string> waiting_for_peers() const override;

private:
    NotifierService(service::Platform& platform, const Config& config);
    Result<void> start(const OpenOutside& outside);

    [[nodiscard]] service::Methods methods() override;
    // Of buses, rules, archives and schedules (service_events.cpp).
    void add_event_methods(service::Methods& methods);
    template <schema::Message M>
    service::Method apply();
    void hand_on(Effects effects) override;
    void on_turn_end() override;
    void on_drain() override;
    [[nodiscard]] bool is_idle() const override;
    void add_metrics(std::vector<schema::Metric>& metrics) const override;

    void on_append(const transport::Request& request, const Caller& caller);
    void on_resend(const transport::Request& request, const Caller& caller);
    void on_fetch(const transport::Request& request);
    void on_find(const transport::Request& request);
    void publish_heartbeat();

    void send_queue(Delivery delivery);
    void on_answer(const DeliveryAnswer& answer);
    void send_outside(OutboundDelivery delivery);
    void on_outside_answer(std::uint64_t id, const OutboundResult& result);

    Config config_;
    Outside outside_;
    std::unique_ptr<transport::BusPublisher> bus_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::unique_ptr<Checks> checks_;

    std::uint64_t published_ = 0;
    std::size_t open_deliveries_ = 0;  // To the queue service.
    std::size_t open_outside_ = 0;
    bool waits_for_outside_ = true;
    bool is_restored_ = false;  // From a backup, and the mark of it is still there.
};

template <schema::Message M>
service::Method NotifierService::apply() {
    return command<M>([](NotifierCore& core, const M& message, const Caller& caller,
                         Effects& effects) { return core.apply(message, caller, effects); });
}

}  // namespace onput::notifier
