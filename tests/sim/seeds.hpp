// The main of a simulation of one service: worlds, each made of a seed, that run to their end.
//
//     NAME [first_seed [count]]        a failure prints the line that repeats it
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "common/base/log.hpp"

namespace onput::sim {

inline std::uint64_t number_of(const char* text, std::uint64_t otherwise) {
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A `Scene` is made of a seed, has a world(), and runs: false when a promise was broken.
template <typename Scene>
int run_seeds(int argc, char** argv, const char* name, std::uint64_t seeds_default) {
    log::configure({.service = "sim", .level = log::Level::off});
    const std::uint64_t first = number_of(argc > 1 ? argv[1] : nullptr, 1);
    const std::uint64_t count = number_of(argc > 2 ? argv[2] : nullptr, seeds_default);
    std::uint64_t failures = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        Scene scene(seed);
        if (std::getenv("ONPUT_SIM_TRACE") != nullptr) scene.world().trace_all();
        if (scene.run()) continue;
        ++failures;
        scene.world().print_trace();
        std::fprintf(stderr, "seed %llu: %s\nreplay: %s %llu 1\n",
                     static_cast<unsigned long long>(seed), scene.world().failure()->c_str(), name,
                     static_cast<unsigned long long>(seed));
    }
    std::printf("%llu seeds, %llu failed\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(failures));
    return failures == 0 ? 0 : 1;
}

}  // namespace onput::sim
