// Reading the queue's rows: ranges page by page, and what to make of errors.
#pragma once

#include <utility>

#include "common/service/rows.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

template <typename Visit>
Result<void> for_each_row(const store::View& view, store::Range range, Visit visit) {
    return service::for_each_row(view, partition, std::move(range), std::move(visit));
}

// Whether the store failed us, and not the caller.
inline bool is_store_fault(const Error& error) {
    return error.code == ErrorCode::corruption || error.code == ErrorCode::unavailable ||
           error.code == ErrorCode::internal;
}

}  // namespace onput::queue
