#include "common/runtime/service.hpp"
#include "services/queue/service.hpp"

int main(int argc, char** argv) {
    return onput::runtime::run_service<onput::queue::Config>(
        {.name = "queue", .summary = "durable queues and function invocations, with leases"}, argc,
        argv, [](onput::runtime::Process& process, const onput::queue::Config& config) {
            return onput::queue::QueueService::open(process, config);
        });
}
