// How long it takes to start the child of a speech job, and to end it: with no natural voice loaded
// and with those that are installed.
//
//     child_start [VOICES_DIR [ROUNDS]]      ../share/onput/voices beside this program; 500 rounds
//
// A job that does nothing, from the worker's start(): until it runs (fork, limits, confinement),
// and until its outcome is there. Printed are medians and the slowest of a hundred.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <vector>

#include "common/base/check.hpp"
#include "common/worker/job_process.hpp"
#include "services/tts/call/call_job.hpp"

namespace onput::tts {
namespace {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

void measure(const char* what, const std::string& voices, int rounds) {
    auto zygote = worker::JobZygote::create(
        {.name = "nothing",
         .initialise = [&voices] { return load_speech(voices); },
         .run = [](std::string_view, int, int) -> Result<std::string> {
             return std::to_string(Clock::now().time_since_epoch().count());
         },
         .threads_max = 0});
    ONPUT_CHECK(zygote.has_value());
    const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
    const worker::FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
    std::vector<double> starts;
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        const auto begun = Clock::now();
        ONPUT_CHECK((*zygote)->start({.id = worker::JobId(1),
                                      .parameters = {},
                                      .input_fd = input.get(),
                                      .output_fd = output.get()}));
        for (bool is_done = false; !is_done;) {
            pollfd watched{.fd = (*zygote)->fd(), .events = POLLIN, .revents = 0};
            static_cast<void>(::poll(&watched, 1, -1));
            const auto outcomes = (*zygote)->take_finished();
            for (const auto& outcome : outcomes) {
                const Clock::duration began(std::stoll(outcome.result.value()));
                starts.push_back(Millis(Clock::time_point(began) - begun).count());
            }
            is_done = !outcomes.empty();
        }
        times.push_back(Millis(Clock::now() - begun).count());
    }
    std::ranges::sort(starts);
    std::ranges::sort(times);
    const auto slowest = times.size() * 99 / 100;
    std::printf("%-26s runs after p50 %.2f ms, p99 %.2f ms; has ended after %.2f ms, %.2f ms\n",
                what, starts[starts.size() / 2], starts[slowest], times[times.size() / 2],
                times[slowest]);
}

}  // namespace
}  // namespace onput::tts

int main(int argc, char** argv) {
    const auto own = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const std::string voices = argc > 1 ? argv[1] : (own / "../share/onput/voices").string();
    const int rounds = argc > 2 ? std::max(std::atoi(argv[2]), 1) : 500;
    onput::tts::measure("espeak-ng alone", "/nonexistent", rounds);
    onput::tts::measure("with the natural voices", voices, rounds);
    return 0;
}
