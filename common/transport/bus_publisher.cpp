// The publishing side of the bus: an XPUB that drops what a slow reader does not take.
#include <utility>

#include "common/base/log.hpp"
#include "common/transport/bus.hpp"
#include "common/transport/bus_subscriptions.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

// Messages per reader; a reader behind by more finds a hole and fetches.
constexpr int reader_queue_max = 10'000;
// What a reader says is a subscription: a byte and the prefix of a topic. libzmq's own greetings,
// which have the same limit, are shorter.
constexpr std::size_t reader_frame_bytes_max = 1024;
constexpr ReceiveLimits receive_limits{.frames_max = 1, .bytes_max = reader_frame_bytes_max};
// libzmq takes subscriptions in before it tells of them, and goes on while its I/O thread has one
// ready. With a queue of one that thread must be woken for each, which takes longer than to find
// that there is none: so a reader with too many is noticed in time. With 64 it kept up, and one
// call took in 200,000 of them (1.2 GiB).
constexpr int subscriptions_ready_max = 1;
constexpr Duration cut_log_interval = std::chrono::minutes(1);

class XpubPublisher final : public BusPublisher, private Pollable {
public:
    XpubPublisher(Loop& loop, Socket xpub)
        : loop_(loop), xpub_(std::move(xpub)), connections_(*this) {
        // So that a drop can be counted, which libzmq does in silence.
        xpub_.when_full(WhenFull::refuse);
        xpub_.receive_all_subscriptions();
        loop_.add(*this);
    }
    ~XpubPublisher() override { loop_.remove(*this); }

    Result<void> bind(const std::string& endpoint) {
        ONPUT_TRY_VOID(xpub_.bind(endpoint));
        endpoints_.push_back(xpub_.bound_endpoint());
        return {};
    }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return endpoints_; }

    void publish(std::string_view topic, const schema::BusHead& head,
                 std::string_view body) override {
        std::array<Frame, 3> frames{Frame::copy_of(topic.substr(0, schema::bus_topic_bytes_max)),
                                    Frame(schema::encode(head)), Frame::copy_of(body)};
        if (xpub_.send(frames) != Sent::not_now) return;
        // A reader's buffer is full. That reader will see a hole in the sequence; all others get
        // the record. libzmq skips the full one, and refuses no more, until it has read.
        ++drops_;
        xpub_.when_full(WhenFull::drop);
        static_cast<void>(xpub_.send(frames));
        xpub_.when_full(WhenFull::refuse);
    }
    [[nodiscard]] std::uint64_t drops() const override { return drops_; }
    void publish_head(const schema::BusHead& head) override { publish("head", head, {}); }
    [[nodiscard]] std::size_t subscriptions() const override { return subscriptions_.count(); }
    [[nodiscard]] std::uint64_t readers_cut() const override { return readers_cut_; }

private:
    // The monitor's socket in the loop: connections come and go without a subscription, too.
    class Connections final : public Pollable {
    public:
        explicit Connections(XpubPublisher& bus)
            : bus_(bus), monitor_(bus.loop_.context(), bus.xpub_) {
            bus_.loop_.add(*this);
        }
        ~Connections() override { bus_.loop_.remove(*this); }
        SocketSignal& signal() override { return monitor_.signal(); }
        void on_readable() override {
            for (auto event = monitor_.next(); event != ConnectionMonitor::Event::none;
                 event = monitor_.next()) {
                bus_.on_connection(event, monitor_.connection());
            }
        }

    private:
        XpubPublisher& bus_;
        ConnectionMonitor monitor_;
    };

    SocketSignal& signal() override { return xpub_.signal(); }
    // Subscriptions: libzmq keeps them, and here they are counted.
    void on_readable() override {
        for (std::size_t i = 0; i < messages_per_turn; ++i) {
            const Received received = xpub_.receive(frames_, receive_limits);
            if (received == Received::nothing) return;
            if (frames_.empty()) continue;
            // The news that its reader has come is there by now.
            connections_.on_readable();
            const int reader = Socket::connection_of(frames_[0]);
            if (const auto greedy = subscriptions_.take(reader, frames_[0].view())) cut(*greedy);
        }
    }
    void on_connection(ConnectionMonitor::Event event, int reader) {
        if (event == ConnectionMonitor::Event::accepted) subscriptions_.connected(reader);
        if (event == ConnectionMonitor::Event::disconnected) subscriptions_.disconnected(reader);
    }
    void cut(int reader) {
        xpub_.cut(reader);
        ++readers_cut_;
        const Duration now = loop_.monotonic();
        if (logged_cut_ && now - *logged_cut_ < cut_log_interval) return;
        logged_cut_ = now;
        log::warn("a reader of the bus was cut: it has more subscriptions than it may have",
                  {{"readers_cut", readers_cut_}});
    }

    Loop& loop_;
    Socket xpub_;
    BusSubscriptions subscriptions_;
    Connections connections_;
    std::uint64_t readers_cut_ = 0;
    std::optional<Duration> logged_cut_;
    std::vector<std::string> endpoints_;
    std::vector<Frame> frames_;
    std::uint64_t drops_ = 0;
};

}  // namespace

Result<std::unique_ptr<BusPublisher>> BusPublisher::bind(
    Loop& loop, const std::vector<std::string>& endpoints) {
    ONPUT_TRY(Socket xpub,
              Socket::open(loop.context(), {.type = SocketType::xpub,
                                            .send_queue_max = reader_queue_max,
                                            .receive_queue_max = subscriptions_ready_max,
                                            .frame_bytes_max = reader_frame_bytes_max}));
    auto publisher = std::make_unique<XpubPublisher>(loop, std::move(xpub));
    for (const std::string& endpoint : endpoints) ONPUT_TRY_VOID(publisher->bind(endpoint));
    return publisher;
}

}  // namespace onput::transport
