#include "common/runtime/service.hpp"
#include "services/notifier/config.hpp"
#include "services/notifier/service.hpp"

int main(int argc, char** argv) {
    return onput::runtime::run_service<onput::notifier::Config>(
        {.name = "notifier", .summary = "the journal of events, the bus, and deliveries"}, argc,
        argv, [](onput::runtime::Process& process, const onput::notifier::Config& config) {
            return onput::notifier::NotifierService::open(process, config);
        });
}
