// WorkerCalls: calls of HTTP requests to workers (common/schema/call.hpp): which worker, over which
// connection. The queue service knows who is there; it is asked at most once a second.
//
//     WorkerCall call(context, "tts", schema::encode(task));
//     while (true) {
//         auto piece = co_await call.next();
//         if (!piece) ...                        // Of the first: nothing was made.
//         ...                                    // piece->bytes
//         if (piece->is_last) break;
//     }
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/call.hpp"
#include "common/transport/request.hpp"
#include "services/gateway/http/exchange.hpp"
#include "services/gateway/worker_choice.hpp"

namespace onput::gateway {

struct RequestContext;

// A worker that is listed and cannot be reached for so long is passed over.
inline constexpr Duration worker_connect_max = std::chrono::seconds(1);
// A connection to a worker that has not been listed for so long is closed.
inline constexpr Duration worker_forget_after = std::chrono::minutes(1);

class WorkerCalls {
public:
    // On the loop's thread, as its destruction.
    WorkerCalls(transport::Loop& loop, const std::string& queue_endpoint);
    ~WorkerCalls();
    WorkerCalls(const WorkerCalls&) = delete;
    WorkerCalls& operator=(const WorkerCalls&) = delete;

    using ReplyBox = http::Mailbox<transport::Reply>;

    // All on any thread. A worker that is busy, leaving or gone before it has answered is passed
    // over for the next one. Errors: the worker's; unavailable, reason `no_worker`: there is none.
    void start(const std::string& kind, schema::StartCall message, transport::CallOptions options,
               ReplyBox box);
    void read(const schema::ReadCall& message, transport::CallOptions options, ReplyBox box);
    // The last word about a call. Its worker is told unless it has ended there.
    void close(const std::string& call_id, bool has_ended);

private:
    struct Connection {
        std::unique_ptr<transport::RequestClient> client;
        Duration opened_at{};
        Duration listed_at{};
    };
    struct Attempt {
        std::string kind;
        schema::StartCall message;
        transport::CallOptions options;
        ReplyBox box;
        std::size_t begun = 0;  // Of WorkerChoice.
        std::size_t tried = 0;
        Error last_error{};
    };
    // One kind of workers.
    struct Kind {
        WorkerChoice choice;
        bool is_asking = false;
        std::deque<Attempt> waiting{};  // For the list.
    };

    void begin(Attempt attempt);
    void ask(const std::string& kind);
    void on_list(const std::string& kind, Result<schema::WorkersFound> found);
    void try_next(Attempt attempt);
    void send(Attempt attempt, const std::string& endpoint);
    void give_up(const Attempt& attempt);
    Connection& connection_to(const std::string& endpoint);
    void forget_old();

    transport::Loop& loop_;
    std::unique_ptr<transport::RequestClient> queue_;
    std::map<std::string, Kind> kinds_;
    std::map<std::string, Connection> connections_;  // By endpoint.
    // Of calls, by their ids, until they are closed. Empty: not begun anywhere.
    std::map<std::string, std::string> endpoints_;
    transport::TimerId forget_;
};

// One call of a request. Closed when it goes before its end.
class WorkerCall {
public:
    // `context` outlives it. `timeout`: for the worker's next piece; nothing: that of requests.
    WorkerCall(RequestContext& context, std::string kind, std::string task,
               std::optional<Duration> timeout = {});
    ~WorkerCall();
    WorkerCall(const WorkerCall&) = delete;
    WorkerCall& operator=(const WorkerCall&) = delete;

    struct Piece {
        std::string bytes;
        bool is_last = false;
        std::string result;  // With the last: a message of the worker's kind.
    };
    // The first one starts the call. Errors: of WorkerCalls::start and the worker, and
    // exchange.hpp.
    http::Task<Result<Piece>> next();

private:
    http::Task<Result<transport::Reply>> ask();

    RequestContext& context_;
    std::string kind_;
    std::string task_;
    std::optional<Duration> timeout_;
    std::string id_;
    bool is_started_ = false;
    bool has_ended_ = false;
};

}  // namespace onput::gateway
