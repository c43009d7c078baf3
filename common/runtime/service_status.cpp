#include <unistd.h>

#include "common/runtime/service.hpp"

namespace onput::runtime {

bool answer_status(const transport::Request& request, transport::RequestServer& server,
                   const Process& process, const Service& service) {
    if (request.header.method != schema::ServiceStatus::method) return false;
    if (const auto asked = schema::decode<schema::ServiceStatus>(request.body); !asked) {
        server.reply(request.reply_to, std::unexpected(asked.error()));
        return true;
    }
    schema::ServiceStatusReply status{.service = process.name(),
                                      .version = std::string(version),
                                      .process_id = static_cast<std::uint32_t>(::getpid()),
                                      .started_at = process.started_at(),
                                      .is_ready = false,
                                      .waiting_for = service.waiting_for(),
                                      .metrics = service.metrics()};
    status.is_ready = status.waiting_for.empty();
    server.reply(request.reply_to,
                 transport::Reply{.body = schema::encode(status), .attachments = {}});
    return true;
}

}  // namespace onput::runtime
