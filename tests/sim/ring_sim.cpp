// ring_sim: all services' cores, workers and clients from one seed, with crashes, unsynced writes
// lost, messages late, lost, doubled and overtaken, and clocks that jump. changes.hpp and
// handovers.hpp have the promises.
//
//   ring_sim [first_seed [count]]      a failure prints the seed that repeats it
//
// ONPUT_SIM_SEEDS: the count when none is given. ONPUT_SIM_TRACE: every step is printed.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/base/log.hpp"
#include "tests/sim/ring.hpp"
#include "tests/sim/seeds.hpp"

namespace {

constexpr std::uint64_t seeds_default = 200;

// For the one signal handler that there can be.
onput::sim::Ring* running = nullptr;
std::uint64_t running_seed = 0;

void print_failure(onput::sim::Ring& ring, const char* what) {
    std::fprintf(stderr, "the last steps of seed %llu:\n",
                 static_cast<unsigned long long>(running_seed));
    ring.world().print_trace();
    std::fprintf(stderr, "seed %llu: %s\nreplay: ring_sim %llu 1\n",
                 static_cast<unsigned long long>(running_seed), what,
                 static_cast<unsigned long long>(running_seed));
}

// A failed ONPUT_CHECK of a core. The process is lost, but its seed need not be.
void on_abort(int) {
    if (running != nullptr) print_failure(*running, "a check of a core failed");
    std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, on_abort);
    // The services log; the trace says more.
    onput::log::configure({.service = "sim", .level = onput::log::Level::off});
    const std::uint64_t first = onput::sim::number_of(argc > 1 ? argv[1] : nullptr, 1);
    const std::uint64_t count =
        onput::sim::number_of(argc > 2 ? argv[2] : std::getenv("ONPUT_SIM_SEEDS"), seeds_default);
    std::uint64_t failures = 0;
    onput::sim::Ring::Counts counts;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        onput::sim::Ring ring(seed);
        running = &ring;
        running_seed = seed;
        if (std::getenv("ONPUT_SIM_TRACE") != nullptr) ring.world().trace_all();
        if (!ring.run()) {
            print_failure(ring, ring.world().failure()->c_str());
            ++failures;
        }
        ring.add_to(counts);
        running = nullptr;
    }
    std::printf("%llu seeds, %llu failed\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(failures));
    std::printf(
        "%llu messages expired, %llu moved to dead letters, %llu by tasks, %llu events withheld\n",
        static_cast<unsigned long long>(counts.expired),
        static_cast<unsigned long long>(counts.moved),
        static_cast<unsigned long long>(counts.by_tasks),
        static_cast<unsigned long long>(counts.withheld));
    std::printf("%llu bits flipped, %llu rows damaged, %llu jobs could not read their text\n",
                static_cast<unsigned long long>(counts.flips),
                static_cast<unsigned long long>(counts.damaged_rows),
                static_cast<unsigned long long>(counts.damaged_jobs));
    std::printf("%llu backups taken\n", static_cast<unsigned long long>(counts.backups));
    // So many seeds have some, or what backups promise was looked at nowhere.
    if (count >= seeds_default && counts.backups == 0) {
        std::fprintf(stderr, "no backup was taken in %llu seeds\n",
                     static_cast<unsigned long long>(count));
        ++failures;
    }
    return failures == 0 ? 0 : 1;
}
