#include "services/gateway/aws/batch.hpp"

#include <algorithm>
#include <set>

namespace onput::gateway::aws {
namespace {

bool is_entry_id(std::string_view id) {
    return !id.empty() && id.size() <= entry_id_bytes_max && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

}  // namespace

std::optional<BatchFault> find_batch_fault(const Value::List* entries) {
    using Kind = BatchFault::Kind;
    if (entries == nullptr || entries->empty()) return BatchFault{.kind = Kind::empty};
    if (entries->size() > batch_entries_max) return BatchFault{.kind = Kind::too_many};
    std::set<std::string> ids;
    std::size_t number = 0;
    for (const auto& entry : *entries) {
        ++number;
        if (entry.find("Id") == nullptr)
            return BatchFault{.kind = Kind::missing_id, .number = number};
        std::string id = entry.text_of("Id");
        if (!is_entry_id(id))
            return BatchFault{.kind = Kind::malformed_id, .id = std::move(id), .number = number};
        if (!ids.insert(id).second)
            return BatchFault{.kind = Kind::repeated_id, .id = std::move(id), .number = number};
    }
    return std::nullopt;
}

}  // namespace onput::gateway::aws
