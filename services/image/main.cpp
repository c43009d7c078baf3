#include <cstdio>

#include "services/image/runner.hpp"

int main(int argc, char** argv) {
    auto zygote = onput::image::make_image_zygote();
    if (!zygote) {
        std::fprintf(stderr, "onput-image: %s\n", zygote.error().message.c_str());
        return 1;
    }
    return onput::runtime::run_service<onput::image::Config>(
        {.name = "image", .summary = "photos become derivatives"}, argc, argv,
        [&zygote](onput::runtime::Process& process, const onput::image::Config& config) {
            return onput::image::open_image_worker(process, config, std::move(*zygote));
        });
}
