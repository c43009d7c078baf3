// The sockets of lanes (common/schema/lane.hpp says what travels on them). They carry; whom to send
// what is the queue's core's business.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/schema/lane.hpp"
#include "common/transport/loop.hpp"

namespace onput::transport {

using LaneControl =
    std::variant<schema::LaneHello, schema::LaneCredit, schema::LaneAck, schema::LaneNack,
                 schema::LaneExtend, schema::LaneBye, schema::LaneSplit>;

// The queue's side: one PULL for control, one PUSH per worker.
class LaneHub {
public:
    using Handler = std::function<void(LaneControl)>;

    // Malformed control messages are dropped, and logged at the first, second, fourth, eighth ...
    static Result<std::unique_ptr<LaneHub>> bind(Loop& loop,
                                                 const std::vector<std::string>& endpoints,
                                                 Handler handler);
    virtual ~LaneHub() = default;

    // Opens the lane of a worker, or moves it when its endpoint has changed. An endpoint that
    // cannot be connected to is invalid_argument.
    virtual Result<void> connect(const std::string& worker_id, const std::string& endpoint) = 0;
    // Drops what is still on the way to it.
    virtual void disconnect(const std::string& worker_id) = 0;
    // Until a new lane's connection is up, grants wait for it (lane_credit_max messages). To a
    // worker without a lane, or whose lane does not take it now: dropped (its lease comes back by
    // the next hello).
    virtual void send(const std::string& worker_id, const schema::LaneGrants& grants) = 0;

    // What the endpoints became, in order.
    [[nodiscard]] virtual std::vector<std::string> endpoints() const = 0;
};

// A worker's side: PULL for grants (bound), PUSH for control (connected).
class LaneEnd {
public:
    using Handler = std::function<void(schema::LaneGrants)>;

    // `bind_endpoint` may be "tcp://127.0.0.1:*" or "ipc:///path"; endpoint() is what it became.
    static Result<std::unique_ptr<LaneEnd>> open(Loop& loop, const std::string& bind_endpoint,
                                                 const std::string& queue_control_endpoint,
                                                 Handler handler);
    virtual ~LaneEnd() = default;

    [[nodiscard]] virtual std::string endpoint() const = 0;
    // While the queue is away, messages wait for it: at most 10,000, and of hellos the newest.
    virtual void send(const LaneControl& message) = 0;
    // Calls `done` once no ack or nack waits for the queue any more, perhaps at once. The end of
    // the context then waits up to lane_linger for what is on its way.
    virtual void when_flushed(std::function<void()> done) = 0;
};

inline constexpr Duration lane_linger = std::chrono::seconds(1);

}  // namespace onput::transport
