#include <cstdio>

#include "services/tts/runner.hpp"

int main(int argc, char** argv) {
    const onput::runtime::ServiceInfo info{.name = "tts", .summary = "texts become speech"};
    const auto early = onput::runtime::read_early<onput::tts::Config>(info, argc, argv);
    auto zygote = onput::tts::make_speech_zygote(early);
    if (!zygote) {
        std::fprintf(stderr, "onput-tts: %s\n", zygote.error().message.c_str());
        return 1;
    }
    return onput::runtime::run_service<onput::tts::Config>(
        info, argc, argv,
        [&zygote](onput::runtime::Process& process, const onput::tts::Config& config) {
            return onput::tts::open_speech_worker(process, config, std::move(*zygote));
        });
}
