#include "common/store/compression.hpp"

#include <zstd.h>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::store {
namespace {

// As fast as the disk, and most of what a higher one saves.
constexpr int level = 3;

std::unexpected<Error> damaged(std::size_t code) {
    return fail(ErrorCode::corruption, fmt::format("decompress: {}", ZSTD_getErrorName(code)));
}

}  // namespace

struct Compressor::State {
    ZSTD_CStream* stream = ZSTD_createCStream();
    ~State() { ZSTD_freeCStream(stream); }
};

Compressor::Compressor() : state_(std::make_unique<State>()) {
    ONPUT_CHECK(state_->stream != nullptr);
    ONPUT_CHECK(ZSTD_isError(ZSTD_initCStream(state_->stream, level)) == 0);
    // The blob has checksums of its own; this one is of what was compressed.
    ONPUT_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(state_->stream, ZSTD_c_checksumFlag, 1)) == 0);
}
Compressor::~Compressor() = default;

Result<std::string> Compressor::add(std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()) + ZSTD_CStreamOutSize(), '\0');
    ZSTD_inBuffer from{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    while (from.pos < from.size) {
        const std::size_t code = ZSTD_compressStream2(state_->stream, &to, &from, ZSTD_e_continue);
        if (ZSTD_isError(code) != 0)
            return fail(ErrorCode::internal, fmt::format("compress: {}", ZSTD_getErrorName(code)));
        // Some of what was held back may come as well.
        if (to.pos == to.size) {
            out.resize(2 * out.size());
            to = {.dst = out.data(), .size = out.size(), .pos = to.pos};
        }
    }
    out.resize(to.pos);
    return out;
}

Result<std::string> Compressor::finish() {
    std::string out(ZSTD_CStreamOutSize(), '\0');
    ZSTD_inBuffer from{.src = nullptr, .size = 0, .pos = 0};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    while (true) {
        const std::size_t code = ZSTD_compressStream2(state_->stream, &to, &from, ZSTD_e_end);
        if (ZSTD_isError(code) != 0)
            return fail(ErrorCode::internal, fmt::format("compress: {}", ZSTD_getErrorName(code)));
        if (code == 0) break;
        out.resize(2 * out.size());
        to = {.dst = out.data(), .size = out.size(), .pos = to.pos};
    }
    out.resize(to.pos);
    return out;
}

struct Decompressor::State {
    ZSTD_DStream* stream = ZSTD_createDStream();
    std::string bytes;
    std::size_t taken = 0;
    bool is_at_end = false;
    ~State() { ZSTD_freeDStream(stream); }
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {
    ONPUT_CHECK(state_->stream != nullptr);
    ONPUT_CHECK(ZSTD_isError(ZSTD_initDStream(state_->stream)) == 0);
}
Decompressor::~Decompressor() = default;

void Decompressor::feed(std::string bytes) {
    state_->bytes = std::move(bytes);
    state_->taken = 0;
}

Result<std::string> Decompressor::take(std::size_t bytes_max) {
    std::string out(bytes_max, '\0');
    ZSTD_inBuffer from{
        .src = state_->bytes.data(), .size = state_->bytes.size(), .pos = state_->taken};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    while (to.pos < to.size && !state_->is_at_end) {
        const std::size_t before = to.pos;
        const std::size_t read_before = from.pos;
        const std::size_t code = ZSTD_decompressStream(state_->stream, &to, &from);
        if (ZSTD_isError(code) != 0) return damaged(code);
        state_->is_at_end = code == 0;
        if (to.pos == before && from.pos == read_before) break;
    }
    state_->taken = from.pos;
    out.resize(to.pos);
    return out;
}

bool Decompressor::is_at_end() const {
    return state_->is_at_end;
}

}  // namespace onput::store
