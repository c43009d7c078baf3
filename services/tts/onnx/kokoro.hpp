// Kokoro: a net of 82 million parameters (int8, Apache-2.0) that makes samples from sounds and from
// a voice's style. A style has one vector of 256 numbers for each number of sounds; that of the
// line's own number is taken, as its authors do.
//
// One thread speaks 1 to 2 times as fast as a person. A run takes some 1.3 MiB for each sound of
// its line, beside what is loaded: about 300 MiB with all styles.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/onnx/lines.hpp"
#include "services/tts/onnx/onnx_runtime.hpp"

namespace onput::tts {

inline constexpr int kokoro_sample_rate = 24'000;
// The net takes this many sounds at most, and the ends of the line.
inline constexpr std::size_t kokoro_tokens_max = 510;
// Of a line (LineRules), so that none is longer than the net takes.
inline constexpr std::size_t kokoro_sounds_max = kokoro_tokens_max / 2;
inline constexpr std::size_t style_numbers = 256;

// Whether the pack is in the folder of packs. It may be damaged all the same.
bool has_kokoro_pack(const std::string& folder);

// The net's number of a symbol; 0: it knows none. Pure.
std::int64_t kokoro_token(char32_t symbol);

// The style of `tokens` sounds among vectors of style_numbers; the last one of more. Empty when
// there are none. Pure.
std::span<const float> style_of(std::span<const float> styles, std::size_t tokens);

class KokoroNet {
public:
    // From the library and the folder of packs. Fails as OnnxNet::load() does, and with
    // invalid_argument when the styles of a voice are missing or of another size.
    static Result<KokoroNet> load(const std::string& library, const std::string& folder);

    struct Manner {
        std::string_view voice;
        double speed = 1;  // Of the usual one.
        double volume = 1;
    };
    // Samples at kokoro_sample_rate; the voice is one of kokoro_voices(). The same line and manner
    // give the same samples. Fails with internal.
    Result<SpokenLine> speak(const Line& line, const Manner& manner) const;

private:
    KokoroNet(OnnxNet net, std::map<std::string, std::vector<float>, std::less<>> styles);
    OnnxNet net_;
    std::map<std::string, std::vector<float>, std::less<>> styles_;  // By voice.
};

}  // namespace onput::tts
