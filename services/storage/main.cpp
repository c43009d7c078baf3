#include "common/service/process_platform.hpp"
#include "services/storage/service.hpp"

int main(int argc, char** argv) {
    return onput::service::run<onput::storage::StorageService, onput::storage::Config>(
        {.name = "storage", .summary = "buckets, objects, and the events of their changes"}, argc,
        argv);
}
