// GatewayService: the HTTP server on its threads, and the loop that talks to the services. Nothing
// durable.
#pragma once

#include <memory>

#include "common/runtime/service.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/handler.hpp"
#include "services/gateway/http/server.hpp"

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
    GatewayService(runtime::Process& process, const Config& config, auth::KeyRing keys,
                   TrustedProxies proxies);

    auth::KeyRing keys_;
    Backend backend_;
    Shared shared_;
    Handler handler_;
    transport::Loop& loop_;
    const Backend::Endpoints endpoints_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace onput::gateway
