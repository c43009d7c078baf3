// Chunked bodies, cut at hostile places: however the bytes are cut, the outcome is the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.hpp"
#include "services/gateway/http/chunked.hpp"

namespace {

using onput::http::ChunkedDecoder;

struct Outcome {
    std::string data;
    std::size_t consumed = 0;
    bool ended = false;
    bool failed = false;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decode(std::string_view input, std::size_t step, std::size_t produced_max) {
    ChunkedDecoder decoder;
    Outcome outcome;
    std::string buffer;
    while (true) {
        const auto decoded = decoder.decode(buffer, produced_max);
        if (!decoded) {
            return Outcome{.failed = true};
        }
        ONPUT_CHECK(decoded->produced <= decoded->consumed);
        ONPUT_CHECK(decoded->produced <= produced_max);
        ONPUT_CHECK(decoded->consumed <= buffer.size());
        outcome.data.append(buffer, 0, decoded->produced);
        outcome.consumed += decoded->consumed;
        buffer.erase(0, decoded->consumed);
        outcome.ended = decoder.ended();
        if (outcome.ended || (decoded->consumed == 0 && input.empty())) return outcome;
        buffer.append(input.substr(0, step));
        input.remove_prefix(std::min(step, input.size()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const Outcome whole = decode(input, input.size() + 1, input.size() + 1);
    const Outcome cut = decode(input, 1U + data[0], 1U + data[1]);
    ONPUT_CHECK(whole == cut);
    return 0;
}
