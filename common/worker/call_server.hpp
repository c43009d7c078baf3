// CallServer: a worker's side of calls (common/schema/call.hpp): each runs in a child of the
// worker's zygote, whose output goes through a pipe to whoever asked, as it is made; or in what
// else executes them (call_executor.hpp).
//
//     gateway ──StartCall──> CallServer ──task, input file──> child
//             <──pieces────             <──pipe──────────────
//
// A reader that is slow, or gone, stops its own child: the pipe is full. On the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/runtime/service.hpp"
#include "common/schema/call.hpp"
#include "common/transport/request.hpp"
#include "common/worker/call_executor.hpp"
#include "common/worker/call_table.hpp"
#include "common/worker/child_jobs.hpp"
#include "common/worker/lane_config.hpp"

namespace onput::worker {

class CallServer {
public:
    // Reads a task, or refuses it: the caller gets its error.
    using Prepare = std::function<Result<CallWork>(std::string_view task)>;

    // `config` and `children` outlive it.
    static Result<std::unique_ptr<CallServer>> open(runtime::Process& process,
                                                    const LaneConfig& config, ChildJobs& children,
                                                    Prepare prepare);
    // `config` and `executor` outlive it.
    static Result<std::unique_ptr<CallServer>> open(runtime::Process& process,
                                                    const LaneConfig& config,
                                                    CallExecutor& executor, Prepare prepare);
    ~CallServer();  // Running calls are answered with `unavailable`.
    CallServer(const CallServer&) = delete;
    CallServer& operator=(const CallServer&) = delete;

    // Where gateways reach it now; empty while this machine has no address.
    [[nodiscard]] std::string endpoint() const;

    // Takes no more calls; `done` once those that run have been read.
    void leave(std::function<void()> done);

    [[nodiscard]] std::vector<schema::Metric> metrics() const;

private:
    struct Call {
        CallWork work;
        JobId job;
        FileDescriptor pipe;  // What the child writes, non-blocking.
        bool is_watched = false;
        std::optional<transport::ReplyTo> reader;  // Who waits for the next piece.
        std::optional<Result<CallEnd>> end;
        std::size_t given = 0;  // Of the end's bytes.
    };

    CallServer(runtime::Process& process, const LaneConfig& config, CallExecutor& executor,
               Prepare prepare);

    void serve(const transport::Request& request);
    Result<void> start(const transport::Request& request);
    Result<void> read(const transport::Request& request);
    void look_at_readers();
    void run(const std::string& id);
    void on_end(const std::string& id, JobId job, Result<CallEnd> end);
    void pump(const std::string& id);
    void give_end(const std::string& id, Call& call);
    void give(const std::string& id, Call& call, Result<schema::CallPiece> piece,
              std::string bytes);
    void watch(const std::string& id, Call& call);
    void unwatch(Call& call);
    void close(const std::string& id);
    void refuse(const transport::ReplyTo& to, Error error);

    runtime::Process& process_;
    const LaneConfig& config_;
    std::unique_ptr<CallExecutor> children_;  // Of its own, for a zygote's children.
    CallExecutor& executor_;
    Prepare prepare_;
    CallTable table_;
    std::map<std::string, Call> calls_;  // By id; those that are closed are not here.
    std::set<JobId> running_;            // Those of closed ones too.
    std::string buffer_ = std::string(schema::call_piece_bytes_max, '\0');  // What is read into.
    std::unique_ptr<transport::RequestServer> server_;
    transport::TimerId idle_check_;
    std::function<void()> on_empty_;
    std::uint64_t started_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace onput::worker
