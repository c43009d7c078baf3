#include "common/service/process_platform.hpp"
#include "services/notifier/service.hpp"

int main(int argc, char** argv) {
    return onput::service::run<onput::notifier::NotifierService, onput::notifier::Config>(
        {.name = "notifier", .summary = "the journal of events, the bus, and deliveries"}, argc,
        argv);
}
