// Functions: their configuration. Their jobs are messages in a queue of each function's own, which
// Deliveries fills and Lanes empties.
#pragma once

#include "common/schema/call.hpp"
#include "common/schema/function.hpp"
#include "common/schema/invoke.hpp"
#include "common/service/caller.hpp"
#include "services/queue/commands/catalogue.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "services/queue/lanes/workers.hpp"
#include "services/queue/messages/counters.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/notifications.hpp"

namespace onput::queue {

inline constexpr std::uint32_t function_timeout_s_max = 900;
inline constexpr std::uint32_t function_retries_max = 10;
// Beyond its time, a call may wait for a runtime and for its start.
inline constexpr Duration call_start_max = std::chrono::minutes(2);
inline constexpr std::uint32_t function_retry_delay_s_max = 3'600;

// What Functions shares with the rest of Core. All outlive it.
struct FunctionParts {
    Catalogue& catalogue;
    Counters& counters;
    Workers& workers;
    Dispatcher& dispatcher;
    Messages& messages;
    Random& random;
    Topics topics = Topics::reachable;
};

class Functions {
public:
    explicit Functions(const FunctionParts& parts) : parts_(parts) {}

    Result<schema::FunctionInfo> put(const schema::PutFunction& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::FunctionInfo> get(const schema::GetFunction& request,
                                     const Caller& caller) const;
    Result<schema::FunctionList> list(const schema::ListFunctions& request,
                                      const Caller& caller) const;
    // What a call of the function would run now, which may take a place of what is reserved.
    Result<schema::InvocationPrepared> prepare(const schema::PrepareInvocation& request,
                                               const Caller& caller);
    Result<schema::Empty> end_invocation(const schema::EndInvocation& request,
                                         const Caller& caller);
    // Runs it asynchronously.
    Result<schema::EventInvoked> invoke_event(const schema::InvokeEvent& request,
                                              const Caller& caller, Effects& effects);
    // Who takes calls of a kind, for gateways (common/schema/call.hpp).
    Result<schema::WorkersFound> find_workers(const schema::FindWorkers& request,
                                              const Caller& caller) const;
    // Refused while it has messages.
    Result<schema::Empty> remove(const schema::DeleteFunction& request, const Caller& caller,
                                 Effects& effects);

    // What a function's name and a qualifier stand for. not_found, in Lambda's words.
    Result<Queue*> find(const std::string& name, const std::string& qualifier,
                        const Caller& caller) const;

    // What becomes of its events: their age, and destinations that are there. invalid_argument.
    [[nodiscard]] Result<void> check_events(const schema::FunctionInfo& function) const;

private:
    // The function whose name and qualifier a caller means to invoke, if he may.
    template <typename Request>
    Result<const Queue*> find_invoked(const Request& request, const Caller& caller) const;
    Result<schema::Empty> remove_version(const schema::DeleteFunction& request,
                                         const Caller& caller, Effects& effects);
    [[nodiscard]] schema::FunctionState describe(const Queue& queue) const;
    [[nodiscard]] Result<void> check(const schema::FunctionInfo& function) const;
    // Only what concerns its events can change in a version.
    Result<schema::FunctionInfo> put_version(const schema::PutFunction& request,
                                             const Caller& caller, Effects& effects);
    [[nodiscard]] Result<void> check_bus(const std::string& arn, const std::string& account) const;
    [[nodiscard]] Result<void> check_topic(const std::string& arn) const;

    FunctionParts parts_;
};

}  // namespace onput::queue
