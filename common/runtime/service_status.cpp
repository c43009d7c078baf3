#include <fstream>
#include <unistd.h>

#include "common/runtime/service.hpp"

namespace onput::runtime {

namespace {

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::vector<schema::Metric> all_metrics(const Identity& process, const Service& service) {
    auto metrics = service.metrics();
    metrics.push_back({"onput_build_info{service=\"" + process.name + "\",version=\"" +
                           std::string(version) + "\"}",
                       1});
    metrics.push_back(
        {"process_start_time_seconds", static_cast<double>(to_micros(process.started_at)) / 1e6});
    metrics.push_back({"process_resident_memory_bytes", static_cast<double>(resident_bytes())});
    return metrics;
}

bool answer_status(const transport::Request& request, transport::RequestServer& server,
                   const Identity& process, const Service& service) {
    if (request.header.method != schema::ServiceStatus::method) return false;
    if (const auto asked = schema::decode<schema::ServiceStatus>(request.body); !asked) {
        server.reply(request.reply_to, std::unexpected(asked.error()));
        return true;
    }
    schema::ServiceStatusReply status{.service = process.name,
                                      .version = std::string(version),
                                      .process_id = static_cast<std::uint32_t>(::getpid()),
                                      .started_at = process.started_at,
                                      .is_ready = false,
                                      .waiting_for = service.waiting_for(),
                                      .metrics = all_metrics(process, service)};
    status.is_ready = status.waiting_for.empty();
    server.reply(request.reply_to, transport::Reply{.body = schema::encode(status)});
    return true;
}

}  // namespace onput::runtime
