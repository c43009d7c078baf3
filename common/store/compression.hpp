// One stream of zstd, piece by piece: what archived bytes are kept as. Pure; an object is for one
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::store {

class Compressor {
public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // What of the stream is ready; may be empty.
    Result<std::string> add(std::string_view bytes);
    // The rest. Nothing may be added behind it.
    Result<std::string> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    // The next bytes of the stream; all before them must have been taken.
    void feed(std::string bytes);
    // Up to bytes_max of what was compressed; empty: the next bytes are needed, or it is the end.
    // `corruption` when it is no such stream.
    Result<std::string> take(std::size_t bytes_max);
    // The stream is whole.
    [[nodiscard]] bool is_at_end() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::store
