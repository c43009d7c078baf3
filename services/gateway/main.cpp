#include "common/runtime/service.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/service.hpp"

int main(int argc, char** argv) {
    return onput::runtime::run_service<onput::gateway::Config>(
        {.name = "gateway", .summary = "AWS protocols over HTTP"}, argc, argv,
        [](onput::runtime::Process& process, const onput::gateway::Config& config)
            -> onput::Result<std::unique_ptr<onput::runtime::Service>> {
            return onput::gateway::GatewayService::open(process, config);
        });
}
