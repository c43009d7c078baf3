#include "common/worker/call_server.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "common/base/errno_text.hpp"
#include "common/worker/child_calls.hpp"

namespace onput::worker {
namespace {

constexpr Duration idle_check_period = std::chrono::seconds(1);
// Calls are told from the jobs of leases by this bit of their JobId.
constexpr std::uint64_t call_job = 1ULL << 63;

std::unexpected<Error> no_room(std::string_view what) {
    return fail(ErrorCode::unavailable, std::string(what) + ": " + errno_text());
}

struct Pipe {
    FileDescriptor reading;
    FileDescriptor writing;
};
Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return no_room("make a call's pipe");
    Pipe pipe{.reading = FileDescriptor(ends[0]), .writing = FileDescriptor(ends[1])};
    // The child's end blocks: it waits for the reader.
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return no_room("open a call's pipe");
    return pipe;
}

}  // namespace

CallServer::CallServer(runtime::Process& process, const LaneConfig& config, CallExecutor& executor,
                       Prepare prepare)
    : process_(process),
      config_(config),
      executor_(executor),
      prepare_(std::move(prepare)),
      table_(config.call_places),
      idle_check_(process.loop().every(idle_check_period, [this] { look_at_readers(); })) {}

CallServer::~CallServer() {
    process_.loop().cancel(idle_check_);
    for (const JobId job : running_) executor_.forget(job);
    for (auto& [id, call] : calls_) {
        unwatch(call);
        if (call.reader)
            refuse(*call.reader,
                   {.code = ErrorCode::unavailable, .message = "the worker has ended"});
    }
}

Result<std::unique_ptr<CallServer>> CallServer::open(runtime::Process& process,
                                                     const LaneConfig& config, ChildJobs& children,
                                                     Prepare prepare) {
    auto executor = std::make_unique<ChildCalls>(children);
    ONPUT_TRY(auto calls, open(process, config, *executor, std::move(prepare)));
    calls->children_ = std::move(executor);
    return calls;
}

Result<std::unique_ptr<CallServer>> CallServer::open(runtime::Process& process,
                                                     const LaneConfig& config,
                                                     CallExecutor& executor, Prepare prepare) {
    std::unique_ptr<CallServer> calls(
        new CallServer(process, config, executor, std::move(prepare)));
    const std::string bind = call_bind(config.lane_bind, process.random().hex(8));
    ONPUT_TRY(calls->server_,
              transport::RequestServer::bind(
                  process.loop(), {bind},
                  [self = calls.get()](transport::Request request) { self->serve(request); }));
    return calls;
}

std::string CallServer::endpoint() const {
    return advertised_endpoint(server_->endpoints().front(), config_.lane_advertise);
}

void CallServer::leave(std::function<void()> done) {
    table_.leave();
    if (calls_.empty()) return done();
    on_empty_ = std::move(done);
}

std::vector<schema::Metric> CallServer::metrics() const {
    return {{"onput_worker_calls_running", static_cast<double>(table_.running())},
            {"onput_worker_calls_waiting", static_cast<double>(table_.waiting())},
            {"onput_worker_calls_total", static_cast<double>(started_)},
            {"onput_worker_calls_refused_total", static_cast<double>(refused_)}};
}

void CallServer::refuse(const transport::ReplyTo& to, Error error) {
    server_->reply(to, std::unexpected(std::move(error)));
}

void CallServer::serve(const transport::Request& request) {
    Result<void> served;
    if (request.header.method == schema::StartCall::method) {
        served = start(request);
        if (!served) ++refused_;
    } else if (request.header.method == schema::ReadCall::method) {
        served = read(request);
    } else if (request.header.method == schema::CloseCall::method) {
        if (const auto message = schema::decode<schema::CloseCall>(request.body)) {
            close(message->call_id);
            return server_->reply(request.reply_to,
                                  transport::Reply{.body = schema::encode(schema::Empty{})});
        }
        served = fail(ErrorCode::corruption, "a malformed CloseCall");
    } else {
        served = fail(ErrorCode::unimplemented, "a worker has no method " + request.header.method);
    }
    if (!served) refuse(request.reply_to, std::move(served).error());
}

Result<void> CallServer::start(const transport::Request& request) {
    ONPUT_TRY(const auto message, schema::decode<schema::StartCall>(request.body));
    ONPUT_TRY(auto work, prepare_(message.task));
    ONPUT_TRY(const bool runs, table_.start(message.call_id));
    Call& call = calls_[message.call_id];
    call.work = std::move(work);
    call.job = JobId(call_job | ++started_);
    call.reader = request.reply_to;
    if (runs) run(message.call_id);
    return {};
}

Result<void> CallServer::read(const transport::Request& request) {
    ONPUT_TRY(const auto message, schema::decode<schema::ReadCall>(request.body));
    ONPUT_TRY_VOID(table_.read(message.call_id));
    calls_.at(message.call_id).reader = request.reply_to;
    pump(message.call_id);
    return {};
}

void CallServer::look_at_readers() {
    const Duration now = process_.loop().monotonic();
    for (const auto& id : table_.idle(now)) close(id);
    for (const auto& id : table_.lend(now)) run(id);
}

void CallServer::run(const std::string& id) {
    Call& call = calls_.at(id);
    const JobId job = call.job;
    FileDescriptor output;
    if (executor_.writes_to_pipe()) {
        auto pipe = make_pipe();
        if (!pipe) return on_end(id, job, std::unexpected(std::move(pipe).error()));
        call.pipe = std::move(pipe->reading);
        output = std::move(pipe->writing);
    }
    // May end at once.
    running_.insert(job);
    executor_.start(
        job, std::exchange(call.work, {}), std::move(output),
        [this, id, job](Result<CallEnd> result) { on_end(id, job, std::move(result)); });
    pump(id);
}

void CallServer::on_end(const std::string& id, JobId job, Result<CallEnd> end) {
    running_.erase(job);
    const auto next = table_.child_ended(id);
    if (const auto call = calls_.find(id); call != calls_.end()) {
        call->second.end = std::move(end);
        pump(id);
    }
    if (next) run(*next);
}

// Answers who waits, if there is something to say: the next piece, or the end.
void CallServer::pump(const std::string& id) {
    const auto found = calls_.find(id);
    if (found == calls_.end() || !found->second.reader) return;
    Call& call = found->second;
    if (call.pipe.is_open()) {
        const ssize_t count = ::read(call.pipe.get(), buffer_.data(), buffer_.size());
        if (count > 0) {
            return give(id, call, schema::CallPiece{},
                        buffer_.substr(0, static_cast<std::size_t>(count)));
        }
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch(id, call);
        unwatch(call);
        call.pipe.reset();
    }
    if (call.end) give_end(id, call);
}

// What came with the end goes in pieces, and the last one tells the result.
void CallServer::give_end(const std::string& id, Call& call) {
    if (!*call.end) {
        give(id, call, std::unexpected(std::move(*call.end).error()), {});
        return close(id);
    }
    CallEnd& end = **call.end;
    std::string piece = end.bytes.substr(call.given, schema::call_piece_bytes_max);
    call.given += piece.size();
    if (call.given < end.bytes.size()) return give(id, call, schema::CallPiece{}, std::move(piece));
    schema::CallPiece last{.is_last = true, .result = std::move(end.result)};
    give(id, call, std::move(last), std::move(piece));
    close(id);
}

void CallServer::give(const std::string& id, Call& call, Result<schema::CallPiece> piece,
                      std::string bytes) {
    unwatch(call);
    const auto reader = *std::exchange(call.reader, std::nullopt);
    table_.piece_given(id, process_.loop().monotonic());
    if (!piece) return refuse(reader, std::move(piece).error());
    transport::Reply reply{.body = schema::encode(*piece), .attachments = {}};
    if (!bytes.empty()) reply.attachments.emplace_back(std::move(bytes));
    server_->reply(reader, std::move(reply));
}

void CallServer::watch(const std::string& id, Call& call) {
    if (std::exchange(call.is_watched, true)) return;
    process_.loop().watch(call.pipe.get(), [this, id] { pump(id); });
}

void CallServer::unwatch(Call& call) {
    if (!std::exchange(call.is_watched, false)) return;
    process_.loop().unwatch(call.pipe.get());
}

void CallServer::close(const std::string& id) {
    const auto call = calls_.find(id);
    if (call == calls_.end()) return;
    unwatch(call->second);
    if (call->second.reader)
        refuse(*call->second.reader,
               {.code = ErrorCode::unavailable, .message = "the call was closed"});
    const JobId job = call->second.job;
    calls_.erase(call);
    if (table_.close(id)) executor_.cancel(job);
    if (calls_.empty() && on_empty_) std::exchange(on_empty_, {})();
}

}  // namespace onput::worker
