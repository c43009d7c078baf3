// Checks: CheckDestinations requests on their way: each asks the queue service about its
// destinations, several in a row, and is answered when all is known (delivery/check.hpp decides).
#pragma once

#include <cstdint>
#include <map>

#include "common/service/host.hpp"
#include "services/notifier/core.hpp"
#include "services/notifier/delivery/check.hpp"

namespace onput::notifier {

inline constexpr std::size_t open_checks_max = 1000;  // More are resource_exhausted.

class Checks {
public:
    // Both outlive it.
    Checks(service::Host<NotifierCore>& host, transport::RequestClient& queue)
        : host_(host), queue_(queue) {}

    void start(transport::Request& request, const Caller& caller);
    [[nodiscard]] std::size_t open() const { return checks_.size(); }

private:
    struct OpenCheck {
        transport::ReplyTo reply_to;
        DestinationCheck check;
    };
    void send(std::uint64_t id, const CheckCall& call);
    void go_on(std::uint64_t id);
    void finish(std::uint64_t id);
    void on_answer(std::uint64_t id, std::size_t index, const Result<schema::Delivered>& answer);

    service::Host<NotifierCore>& host_;
    transport::RequestClient& queue_;
    std::map<std::uint64_t, OpenCheck> checks_;
    std::uint64_t last_id_ = 0;
};

}  // namespace onput::notifier
