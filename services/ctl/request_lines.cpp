#include "services/ctl/request_lines.hpp"

namespace onput::ctl {

bool RequestLines::takes(const schema::FoundLogEvent& event) {
    if (request_id_.empty()) return true;
    const std::string_view line = event.message;
    if (line.starts_with("START RequestId: " + request_id_)) stream_ = event.stream;
    const bool is_within = !stream_.empty() && stream_ == event.stream;
    // A retry runs elsewhere, perhaps.
    if (is_within && line.starts_with("REPORT RequestId: " + request_id_)) stream_.clear();
    return is_within || line.contains(request_id_);
}

}  // namespace onput::ctl
