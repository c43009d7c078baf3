#include "services/storage/service.hpp"

int main(int argc, char** argv) {
    return onput::runtime::run_service<onput::storage::Config>(
        {.name = "storage", .summary = "buckets, objects, and the events of their changes"}, argc,
        argv, [](onput::runtime::Process& process, const onput::storage::Config& config) {
            return onput::storage::StorageService::open(process, config);
        });
}
