// GatewayService: the HTTP server on its threads, and the loop that talks to the services. Nothing
// durable.
#pragma once

#include <memory>
#include <optional>

#include "common/runtime/service.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/handler.hpp"
#include "services/gateway/http/server.hpp"
#include "services/gateway/s3/site/access_log.hpp"

namespace onput::gateway {

class GatewayService : public runtime::Service {
public:
    static Result<std::unique_ptr<GatewayService>> open(runtime::Process& process,
                                                        const Config& config);
    ~GatewayService() override;

    // Stops listening and lets running requests end.
    void drain(std::function<void()> done) override;
    // Both on any thread: the gateway's own port asks, too.
    [[nodiscard]] std::vector<std::string> waiting_for() const override;
    [[nodiscard]] std::vector<schema::Metric> metrics() const override;

private:
    Result<std::unique_ptr<http::Server>> start_server(const std::string& listen, Handler& handler);

    GatewayService(runtime::Process& process, const Config& config, auth::KeyRing keys,
                   TrustedProxies proxies);

    auth::KeyRing keys_;
    std::optional<auth::SessionKey> sessions_;
    Backend backend_;
    Shared shared_;
    WorkerCalls workers_;
    s3::AccessLog access_log_;
    Handler handler_;
    Handler websites_;
    transport::Loop& loop_;
    const Backend::Endpoints endpoints_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<http::Server> website_server_;  // Null: websites have no port of their own.
};

}  // namespace onput::gateway
