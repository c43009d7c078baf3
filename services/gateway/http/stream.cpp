#include "services/gateway/http/stream.hpp"

#include <cerrno>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/log.hpp"

namespace onput::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
// Bound to io_context's executor by type: the default would erase it, at a cost per operation.
using LoopExecutor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<tcp, LoopExecutor>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor>;

// How long accepting rests when the process is out of descriptors.
constexpr std::chrono::milliseconds accept_rest{100};

class AsioLoop final : public Loop {
public:
    void run() override { context_.run(); }
    void stop() override { context_.stop(); }
    void post(UniqueFunction<void()> job) override {
        asio::post(context_, [job = std::move(job)]() mutable { job(); });
    }
    void after(Duration delay, UniqueFunction<void()> job) override {
        auto timer = std::make_unique<Timer>(context_, delay);
        Timer& waiting = *timer;
        waiting.async_wait([timer = std::move(timer), job = std::move(job)](Code code) mutable {
            if (!code) job();
        });
    }
    asio::io_context& context() { return context_; }

private:
    asio::io_context context_{1};  // One thread runs it.
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

asio::io_context& context_of(Loop& loop) {
    return static_cast<AsioLoop&>(loop).context();
}

std::string to_text(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

class TcpStream final : public Stream, public std::enable_shared_from_this<TcpStream> {
public:
    explicit TcpStream(Socket socket)
        : socket_(std::move(socket)),
          handle_(socket_.native_handle()),
          timer_(socket_.get_executor()) {
        Code ignored;  // A socket that refuses its options still carries bytes.
        static_cast<void>(socket_.set_option(tcp::no_delay(true), ignored));
        static_cast<void>(socket_.set_option(asio::socket_base::keep_alive(true), ignored));
        const tcp::endpoint remote = socket_.remote_endpoint(ignored);
        if (!ignored) peer_ = to_text(remote);
    }

    void set_owner(StreamEvents& owner) override { owner_ = &owner; }
    bool reading() const override { return reading_; }
    std::string peer() const override { return peer_; }

    void start_read(std::span<char> into) override {
        ONPUT_CHECK(!reading_);
        reading_ = true;
        auto done = [self = shared_from_this()](Code code, std::size_t bytes) {
            self->reading_ = false;
            if (!self->owner_) return;
            if (code && code != asio::error::eof) return self->owner_->on_broken();
            self->owner_->on_read(code ? 0 : bytes);
        };
        socket_.async_read_some(asio::mutable_buffer(into.data(), into.size()), std::move(done));
    }

    std::optional<std::size_t> write_now(const Pieces& pieces) override {
        std::array<iovec, std::tuple_size_v<Pieces>> parts{};
        msghdr message{};
        message.msg_iov = parts.data();
        for (const std::string_view piece : pieces) {
            if (piece.empty()) continue;
            // The kernel only reads through this pointer.
            parts[message.msg_iovlen++] = {const_cast<char*>(piece.data()), piece.size()};
        }
        const ssize_t sent =
            ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
        return std::nullopt;
    }

    void start_write(const Pieces& pieces) override {
        std::array<asio::const_buffer, std::tuple_size_v<Pieces>> buffers;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            buffers[i] = asio::const_buffer(pieces[i].data(), pieces[i].size());
        }
        auto done = [self = shared_from_this()](Code code, std::size_t bytes) {
            if (!self->owner_) return;
            if (code) return self->owner_->on_broken();
            self->owner_->on_written(bytes);
        };
        socket_.async_write_some(buffers, std::move(done));
    }

    std::size_t unacknowledged() const override {
        int bytes = 0;
        // A socket that cannot tell is broken, which the next write will say.
        if (::ioctl(handle_, SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
        return static_cast<std::size_t>(bytes);
    }

    // Deadlines move later far more often than they are met: the timer stays where it is and looks
    // again when it fires, so that a request costs no timer operation.
    void set_deadline(SteadyTime deadline) override {
        deadline_ = deadline;
        if (!armed_at_ || deadline < *armed_at_) arm(deadline);
    }
    void clear_deadline() override { deadline_.reset(); }

    void shut_output() override {
        Code ignored;  // Already shut by the peer's reset: nothing left to shut.
        static_cast<void>(socket_.shutdown(asio::socket_base::shutdown_send, ignored));
    }

    void close(Close how) override {
        owner_ = nullptr;
        deadline_.reset();
        Code ignored;  // The descriptor is released in any case.
        if (how == Close::reset)
            static_cast<void>(socket_.set_option(asio::socket_base::linger(true, 0), ignored));
        static_cast<void>(socket_.close(ignored));
        timer_.cancel(ignored);
    }

private:
    void arm(SteadyTime moment) {
        armed_at_ = moment;
        Code ignored;  // Cancelling the wait it replaces cannot fail in a way that matters.
        timer_.expires_at(moment, ignored);
        auto fired = [self = shared_from_this()](Code code) {
            if (code != asio::error::operation_aborted) self->look_at_deadline();
        };
        timer_.async_wait(std::move(fired));
    }

    void look_at_deadline() {
        // A wait that had already ended when it was replaced comes here too: the newer one counts.
        if (!armed_at_ || Clock::now() < *armed_at_) return;
        armed_at_.reset();
        if (!owner_ || !deadline_) return;
        if (Clock::now() < *deadline_) return arm(*deadline_);
        deadline_.reset();
        owner_->on_deadline();
    }

    Socket socket_;
    const int handle_;  // Asio hands its own out to non-const callers only.
    Timer timer_;
    StreamEvents* owner_ = nullptr;
    bool reading_ = false;
    std::optional<SteadyTime> deadline_;
    std::optional<SteadyTime> armed_at_;  // What the timer waits for.
    std::string peer_;
};

class TcpListener final : public Listener {
public:
    TcpListener(Loop& loop, Acceptor acceptor) : loop_(loop), acceptor_(std::move(acceptor)) {}

    std::uint16_t port() const override {
        Code ignored;  // The acceptor is bound.
        return acceptor_.local_endpoint(ignored).port();
    }

    void accept(Loop& loop, Accepted accepted) override {
        auto done = [this, &loop, accepted = std::move(accepted)](Code code,
                                                                  Socket socket) mutable {
            if (!code) return accepted(std::make_shared<TcpStream>(std::move(socket)));
            if (code != asio::error::operation_aborted) retry(code, loop, std::move(accepted));
        };
        acceptor_.async_accept(context_of(loop), std::move(done));
    }

    void close() override {
        closed_ = true;
        Code ignored;  // The descriptor is released in any case.
        static_cast<void>(acceptor_.close(ignored));
    }

private:
    void retry(const Code& code, Loop& loop, Accepted accepted) {
        const bool peer_left = code == asio::error::connection_aborted;
        if (!peer_left) log::warn("accept failed", {{"error", code.message()}});
        auto again = [this, &loop, accepted = std::move(accepted)]() mutable {
            if (!closed_) accept(loop, std::move(accepted));
        };
        loop_.after(peer_left ? Duration::zero() : Duration(accept_rest), std::move(again));
    }

    Loop& loop_;
    Acceptor acceptor_;
    bool closed_ = false;
};

}  // namespace

std::shared_ptr<Loop> Loop::create() {
    return std::make_shared<AsioLoop>();
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const std::string& address,
                                                 std::uint16_t port) {
    Code code;
    const auto numeric = asio::ip::make_address(address, code);
    if (code) {
        return fail(ErrorCode::invalid_argument, "listen on " + address + ": not an address");
    }
    const tcp::endpoint endpoint(numeric, port);
    Acceptor acceptor(context_of(loop));
    static_cast<void>(acceptor.open(endpoint.protocol(), code));
    if (!code) static_cast<void>(acceptor.set_option(asio::socket_base::reuse_address(true), code));
    if (!code) static_cast<void>(acceptor.bind(endpoint, code));
    if (!code) static_cast<void>(acceptor.listen(asio::socket_base::max_listen_connections, code));
    if (code) {
        return fail(ErrorCode::unavailable,
                    "listen on " + to_text(endpoint) + ": " + code.message());
    }
    return std::make_unique<TcpListener>(loop, std::move(acceptor));
}

}  // namespace onput::http
