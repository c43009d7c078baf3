#include "services/gateway/admin.hpp"

namespace onput::gateway {
namespace {

http::Response text(int status, std::string body) {
    return {.head = {.status = status,
                     .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                     .content_length = {}},
            .body = std::move(body)};
}

http::Response readiness(const Backend::Connected& connected) {
    std::string missing;
    if (!connected.storage) missing += "waiting for storage\n";
    if (!connected.notifier) missing += "waiting for notifier\n";
    if (!connected.queue) missing += "waiting for queue\n";
    return missing.empty() ? text(200, "ready\n") : text(503, missing);
}

http::Response metrics(const Shared& shared) {
    return text(200, "# TYPE onput_http_requests_total counter\nonput_http_requests_total " +
                         std::to_string(shared.requests_total.load()) +
                         "\n# TYPE onput_http_errors_total counter\nonput_http_errors_total " +
                         std::to_string(shared.errors_total.load()) + "\n");
}

}  // namespace

http::Task<void> serve_admin(RequestContext& context) {
    const std::string_view path = context.head().path;
    http::Response response =
        text(404, "there are /_onput/livez, /_onput/readyz and /_onput/metrics\n");
    if (path == "/_onput/livez") response = text(200, "alive\n");
    if (path == "/_onput/readyz") response = readiness(context.shared.backend.connected());
    if (path == "/_onput/metrics") response = metrics(context.shared);
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

}  // namespace onput::gateway
