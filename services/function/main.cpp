#include "services/function/runner.hpp"

int main(int argc, char** argv) {
    return onput::runtime::run_service<onput::function::Config>(
        {.name = "function", .summary = "users' own handlers, in sandboxes"}, argc, argv,
        [](onput::runtime::Process& process, const onput::function::Config& config) {
            return onput::function::open_function_worker(process, config);
        });
}
