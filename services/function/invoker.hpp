// Invoker: runs invocations in environments. The core (environments.hpp) decides; this does what it
// says: starts and kills sandboxes, hands events out and takes answers in, watches memory and time,
// and writes the log. On the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/auth/session.hpp"
#include "common/base/unique_function.hpp"
#include "common/runtime/service.hpp"
#include "services/function/child_runtime.hpp"
#include "services/function/config.hpp"
#include "services/function/definition.hpp"
#include "services/function/environments.hpp"
#include "services/function/log_shipper.hpp"
#include "services/function/log_tail.hpp"
#include "services/function/reactor.hpp"

namespace onput::function {

struct InvokeRequest {
    std::string key;  // environment_key of the definition.
    // Shared by all that wait for, or run, this version of the function.
    std::shared_ptr<const Definition> definition;
    std::string request_id;
    std::string payload;
    std::string client_context = {};
    std::string trace_header = {};
};

struct InvokeOutcome {
    Ending::Kind kind = Ending::Kind::answered;
    std::string payload;   // What the caller gets.
    std::string sentence;  // Of a failure.
    std::string log_tail;
    Duration duration{};
    Duration init_duration{};
    std::uint64_t memory_bytes = 0;
};

class Invoker final : private ChildRuntime::Owner {
public:
    struct Parts {
        runtime::Process& process;
        const Config& config;
        std::string runtime_folder;                // Of the bootstraps.
        std::optional<sockaddr_in> endpoint;       // Of the gateway.
        std::optional<auth::SessionKey> sessions;  // Issues credentials.
    };
    // Fails with `unavailable` when this machine cannot isolate a handler as the configuration
    // wants it.
    static Result<std::unique_ptr<Invoker>> open(Parts parts);
    ~Invoker() override;
    Invoker(const Invoker&) = delete;
    Invoker& operator=(const Invoker&) = delete;

    using Done = UniqueFunction<void(InvokeOutcome)>;
    // `done` is called once, later or at once; not any more when the invoker goes.
    InvocationId invoke(InvokeRequest request, Done done);
    // Ends it if it has not begun; `done` is called all the same.
    void cancel(InvocationId id);
    // The same, and `done` is not called any more.
    void forget(InvocationId id);

    // Calls `done` when all log lines so far are kept; it may never be.
    void when_logged(std::function<void()> done) { shipper_.when_sent(std::move(done)); }

    [[nodiscard]] std::vector<schema::Metric> metrics() const;

private:
    struct Pending {
        InvokeRequest request;
        Done done;
    };
    struct Live {
        std::shared_ptr<const Definition> definition;
        std::unique_ptr<ChildRuntime> runtime;
        ConnectionId waiter = 0;  // Waits for the next event; 0: nobody does.
        std::optional<InvocationId> invocation{};
        std::string request_id = {};
        LogTarget log_target{};
        LogTail log{};
        bool has_run = false;
        std::uint64_t memory_bytes = 0;  // The most that was seen.
        std::uint32_t looks = 0;
    };

    Invoker(Parts parts, std::unique_ptr<Reactor> reactor, worker::FileDescriptor filter);

    void on_request(ChildRuntime& runtime, ConnectionId connection,
                    const HttpRequest& request) override;
    void on_bad_request(ChildRuntime& runtime, ConnectionId connection, const HttpRequest& head,
                        const Error& error) override;
    void on_closed(ChildRuntime& runtime, ConnectionId connection) override;
    void on_log(ChildRuntime& runtime, std::string_view bytes) override;
    void on_end(ChildRuntime& runtime, int wait_status) override;

    Verdict take_next(EnvironmentId id, ConnectionId connection);
    Verdict take_answer(EnvironmentId id, std::string_view request_id, Ending::Kind kind,
                        std::string payload);

    [[nodiscard]] Duration now() const { return parts_.process.loop().monotonic(); }
    // Does what the core said, and what it says because of that.
    void apply(Effects effects);
    void perform(const Start& start, Effects& more);
    void perform(const Send& send, Effects& more);
    void perform(const Stop& stop, Effects& more);
    void perform(Finish& finish, Effects& more);
    Result<void> start_environment(const Start& start,
                                   const std::shared_ptr<const Definition>& definition);
    [[nodiscard]] auth::SessionCredentials issue(const schema::FunctionInfo& function);
    Surroundings surroundings(const schema::FunctionInfo& function, ListenerAddresses addresses,
                              std::string log_stream);

    void write_log(Live& live, std::string_view line);
    void watch_time();
    void watch_use();

    Parts parts_;
    std::unique_ptr<Reactor> reactor_;
    worker::FileDescriptor filter_;
    Isolation isolation_;
    Environments core_;
    LogShipper shipper_;
    std::map<EnvironmentId, Live> live_;
    std::map<InvocationId, Pending> pending_;
    std::uint64_t last_invocation_ = 0;
    std::optional<transport::TimerId> timer_;
    std::optional<Duration> timer_at_;
    transport::TimerId use_timer_;
    std::uint64_t cold_starts_ = 0;
    std::map<Ending::Kind, std::uint64_t> endings_;
};

// Runs a trivial program in a sandbox of this kind. unavailable: what the machine refused.
Result<void> try_isolation(Isolation isolation, const worker::FileDescriptor& filter,
                           const std::string& folder);

}  // namespace onput::function
