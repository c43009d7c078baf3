// The rules that batches of SQS and SNS share: 1 to 10 entries, with distinct and well-formed ids.
// The words for what breaks them are each service's own.
#pragma once

#include <optional>
#include <string>

#include "services/gateway/aws/value.hpp"

namespace onput::gateway::aws {

inline constexpr std::size_t batch_entries_max = 10;
inline constexpr std::size_t entry_id_bytes_max = 80;

struct BatchFault {
    enum class Kind { empty, too_many, missing_id, malformed_id, repeated_id } kind = Kind::empty;
    std::string id = {};     // Of the entry at fault.
    std::size_t number = 0;  // From 1; of the entry at fault.
};

// The first rule that is broken. A null list is empty.
std::optional<BatchFault> find_batch_fault(const Value::List* entries);

}  // namespace onput::gateway::aws
