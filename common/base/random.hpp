// Random: one reproducible stream of numbers. Cores get theirs from the shell; a simulation seeds
// it. Not for keys or secrets: those come from OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace onput {

class Random {
public:
    explicit Random(std::uint64_t seed);

    // Seeded by the kernel.
    static Random from_system();

    std::uint64_t next();
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    // True `numerator` times in `denominator`.
    bool chance(std::uint64_t numerator, std::uint64_t denominator) {
        return below(denominator) < numerator;
    }
    // `digits` lower-case hexadecimal digits.
    std::string hex(std::size_t digits);
    // A version 4 UUID: "8c5a4c5e-8f7e-4d3c-9b1a-2f6d7e8a9b0c".
    std::string uuid();

private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace onput
