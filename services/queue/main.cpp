#include "common/service/process_platform.hpp"
#include "services/queue/service.hpp"

int main(int argc, char** argv) {
    return onput::service::run<onput::queue::QueueService, onput::queue::Config>(
        {.name = "queue", .summary = "durable queues and function invocations, with leases"}, argc,
        argv);
}
