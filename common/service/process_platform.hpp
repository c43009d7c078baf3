// The Platform of a real process: sockets of common/transport, stores of common/store.
#pragma once

#include "common/runtime/service.hpp"
#include "common/service/platform.hpp"

namespace onput::service {

// `process` outlives it.
std::unique_ptr<Platform> platform_of(runtime::Process& process);

// The main of a stateful service: Service::open(Platform&, const Config&) makes it.
template <typename Service, typename Config>
int run(const runtime::ServiceInfo& info, int argc, char** argv) {
    std::unique_ptr<Platform> platform;
    return runtime::run_service<Config>(
        info, argc, argv,
        [&platform](runtime::Process& process,
                    const Config& config) -> Result<std::unique_ptr<runtime::Service>> {
            platform = platform_of(process);
            return Service::open(*platform, config);
        });
}

}  // namespace onput::service
