// The body of a call: what it takes to have one read into memory. All services but S3 bind the body
// to the signature, so it must be whole before the signature can be verified. Until then:
//
//     no signature     only where the operation may be anonymous, and 16 KiB at most
//     a signature      its key, date and service are right, by the head
//     either           there is room in the budget of all bodies in flight
#pragma once

#include <string>

#include "services/gateway/memory_budget.hpp"
#include "services/gateway/request_context.hpp"
#include "services/gateway/route.hpp"

namespace onput::gateway {

inline constexpr std::size_t anonymous_body_bytes_max = 16 * 1024;

struct CallBody {
    std::string bytes;
    MemoryBudget::Reservation memory;  // Held for as long as the call's memory is.
};

// Errors: those of parse_claim and verify_head; permission_denied `access_denied` for an anonymous
// body that is too large or not wanted, `wrong_service` for a signature that was made for another
// service; resource_exhausted `body_too_large`, and `slow_down` when all memory is in use; those of
// reading.
http::Task<Result<CallBody>> read_call_body(RequestContext& context, Route route);

}  // namespace onput::gateway
