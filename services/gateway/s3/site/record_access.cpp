#include "services/gateway/s3/site/record_access.hpp"

#include <algorithm>

#include "services/gateway/s3/site/access_log.hpp"
#include "services/gateway/s3/site/access_record.hpp"

namespace onput::gateway::s3 {

void record_access(const RequestContext& context, const Accessed& what) {
    AccessLog* log = context.shared.access_log;
    if (log == nullptr || what.bucket.empty() || !log->needs(what.bucket)) return;
    if (context.logged.error_code == "NoSuchBucket") return;
    const auto* version = context.parameter("versionId");
    const std::string ip = context.source_ip();
    const AccessRecord record{
        .time = context.now,
        .remote_ip = ip,
        .identity = context.identity,
        .request_id = context.request_id,
        .host_id = context.host_id,
        .operation = context.logged.operation,
        .is_website = what.is_website,
        .key = what.key,
        .head = context.head(),
        .version_id = version != nullptr ? version->value : std::string_view(),
        .status = context.exchange.sent_status(),
        .error_code = context.logged.error_code,
        .bytes_sent = context.exchange.sent_body_bytes(),
        .object_bytes = context.logged.object_bytes,
        .took = std::max(wall_now() - context.now, Duration(0))};
    log->record({.bucket = std::string(what.bucket),
                 .time = context.now,
                 .line = format_access_record(record)});
}

}  // namespace onput::gateway::s3
