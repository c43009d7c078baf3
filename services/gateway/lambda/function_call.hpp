// A call of a handler for a client who waits for its answer.
#pragma once

#include <string>
#include <string_view>

#include "common/schema/invoke.hpp"
#include "services/gateway/memory_budget.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::lambda {

// The kind of the workers that take such calls.
inline constexpr std::string_view handler_worker = "function";

// A place of the function's reserved concurrency, given back however the request ends: from before
// PrepareInvocation asks for it, as whoever leaves before the answer may have taken it. Empty:
// none. `context` outlives it.
class HeldPlace {
public:
    HeldPlace(RequestContext& context, std::string place)
        : context_(context), place_(std::move(place)) {}
    HeldPlace(const HeldPlace&) = delete;
    HeldPlace& operator=(const HeldPlace&) = delete;
    ~HeldPlace() { give_back(); }

    // What PrepareInvocation is to call it.
    [[nodiscard]] const std::string& name() const { return place_; }
    // What it has taken, by its answer; empty: nothing.
    void settle(std::string taken) { place_ = std::move(taken); }
    void give_back();

private:
    RequestContext& context_;
    std::string place_;
};

struct FunctionAnswer {
    schema::FunctionInvoked invoked;
    std::string payload;                    // schema::invoke_payload_bytes_max at most.
    MemoryBudget::Reservation memory = {};  // The payload's: held until it is sent.
};

// The whole answer: what its head says is known at its end only. The place is given back before the
// answer is there, as whoever has that may invoke the function again at once. Errors: of
// worker_calls.hpp and memory_budget.hpp; internal: the answer is larger than a worker may send.
http::Task<Result<FunctionAnswer>> call_function(RequestContext& context,
                                                 schema::InvokeFunction task, HeldPlace& place);

}  // namespace onput::gateway::lambda
