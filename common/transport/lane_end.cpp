// A worker's side of lanes: a PULL for grants, a PUSH for control. Control messages made while the
// queue is away wait here: an ack that still arrives saves a job from being run again.
#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

#include "common/base/log.hpp"
#include "common/transport/lane.hpp"
#include "common/transport/lane_control.hpp"
#include "common/transport/request.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

// Credit bounds the acks; a worker makes one hello per second beside them. At the bound the oldest
// goes: its lease ends by itself.
constexpr std::size_t waiting_max = 10'000;
constexpr ReceiveLimits receive_limits{.frames_max = 1, .bytes_max = request_bytes_max};

class PushPullEnd final : public LaneEnd {
public:
    PushPullEnd(Loop& loop, Socket pull, Socket push, Handler handler)
        : loop_(loop),
          pull_(std::move(pull)),
          push_(std::move(push)),
          handler_(std::move(handler)),
          grants_(*this),
          control_(*this) {
        loop_.add(grants_);
        loop_.add(control_);
    }
    ~PushPullEnd() override {
        loop_.remove(control_);
        loop_.remove(grants_);
    }

    [[nodiscard]] std::string endpoint() const override { return pull_.bound_endpoint(); }
    void send(const LaneControl& message) override;
    void when_flushed(std::function<void()> done) override;

private:
    struct Waiting {
        Frame message;
        bool is_hello = false;
        bool ends_jobs = false;
    };
    class Grants final : public Pollable {
    public:
        explicit Grants(PushPullEnd& end) : end_(end) {}
        SocketSignal& signal() override { return end_.pull_.signal(); }
        void on_readable() override { end_.receive(); }

    private:
        PushPullEnd& end_;
    };
    class Control final : public Pollable {
    public:
        explicit Control(PushPullEnd& end) : end_(end) {}
        SocketSignal& signal() override { return end_.push_.signal(); }
        void on_readable() override {}
        [[nodiscard]] bool wants_writable() const override { return !end_.waiting_.empty(); }
        void on_writable() override { end_.send_waiting(); }

    private:
        PushPullEnd& end_;
    };

    void receive();
    void send_waiting();
    [[nodiscard]] bool has_told() const {
        return std::ranges::none_of(waiting_, &Waiting::ends_jobs);
    }

    Loop& loop_;
    Socket pull_;
    Socket push_;
    Handler handler_;
    Grants grants_;
    Control control_;
    std::deque<Waiting> waiting_;
    std::function<void()> on_told_;
    std::vector<Frame> frames_;
    std::uint64_t malformed_ = 0;
};

void PushPullEnd::receive() {
    for (std::size_t i = 0; i < messages_per_turn; ++i) {
        const Received received = pull_.receive(frames_, receive_limits);
        if (received == Received::nothing) return;
        Result<schema::LaneGrants> grants =
            received == Received::message
                ? schema::decode<schema::LaneGrants>(frames_[0].view())
                : fail(ErrorCode::corruption, "more than one frame, or too large");
        if (grants) {
            handler_(std::move(*grants));
        } else if (std::has_single_bit(++malformed_)) {
            log::warn("grants dropped", {{"why", grants.error().message}, {"dropped", malformed_}});
        }
    }
}

void PushPullEnd::send(const LaneControl& message) {
    Frame frame(encode_control(message));
    if (waiting_.empty() && push_.send({&frame, 1}) != Sent::not_now) return;
    const bool is_hello = std::holds_alternative<schema::LaneHello>(message);
    // A hello says how things are; the queue needs only the newest.
    if (is_hello) std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.is_hello; });
    if (waiting_.size() >= waiting_max) waiting_.pop_front();
    const bool ends_jobs = std::holds_alternative<schema::LaneAck>(message) ||
                           std::holds_alternative<schema::LaneNack>(message) ||
                           std::holds_alternative<schema::LaneSplit>(message);
    waiting_.push_back({.message = std::move(frame), .is_hello = is_hello, .ends_jobs = ends_jobs});
}

void PushPullEnd::when_flushed(std::function<void()> done) {
    if (has_told()) return done();
    on_told_ = std::move(done);
}

void PushPullEnd::send_waiting() {
    while (!waiting_.empty()) {
        if (push_.send({&waiting_.front().message, 1}) == Sent::not_now) return;
        waiting_.pop_front();
        if (on_told_ && has_told()) std::exchange(on_told_, nullptr)();
    }
}

}  // namespace

Result<std::unique_ptr<LaneEnd>> LaneEnd::open(Loop& loop, const std::string& bind_endpoint,
                                               const std::string& queue_control_endpoint,
                                               Handler handler) {
    // Credit is the bound of both directions: no high-water marks.
    ONPUT_TRY(Socket pull, Socket::open(loop.context(), {.type = SocketType::pull,
                                                         .send_queue_max = 0,
                                                         .receive_queue_max = 0}));
    ONPUT_TRY_VOID(pull.bind(bind_endpoint));
    ONPUT_TRY(Socket push, Socket::open(loop.context(),
                                        {.type = SocketType::push,
                                         .send_queue_max = 0,
                                         .receive_queue_max = 0,
                                         .linger_ms = lane_linger / std::chrono::milliseconds(1)}));
    ONPUT_TRY_VOID(push.connect(queue_control_endpoint));
    return std::make_unique<PushPullEnd>(loop, std::move(pull), std::move(push),
                                         std::move(handler));
}

}  // namespace onput::transport
