// CallServer: a worker's side of calls (common/schema/call.hpp): each runs in a child of the
// worker's zygote, whose output goes through a pipe to whoever asked, as it is made.
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
#include "common/worker/call_table.hpp"
#include "common/worker/child_jobs.hpp"
#include "common/worker/lane_config.hpp"

namespace onput::worker {

// What a child does for a call.
struct CallWork {
    std::string parameters;  // Of the zygote's function.
    std::string input;       // The content of its input file.
    JobLimits limits{};
};

class CallServer {
public:
    // Reads a task, or refuses it: the caller gets its error.
    using Prepare = std::function<Result<CallWork>(std::string_view task)>;

    // `config` and `children` outlive it.
    static Result<std::unique_ptr<CallServer>> open(runtime::Process& process,
                                                    const LaneConfig& config, ChildJobs& children,
                                                    Prepare prepare);
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
        std::optional<Result<std::string>> result;
    };

    CallServer(runtime::Process& process, const LaneConfig& config, ChildJobs& children,
               Prepare prepare);

    void serve(const transport::Request& request);
    Result<void> start(const transport::Request& request);
    Result<void> read(const transport::Request& request);
    void look_at_readers();
    void run(const std::string& id);
    Result<void> start_child(const std::string& id, Call& call);
    void on_child_end(const std::string& id, JobId job, Result<std::string> result);
    void pump(const std::string& id);
    void give(const std::string& id, Call& call, Result<schema::CallPiece> piece,
              std::string bytes);
    void watch(const std::string& id, Call& call);
    void unwatch(Call& call);
    void close(const std::string& id);
    void refuse(const transport::ReplyTo& to, Error error);

    runtime::Process& process_;
    const LaneConfig& config_;
    ChildJobs& children_;
    Prepare prepare_;
    CallTable table_;
    std::map<std::string, Call> calls_;  // By id; those that are closed are not here.
    std::set<JobId> children_running_;   // Those of closed ones too.
    std::string buffer_ = std::string(schema::call_piece_bytes_max, '\0');  // What is read into.
    std::unique_ptr<transport::RequestServer> server_;
    transport::TimerId idle_check_;
    std::function<void()> on_empty_;
    std::uint64_t started_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace onput::worker
