#include "services/ctl/replication_endpoints.hpp"

#include <fmt/format.h>

#include "services/ctl/output.hpp"

namespace onput::ctl {

bool has_failed(const schema::ReplicationEndpoint& endpoint) {
    return endpoint.failed_at > endpoint.answered_at;
}

std::string_view state_of(const schema::ReplicationEndpoint& endpoint) {
    if (endpoint.is_held_off) return "left alone";
    if (has_failed(endpoint)) return "fails";
    return endpoint.answered_at == Timestamp{} ? "not asked yet" : "answers";
}

std::string complaint_of(const schema::ReplicationEndpoint& endpoint) {
    if (!has_failed(endpoint)) return {};
    const std::uint64_t count = endpoint.pending_versions;
    const std::string waiting =
        count == 0 ? "nothing waits"
                   : fmt::format("{} version{} ({}) wait{}", count, count == 1 ? "" : "s",
                                 human_bytes(endpoint.pending_bytes), count == 1 ? "s" : "");
    return fmt::format("{} for {}; {}", waiting, endpoint.url, endpoint.last_error);
}

}  // namespace onput::ctl
