#include "services/gateway/worker_calls.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway {
namespace {

constexpr Duration connect_check = std::chrono::milliseconds(2);
constexpr Duration forget_period = std::chrono::seconds(10);
constexpr Duration list_timeout = std::chrono::seconds(5);

// Whether another worker may take what this one did not.
bool is_of_worker(const Error& error) {
    return error.reason == "busy" || error.code == ErrorCode::unavailable;
}

// For one attempt more; calls have no attachments.
transport::CallOptions again(const transport::CallOptions& options) {
    return {.timeout = options.timeout,
            .trace = options.trace,
            .principal = options.principal,
            .attachments = {},
            .trace_header = options.trace_header,
            .access = options.access,
            .waits = false};  // For one that may be gone.
}

}  // namespace

WorkerCalls::WorkerCalls(transport::Loop& loop, const std::string& queue_endpoint)
    : loop_(loop),
      queue_(transport::RequestClient::connect(loop, queue_endpoint)),
      forget_(loop.every(forget_period, [this] { forget_old(); })) {}

WorkerCalls::~WorkerCalls() {
    loop_.cancel(forget_);
    // Their open calls are answered, and need the rest.
    connections_.clear();
    queue_.reset();
}

void WorkerCalls::start(const std::string& kind, schema::StartCall message,
                        transport::CallOptions options, ReplyBox box) {
    Attempt attempt{.kind = kind,
                    .message = std::move(message),
                    .options = std::move(options),
                    .box = std::move(box)};
    loop_.post([this, attempt = std::move(attempt)]() mutable { begin(std::move(attempt)); });
}

void WorkerCalls::begin(Attempt attempt) {
    Kind& kind = kinds_[attempt.kind];
    endpoints_.emplace(attempt.message.call_id, std::string());
    attempt.begun = kind.choice.begin();
    if (kind.choice.is_fresh(loop_.monotonic())) return try_next(std::move(attempt));
    const std::string name = attempt.kind;
    kind.waiting.push_back(std::move(attempt));
    if (!std::exchange(kind.is_asking, true)) ask(name);
}

void WorkerCalls::ask(const std::string& kind) {
    transport::call(
        *queue_, schema::FindWorkers{.worker = kind}, {.timeout = list_timeout},
        [this, kind](Result<schema::WorkersFound> found, const std::vector<transport::Frame>&) {
            on_list(kind, std::move(found));
        });
}

// Without an answer the last list is the best that there is.
void WorkerCalls::on_list(const std::string& name, Result<schema::WorkersFound> found) {
    Kind& kind = kinds_[name];
    kind.is_asking = false;
    const Duration now = loop_.monotonic();
    if (found) {
        kind.choice.set(std::move(found->workers), now);
        for (const auto& worker : kind.choice.workers())
            connection_to(worker.endpoint).listed_at = now;
    }
    for (Attempt& attempt : std::exchange(kind.waiting, {})) {
        if (!found) attempt.last_error = found.error();
        try_next(std::move(attempt));
    }
}

void WorkerCalls::try_next(Attempt attempt) {
    const auto endpoint = kinds_[attempt.kind].choice.endpoint(attempt.begun, attempt.tried);
    if (!endpoint) return give_up(attempt);
    ++attempt.tried;
    send(std::move(attempt), *endpoint);
}

void WorkerCalls::give_up(const Attempt& attempt) {
    if (!attempt.last_error.message.empty())
        return attempt.box.put(std::unexpected(attempt.last_error));
    attempt.box.put(fail(ErrorCode::unavailable,
                         fmt::format("no {} worker is running", attempt.kind), "no_worker"));
}

void WorkerCalls::send(Attempt attempt, const std::string& endpoint) {
    const auto known = endpoints_.find(attempt.message.call_id);
    if (known == endpoints_.end()) return;  // Closed before it began.
    Connection& connection = connection_to(endpoint);
    if (!connection.client->is_connected()) {
        if (loop_.monotonic() - connection.opened_at > worker_connect_max)
            return try_next(std::move(attempt));
        loop_.after(connect_check, [this, endpoint, attempt = std::move(attempt)]() mutable {
            send(std::move(attempt), endpoint);
        });
        return;
    }
    known->second = endpoint;
    std::string body = schema::encode(attempt.message);
    auto options = again(attempt.options);
    connection.client->call(
        schema::StartCall::method, std::move(body), std::move(options),
        [this, attempt = std::move(attempt)](Result<transport::Reply> reply) mutable {
            if (reply) return attempt.box.put(std::move(reply));
            attempt.last_error = std::move(reply).error();
            if (!is_of_worker(attempt.last_error))
                return attempt.box.put(std::unexpected(std::move(attempt.last_error)));
            try_next(std::move(attempt));
        });
}

WorkerCalls::Connection& WorkerCalls::connection_to(const std::string& endpoint) {
    Connection& connection = connections_[endpoint];
    if (connection.client == nullptr) {
        connection.client = transport::RequestClient::connect(loop_, endpoint);
        connection.opened_at = loop_.monotonic();
    }
    return connection;
}

void WorkerCalls::forget_old() {
    const Duration now = loop_.monotonic();
    std::erase_if(connections_, [now](const auto& entry) {
        const Connection& connection = entry.second;
        return now - connection.listed_at > worker_forget_after &&
               connection.client->open_calls() == 0;
    });
}

void WorkerCalls::read(const schema::ReadCall& message, transport::CallOptions options,
                       ReplyBox box) {
    loop_.post([this, message, options = std::move(options), box = std::move(box)]() mutable {
        const auto endpoint = endpoints_.find(message.call_id);
        if (endpoint == endpoints_.end() || endpoint->second.empty())
            return box.put(fail(ErrorCode::internal, "there is no such call"));
        connection_to(endpoint->second)
            .client->call(schema::ReadCall::method, schema::encode(message), std::move(options),
                          [box = std::move(box)](Result<transport::Reply> reply) {
                              box.put(std::move(reply));
                          });
    });
}

void WorkerCalls::close(const std::string& call_id, bool has_ended) {
    loop_.post([this, call_id, has_ended] {
        const auto endpoint = endpoints_.extract(call_id);
        if (endpoint.empty() || endpoint.mapped().empty() || has_ended) return;
        connection_to(endpoint.mapped())
            .client->call(schema::CloseCall::method,
                          schema::encode(schema::CloseCall{.call_id = call_id}), {},
                          [](const Result<transport::Reply>&) {});
    });
}

// --- One call -----------------------------------------------------------------------------------

WorkerCall::WorkerCall(RequestContext& context, std::string kind, std::string task,
                       std::optional<Duration> timeout)
    : context_(context),
      kind_(std::move(kind)),
      task_(std::move(task)),
      timeout_(timeout),
      id_(Random::from_system().hex(schema::call_id_bytes)) {}

WorkerCall::~WorkerCall() {
    if (is_started_) context_.shared.workers->close(id_, has_ended_);
}

http::Task<Result<transport::Reply>> WorkerCall::ask() {
    auto box = context_.exchange.make_mailbox<transport::Reply>();
    auto options = context_.call_options();
    if (timeout_) options.timeout = *timeout_;
    if (std::exchange(is_started_, true)) {
        const schema::ReadCall message{.call_id = id_};
        context_.shared.workers->read(message, std::move(options), box);
    } else {
        schema::StartCall message{.call_id = id_, .task = std::move(task_)};
        context_.shared.workers->start(kind_, std::move(message), std::move(options), box);
    }
    co_return co_await context_.exchange.receive(std::move(box));
}

http::Task<Result<WorkerCall::Piece>> WorkerCall::next() {
    auto answer = co_await ask();
    if (!answer) co_return std::unexpected(std::move(answer).error());
    auto piece = schema::decode<schema::CallPiece>(answer->body);
    if (!piece) co_return std::unexpected(std::move(piece).error());
    has_ended_ = piece->is_last;
    Piece read{.bytes = {}, .is_last = piece->is_last, .result = std::move(piece->result)};
    for (const auto& frame : answer->attachments) read.bytes += frame.view();
    co_return read;
}

}  // namespace onput::gateway
